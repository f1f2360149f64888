using GraphQLParser.AST;

namespace PosModular.Host.GraphQL.Execution;

/// <summary>
/// Measures the complexity of a parsed document before its validation, because a hostile document attacks the validation itself, which
/// compares fields pairwise and recurses along fragments. Each fragment is measured once, so nested fragments cost little here.
/// </summary>
internal sealed class DocumentComplexity
{
    private readonly DocumentFragments _fragments;
    private readonly Dictionary<string, SelectionComplexity> _complexityByFragment = new(StringComparer.Ordinal);
    private readonly HashSet<string> _fragmentsInProgress = new(StringComparer.Ordinal);
    private string? _wrongFragment;

    /// <returns>Which limit the document exceeds; null when it is within all limits.</returns>
    public static string? FindViolation(GraphQLDocument document)
    {
        if (document.Definitions.Count > Limits.MaxDefinitions)
            return $"A document may have {Limits.MaxDefinitions} operations and fragments, this one has {document.Definitions.Count}.";
        var fragments = new DocumentFragments(document);
        // The response names are followed into fragments without a limit of their own, so they come last.
        return new DocumentComplexity(fragments).FindViolation(document.Definitions)
            ?? DocumentValues.FindViolation(document)
            ?? new ResponseNames(fragments).FindViolation(document.Definitions);
    }

    private DocumentComplexity(DocumentFragments fragments) => _fragments = fragments;

    private string? FindViolation(List<ASTNode> definitions)
    {
        var (all, rootFields) = (SelectionComplexity.None, 0L);
        foreach (var definition in definitions)
        {
            if (definition is GraphQLOperationDefinition operation)
            {
                var complexity = OfDirectives(operation.Directives).Combine(OfSelections(operation.SelectionSet));
                rootFields = Math.Max(rootFields, complexity.OwnFields);
                all = all.Combine(complexity);
            }
            else if (definition is GraphQLFragmentDefinition fragment)
                all = all.Combine(OfFragment(fragment.FragmentName.Name.StringValue));
        }

        if (_wrongFragment is not null)
            return _wrongFragment;
        if (rootFields > Limits.MaxRootFields)
            return $"An operation may ask for {Limits.MaxRootFields} fields at its top, this one asks for more. Split it.";
        return all switch
        {
            { Depth: > Limits.MaxDepth } =>
                $"The query is nested {all.Depth} levels deep, {Limits.MaxDepth} are allowed. Ask for the inner part in a second query.",
            { Fields: > Limits.MaxFields } =>
                $"The query asks for more than {Limits.MaxFields} fields and directives with its fragments written out. Split it.",
            { Introspections: > Limits.MaxIntrospections } =>
                $"A document may ask for __schema and __type {Limits.MaxIntrospections} times, this one asks {all.Introspections} times.",
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
                    GraphQLField field => SelectionComplexity
                        .OfField(field.Name.StringValue, OfSelections(field.SelectionSet))
                        .Combine(OfDirectives(field.Directives)),
                    GraphQLInlineFragment inline => OfSelections(inline.SelectionSet).Combine(OfDirectives(inline.Directives)),
                    // A spread counts as a directive would, because validation compares spreads pairwise too.
                    GraphQLFragmentSpread spread => OfFragment(spread.FragmentName.Name.StringValue)
                        .Combine(SelectionComplexity.OfDirectives(1 + (spread.Directives?.Count ?? 0))),
                    _ => SelectionComplexity.None,
                }
            );
        }

        return sum;
    }

    private SelectionComplexity OfFragment(string name)
    {
        if (_complexityByFragment.TryGetValue(name, out var complexity))
            return complexity;
        if (_fragments.Find(name) is not { } fragment)
        {
            _wrongFragment = "The query uses a fragment that it does not define.";
            return SelectionComplexity.None;
        }

        if (!_fragmentsInProgress.Add(name))
        {
            _wrongFragment = $"The fragment {name} contains itself.";
            return SelectionComplexity.None;
        }

        return _complexityByFragment[name] = OfSelections(fragment.SelectionSet).Combine(OfDirectives(fragment.Directives));
    }

    private static SelectionComplexity OfDirectives(GraphQLDirectives? directives) =>
        SelectionComplexity.OfDirectives(directives?.Count ?? 0);
}
