using System.Text.Json;
using PosModular.IntegrationTests.Fixtures;

namespace PosModular.IntegrationTests.Rights;

/// <summary>One step of a path through the schema.</summary>
/// <param name="Owner">The type that has the field.</param>
/// <param name="Field">The field.</param>
/// <param name="Type">The object type that the field returns, or one of those that its interface stands for.</param>
/// <param name="IsFragment">Whether the type must be selected by a fragment, because the field returns an interface.</param>
internal sealed record SchemaStep(string Owner, string Field, string Type, bool IsFragment)
{
    public string Name => $"{Owner}.{Field}";
}

/// <summary>A way from a root type to an object type.</summary>
internal sealed record SchemaPath(IReadOnlyList<SchemaStep> Steps)
{
    public string Type => Steps[^1].Type;

    public override string ToString() => NameOf(Steps);

    /// <summary>The shorter paths with which this one begins, by name.</summary>
    public IEnumerable<string> Beginnings() => Enumerable.Range(1, Steps.Count - 1).Select(length => NameOf(Steps.Take(length)));

    private static string NameOf(IEnumerable<SchemaStep> steps) =>
        string.Join('.', steps.Select(s => s.IsFragment ? $"{s.Field}<{s.Type}>" : s.Field));

    /// <summary>The selection that reads what is at the end of the path.</summary>
    /// <param name="arguments">The arguments of a step, in parentheses, or nothing.</param>
    /// <param name="leaf">What is selected at the end.</param>
    public string ToSelection(Func<SchemaStep, string> arguments, string leaf) =>
        Steps
            .Reverse()
            .Aggregate(leaf, (inner, step) =>
                $"{step.Field}{arguments(step)} {{ {(step.IsFragment ? $"... on {step.Type} {{ {inner} }}" : inner)} }}"
            );

    /// <summary>The objects at the end of the path in the data of a response.</summary>
    public IEnumerable<JsonElement> Find(JsonElement data) =>
        Steps
            .Aggregate<SchemaStep, IEnumerable<JsonElement>>([data], (objects, step) => objects.SelectMany(o => Items(o, step.Field)))
            .Where(o => o.EnumerateObject().Any());

    private static IEnumerable<JsonElement> Items(JsonElement parent, string field) =>
        !parent.TryGetProperty(field, out var value) ? []
        : value.ValueKind == JsonValueKind.Array ? value.EnumerateArray().Where(i => i.ValueKind == JsonValueKind.Object)
        : value.ValueKind == JsonValueKind.Object ? [value]
        : [];
}

/// <summary>The object types of a schema and all ways that lead to them.</summary>
internal sealed class SchemaGraph
{
    private const string IntrospectionQuery = """
        { __schema { types { kind name possibleTypes { name }
            fields { name type { ...T ofType { ...T ofType { ...T ofType { ...T } } } } } } } }
        fragment T on __Type { kind name }
        """;

    private readonly Dictionary<string, JsonElement> _types;

    private SchemaGraph(Dictionary<string, JsonElement> types) => _types = types;

    /// <summary>The names of all object types but the roots and those of the introspection.</summary>
    public IEnumerable<string> ObjectTypes =>
        _types
            .Where(t => t.Value.At("kind").GetString() == "OBJECT" && !t.Key.StartsWith("__", StringComparison.Ordinal))
            .Select(t => t.Key)
            .Except(["Query", "Mutation", "Subscription"]);

    public static async Task<SchemaGraph> ReadAsync(GraphQLClient client) =>
        new(
            (await client.GetDataAsync(IntrospectionQuery))
                .At("__schema.types")
                .EnumerateArray()
                .ToDictionary(t => t.At("name").GetString()!)
        );

    /// <summary>Whether the type has a field of this name.</summary>
    public bool HasField(string type, string field) =>
        _types[type].At("fields").EnumerateArray().Any(f => f.At("name").GetString() == field);

    /// <summary>Every path from a type to an object type that visits no type twice.</summary>
    public IEnumerable<SchemaPath> PathsFrom(string root) => PathsFrom(root, [], [root]);

    private IEnumerable<SchemaPath> PathsFrom(string type, IReadOnlyList<SchemaStep> steps, HashSet<string> visited)
    {
        foreach (var field in _types[type].At("fields").EnumerateArray())
        {
            var named = _types[NamedType(field.At("type"))];
            var kind = named.At("kind").GetString();
            var targets = kind switch
            {
                "OBJECT" => [named.At("name").GetString()!],
                "INTERFACE" or "UNION" => named.At("possibleTypes").EnumerateArray().Select(t => t.At("name").GetString()!).ToArray(),
                _ => Array.Empty<string>(),
            };
            foreach (var target in targets.Where(t => !visited.Contains(t)))
            {
                SchemaStep[] path = [.. steps, new SchemaStep(type, field.At("name").GetString()!, target, kind != "OBJECT")];
                yield return new SchemaPath(path);
                foreach (var longer in PathsFrom(target, path, [.. visited, target]))
                    yield return longer;
            }
        }
    }

    private static string NamedType(JsonElement type) =>
        type.TryGetProperty("ofType", out var inner) && inner.ValueKind == JsonValueKind.Object
            ? NamedType(inner)
            : type.At("name").GetString()!;
}
