using GraphQLParser.AST;

namespace PosModular.Host.GraphQL;

/// <summary>
/// Weighs a parsed document before it is validated, since validation itself is what a hostile document attacks: it compares
/// fields pairwise and recurses along fragments. Each fragment is weighed once, so a bomb of fragments costs nothing here.
/// </summary>
internal sealed class DocumentWeight
{
    private readonly Dictionary<string, GraphQLFragmentDefinition> fragments = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Weight> weighed = new(StringComparer.Ordinal);

    /// <returns>What is too much about the document, or null.</returns>
    public static string? Excess(GraphQLDocument document) =>
        document.Definitions.Count > Limits.Definitions
            ? $"A document may have {Limits.Definitions} operations and fragments, this one has {document.Definitions.Count}."
            : new DocumentWeight(document).Excess(document.Definitions);

    private DocumentWeight(GraphQLDocument document)
    {
        foreach (var fragment in document.Definitions.OfType<GraphQLFragmentDefinition>())
            fragments.TryAdd(fragment.FragmentName.Name.StringValue, fragment);
    }

    private string? Excess(List<ASTNode> definitions)
    {
        var all = Weight.None;
        foreach (var definition in definitions)
        {
            if (definition is GraphQLOperationDefinition operation)
                all = all.Beside(Of(operation.SelectionSet));
            else if (definition is GraphQLFragmentDefinition fragment)
                all = all.Beside(OfFragment(fragment.FragmentName.Name.StringValue));
        }

        return all switch
        {
            { Depth: > Limits.Depth } => $"The query is nested {all.Depth} levels deep, {Limits.Depth} are allowed. Ask for the inner part in a second query.",
            { Fields: > Limits.Fields } => $"The query asks for more than {Limits.Fields} fields with its fragments written out. Split it.",
            { Introspection: > Limits.IntrospectionLists } => "The introspection nests lists of fields too deeply.",
            _ => null,
        };
    }

    private Weight Of(GraphQLSelectionSet? selections)
    {
        var sum = Weight.None;
        foreach (var selection in selections?.Selections ?? [])
        {
            sum = sum.Beside(selection switch
            {
                GraphQLField field => Weight.Field(field.Name.StringValue, Of(field.SelectionSet)),
                GraphQLInlineFragment inline => Of(inline.SelectionSet),
                GraphQLFragmentSpread spread => OfFragment(spread.FragmentName.Name.StringValue),
                _ => Weight.None,
            });
        }

        return sum;
    }

    private Weight OfFragment(string name)
    {
        if (weighed.TryGetValue(name, out var known) || !fragments.TryGetValue(name, out var fragment))
            return known;

        // Stands while the fragment is being weighed: one that contains itself ends here, and validation will name it.
        weighed[name] = Weight.None;
        return weighed[name] = Of(fragment.SelectionSet);
    }
}
