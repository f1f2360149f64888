namespace PosModular.Host.GraphQL;

/// <summary>
/// Depth, number of fields, and nested introspection lists of a part of a query. <see cref="Lists"/> counts by name on the way
/// up and becomes <see cref="Introspection"/> only under <c>__schema</c> and <c>__type</c>; the business may call a field "fields".
/// </summary>
internal readonly record struct Weight(int Depth, long Fields, int Lists, int Introspection)
{
    /// <summary>Sums stop here; fragments double, and a few dozen of them would overflow.</summary>
    private const long Plenty = 1_000_000;

    public static Weight None => default;

    public static Weight Field(string name, Weight inner) => name switch
    {
        // The usual introspection is 15 levels deep and limited by its lists instead.
        "__schema" or "__type" => new Weight(1, inner.Fields + 1, 0, inner.Lists),
        "fields" or "inputFields" or "interfaces" or "possibleTypes" => inner.Under() with { Lists = inner.Lists + 1 },
        _ => inner.Under(),
    };

    public Weight Beside(Weight other) => new(
        Math.Max(Depth, other.Depth),
        Math.Min(Fields + other.Fields, Plenty),
        Math.Max(Lists, other.Lists),
        Math.Max(Introspection, other.Introspection));

    private Weight Under() => this with { Depth = Depth + 1, Fields = Fields + 1 };
}
