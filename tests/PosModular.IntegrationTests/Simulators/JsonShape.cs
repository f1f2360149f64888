using System.Text.Json;
using System.Text.RegularExpressions;

namespace PosModular.IntegrationTests.Simulators;

/// <summary>
/// A JSON document without its values: for each path (elements of an array count as one, <c>[]</c>) what kinds of values stand
/// there. Instants are told apart by their spelling, and words in capitals from other text.
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

    /// <summary>Each path of ours is the sample's too, with the same kinds, or is listed; each of the sample's is ours, or is listed.</summary>
    /// <param name="sample">What is documented.</param>
    /// <param name="additionalPaths">Paths of ours that the sample does not show.</param>
    /// <param name="omittedPaths">Paths of the sample that are left out on purpose.</param>
    public void ShouldMatch(JsonShape sample, string[] additionalPaths, string[] omittedPaths)
    {
        Paths.Where(path => !sample._kinds.ContainsKey(path)).ShouldBe(additionalPaths, ignoreOrder: true, "ours, but not the sample's");
        sample.Paths.Where(path => !_kinds.ContainsKey(path)).ShouldBe(omittedPaths, ignoreOrder: true, "the sample's, but not ours");
        foreach (var path in Paths.Where(sample._kinds.ContainsKey))
        {
            var (actual, documented) = (_kinds[path], sample._kinds[path]);
            // A field that may be null says nothing of its kind where it is.
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
