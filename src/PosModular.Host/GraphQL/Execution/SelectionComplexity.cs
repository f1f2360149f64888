namespace PosModular.Host.GraphQL.Execution;

/// <summary>
/// Depth, number of fields, and nested introspection lists of a part of a query. <see cref="ListDepth"/> counts by name on the way
/// up and becomes <see cref="IntrospectionListDepth"/> only under <c>__schema</c> and <c>__type</c>; the business may call a field "fields".
/// </summary>
internal readonly record struct SelectionComplexity(int Depth, long Fields, int ListDepth, int IntrospectionListDepth)
{
    /// <summary>Sums stop here; fragments double, and a few dozen of them would overflow.</summary>
    private const long MaxCount = 1_000_000;

    public static SelectionComplexity None => default;

    public static SelectionComplexity OfField(string name, SelectionComplexity inner) =>
        name switch
        {
            // The usual introspection is 15 levels deep and limited by its lists instead.
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
