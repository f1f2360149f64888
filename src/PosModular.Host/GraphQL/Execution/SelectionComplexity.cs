namespace PosModular.Host.GraphQL.Execution;

/// <summary>
/// The depth, number of fields and introspection of a part of a query. <see cref="ListDepth"/> counts fields by name and becomes
/// <see cref="IntrospectionListDepth"/> only below <c>__schema</c> and <c>__type</c>, because another type may have a field called
/// "fields".
/// </summary>
/// <param name="Depth">Nesting levels of fields.</param>
/// <param name="OwnFields">Fields of the outermost level, with fragments expanded.</param>
/// <param name="Fields">Fields of all levels, with fragments expanded. A directive counts as a field.</param>
/// <param name="Introspections">How often <c>__schema</c> and <c>__type</c> are asked for.</param>
/// <param name="ListDepth">Nested fields that would be lists in an introspection.</param>
/// <param name="IntrospectionListDepth">Nested lists in an introspection.</param>
internal readonly record struct SelectionComplexity(
    int Depth,
    long OwnFields,
    long Fields,
    long Introspections,
    int ListDepth,
    int IntrospectionListDepth
)
{
    /// <summary>Sums are capped here: a few dozen fragments that double the fields would overflow.</summary>
    private const long MaxCount = 1_000_000;

    public static SelectionComplexity None => default;

    public static SelectionComplexity OfDirectives(int count) => new() { Fields = count };

    public static SelectionComplexity OfField(string name, SelectionComplexity inner) =>
        name switch
        {
            // The usual introspection query is 15 levels deep, so it is limited by its nested lists instead.
            "__schema" or "__type" => new SelectionComplexity(1, 1, inner.Fields + 1, inner.Introspections + 1, 0, inner.ListDepth),
            "fields" or "inputFields" or "interfaces" or "possibleTypes" => inner.Nest() with { ListDepth = inner.ListDepth + 1 },
            _ => inner.Nest(),
        };

    public SelectionComplexity Combine(SelectionComplexity other) =>
        new(
            Math.Max(Depth, other.Depth),
            Math.Min(OwnFields + other.OwnFields, MaxCount),
            Math.Min(Fields + other.Fields, MaxCount),
            Math.Min(Introspections + other.Introspections, MaxCount),
            Math.Max(ListDepth, other.ListDepth),
            Math.Max(IntrospectionListDepth, other.IntrospectionListDepth)
        );

    private SelectionComplexity Nest() => this with { Depth = Depth + 1, OwnFields = 1, Fields = Fields + 1 };
}
