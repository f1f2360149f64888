using GraphQLParser.AST;

namespace PosModular.Host.GraphQL.Execution;

/// <summary>
/// Measures the complexity of a parsed document before its validation, because a hostile document attacks the validation itself, which
/// compares fields pairwise and recurses along fragments. Each fragment is measured once, so nested fragments cost little here.
/// </summary>
internal sealed class DocumentComplexity
{
    private readonly Dictionary<string, GraphQLFragmentDefinition> _fragments = new(StringComparer.Ordinal);
    private readonly Dictionary<string, SelectionComplexity> _complexityByFragment = new(StringComparer.Ordinal);

    /// <returns>Which limit the document exceeds; null when it is within all limits.</returns>
    public static string? FindViolation(GraphQLDocument document) =>
        document.Definitions.Count > Limits.MaxDefinitions
            ? $"A document may have {Limits.MaxDefinitions} operations and fragments, this one has {document.Definitions.Count}."
            : new DocumentComplexity(document).FindViolation(document.Definitions);

    private DocumentComplexity(GraphQLDocument document)
    {
        foreach (var fragment in document.Definitions.OfType<GraphQLFragmentDefinition>())
            _fragments.TryAdd(fragment.FragmentName.Name.StringValue, fragment);
    }

    private string? FindViolation(List<ASTNode> definitions)
    {
        var all = SelectionComplexity.None;
        foreach (var definition in definitions)
        {
            if (definition is GraphQLOperationDefinition operation)
                all = all.Combine(OfSelections(operation.SelectionSet));
            else if (definition is GraphQLFragmentDefinition fragment)
                all = all.Combine(OfFragment(fragment.FragmentName.Name.StringValue));
        }

        return all switch
        {
            { Depth: > Limits.MaxDepth } =>
                $"The query is nested {all.Depth} levels deep, {Limits.MaxDepth} are allowed. Ask for the inner part in a second query.",
            { Fields: > Limits.MaxFields } =>
                $"The query asks for more than {Limits.MaxFields} fields with its fragments written out. Split it.",
            { IntrospectionListDepth: > Limits.MaxIntrospectionListDepth } => "The introspection nests lists of fields too deeply.",
            _ => null,
        };
    }

    private SelectionComplexity OfSelections(GraphQLSelectionSet? selections)
    {
        var sum = SelectionComplexity.None;
        foreach (var selection in selections?.Selections ?? [])
        {
            sum = sum.Combine(
                selection switch
                {
                    GraphQLField field => SelectionComplexity.OfField(field.Name.StringValue, OfSelections(field.SelectionSet)),
                    GraphQLInlineFragment inline => OfSelections(inline.SelectionSet),
                    GraphQLFragmentSpread spread => OfFragment(spread.FragmentName.Name.StringValue),
                    _ => SelectionComplexity.None,
                }
            );
        }

        return sum;
    }

    private SelectionComplexity OfFragment(string name)
    {
        if (_complexityByFragment.TryGetValue(name, out var complexity) || !_fragments.TryGetValue(name, out var fragment))
            return complexity;

        // This entry ends the recursion of a fragment that contains itself; validation reports it later.
        _complexityByFragment[name] = SelectionComplexity.None;
        return _complexityByFragment[name] = OfSelections(fragment.SelectionSet);
    }
}
