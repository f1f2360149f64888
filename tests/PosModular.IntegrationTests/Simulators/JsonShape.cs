using System.Text.Json;
using System.Text.RegularExpressions;

namespace PosModular.IntegrationTests.Simulators;

/// <summary>
/// The shape of a JSON document: the kinds of values at each path, where all elements of an array share the path <c>[]</c>. Instants
/// are distinguished by their format, and words in capitals from other text.
/// </summary>
internal sealed partial class JsonShape
{
    private readonly SortedDictionary<string, HashSet<string>> _kinds = new(StringComparer.Ordinal);

    public IEnumerable<string> Paths => _kinds.Keys;

    public static JsonShape Of(params IEnumerable<JsonElement> documents)
    {
        var shape = new JsonShape();
        foreach (var document in documents)
            shape.Read("", document);
        return shape;
    }

    /// <summary>Fails unless both shapes have the same paths and kinds, except for the listed paths.</summary>
    /// <param name="sample">The documented shape.</param>
    /// <param name="additionalPaths">Paths of this shape that the sample does not show.</param>
    /// <param name="omittedPaths">Paths of the sample that this shape omits on purpose.</param>
    public void ShouldMatch(JsonShape sample, string[] additionalPaths, string[] omittedPaths)
    {
        Paths
            .Where(path => !sample._kinds.ContainsKey(path))
            .ShouldBe(additionalPaths, ignoreOrder: true, "paths that the sample does not have");
        sample.Paths.Where(path => !_kinds.ContainsKey(path)).ShouldBe(omittedPaths, ignoreOrder: true, "paths that only the sample has");
        foreach (var path in Paths.Where(sample._kinds.ContainsKey))
        {
            var (actual, documented) = (_kinds[path], sample._kinds[path]);
            // Where a field is null, its kind is unknown.
            if (!documented.SetEquals(["null"]) && !actual.SetEquals(["null"]))
                actual
                    .Except(documented)
                    .Where(kind => kind != "null")
                    .ShouldBeEmpty($"{path}: {string.Join('|', actual)} instead of {string.Join('|', documented)}");
        }
    }

    private void Read(string path, JsonElement value)
    {
        if (path.Length > 0)
        {
            if (!_kinds.TryGetValue(path, out var kinds))
                _kinds[path] = kinds = [];
            kinds.Add(KindOf(value));
        }

        if (value.ValueKind == JsonValueKind.Object)
        {
            foreach (var field in value.EnumerateObject())
                Read(path.Length == 0 ? field.Name : $"{path}.{field.Name}", field.Value);
        }
        else if (value.ValueKind == JsonValueKind.Array)
        {
            foreach (var element in value.EnumerateArray())
                Read(path + "[]", element);
        }
    }

    private static string KindOf(JsonElement value) =>
        value.ValueKind switch
        {
            JsonValueKind.String => TextKind(value.GetString()!),
            JsonValueKind.Number => "number",
            JsonValueKind.True or JsonValueKind.False => "boolean",
            var other => other.ToString().ToLowerInvariant(),
        };

    private static string TextKind(string text) =>
        InstantPattern().IsMatch(text) ? "instant like " + DigitPattern().Replace(text, "0")
        : UuidPattern().IsMatch(text) ? "uuid"
        : CapitalsPattern().IsMatch(text) ? "WORD"
        : "text";

    [GeneratedRegex(@"^\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d")]
    private static partial Regex InstantPattern();

    [GeneratedRegex(@"\d")]
    private static partial Regex DigitPattern();

    [GeneratedRegex("^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$")]
    private static partial Regex UuidPattern();

    [GeneratedRegex("^[A-Z][A-Z_]*[A-Z]$")]
    private static partial Regex CapitalsPattern();
}
