namespace PosModular.Host.GraphQL.Execution;

/// <summary>
/// The depth, number of fields and nested introspection lists of a part of a query. <see cref="ListDepth"/> counts fields by name and
/// becomes <see cref="IntrospectionListDepth"/> only below <c>__schema</c> and <c>__type</c>, because another type may have a field
/// called "fields".
/// </summary>
internal readonly record struct SelectionComplexity(int Depth, long Fields, int ListDepth, int IntrospectionListDepth)
{
    /// <summary>Sums are capped here: a few dozen fragments that double the fields would overflow.</summary>
    private const long MaxCount = 1_000_000;

    public static SelectionComplexity None => default;

    public static SelectionComplexity OfField(string name, SelectionComplexity inner) =>
        name switch
        {
            // The usual introspection query is 15 levels deep, so it is limited by its nested lists instead.
            "__schema" or "__type" => new SelectionComplexity(1, inner.Fields + 1, 0, inner.ListDepth),
            "fields" or "inputFields" or "interfaces" or "possibleTypes" => inner.Nest() with { ListDepth = inner.ListDepth + 1 },
            _ => inner.Nest(),
        };

    public SelectionComplexity Combine(SelectionComplexity other) =>
        new(
            Math.Max(Depth, other.Depth),
            Math.Min(Fields + other.Fields, MaxCount),
            Math.Max(ListDepth, other.ListDepth),
            Math.Max(IntrospectionListDepth, other.IntrospectionListDepth)
        );

    private SelectionComplexity Nest() => this with { Depth = Depth + 1, Fields = Fields + 1 };
}
