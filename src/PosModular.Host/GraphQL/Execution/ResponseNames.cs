using GraphQLParser.AST;

namespace PosModular.Host.GraphQL.Execution;

/// <summary>
/// Limits how often a response name occurs in one selection set. The validation rule that compares fields of the same response name
/// (GraphQL specification, "Field Selection Merging") takes them in pairs and reports each pair that disagrees, so that a thousand
/// fields of one name would cost half a million comparisons and messages. The selection sets of fields of the same name are merged, as
/// they are in that rule, and a fragment is followed once in each merged set.
/// </summary>
internal sealed class ResponseNames(DocumentFragments fragments)
{
    private int _pairs;

    /// <param name="definitions">Of a document that is within the limits of depth and fields and in which no fragment contains
    /// itself.</param>
    /// <returns>What exceeds the limit; null when nothing does.</returns>
    public string? FindViolation(List<ASTNode> definitions)
    {
        foreach (var definition in definitions)
        {
            var selections = definition switch
            {
                GraphQLOperationDefinition operation => operation.SelectionSet,
                GraphQLFragmentDefinition fragment => fragment.SelectionSet,
                _ => null,
            };
            if (selections is not null && FindViolation([selections]) is { } violation)
                return violation;
        }

        return null;
    }

    private string? FindViolation(List<GraphQLSelectionSet> merged)
    {
        var fieldsByName = new Dictionary<string, List<GraphQLField>>(StringComparer.Ordinal);
        var spreads = new HashSet<string>(StringComparer.Ordinal);
        foreach (var selections in merged)
            Collect(selections, fieldsByName, spreads);

        foreach (var (name, fields) in fieldsByName)
        {
            _pairs += fields.Count * (fields.Count - 1) / 2;
            if (fields.Count > Limits.MaxSameResponseName)
                return $"The name {Shorten(name)} occurs {fields.Count} times in one selection, {Limits.MaxSameResponseName} are allowed. "
                    + "Give the fields different aliases, or split the query.";
            if (_pairs > Limits.MaxSameResponseNamePairs)
                return "The query repeats too many names of fields in the same selections. Give them different aliases, or split it.";

            var inner = fields.Select(field => field.SelectionSet).OfType<GraphQLSelectionSet>().ToList();
            if (inner.Count > 0 && FindViolation(inner) is { } violation)
                return violation;
        }

        return null;
    }

    private void Collect(GraphQLSelectionSet selections, Dictionary<string, List<GraphQLField>> fieldsByName, HashSet<string> spreads)
    {
        foreach (var selection in selections.Selections)
        {
            switch (selection)
            {
                case GraphQLField field:
                    var name = (field.Alias?.Name ?? field.Name).StringValue;
                    if (!fieldsByName.TryGetValue(name, out var fields))
                        fieldsByName.Add(name, fields = []);
                    fields.Add(field);
                    break;
                case GraphQLInlineFragment inline:
                    Collect(inline.SelectionSet, fieldsByName, spreads);
                    break;
                case GraphQLFragmentSpread spread when fragments.Find(spread.FragmentName.Name.StringValue) is { } fragment:
                    if (spreads.Add(spread.FragmentName.Name.StringValue))
                        Collect(fragment.SelectionSet, fieldsByName, spreads);
                    break;
            }
        }
    }

    private static string Shorten(string name) => name.Length <= 40 ? name : name[..40] + "…";
}
