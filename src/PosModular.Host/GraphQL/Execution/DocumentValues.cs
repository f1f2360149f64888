using GraphQLParser.AST;

namespace PosModular.Host.GraphQL.Execution;

/// <summary>
/// Limits the values that stand in the text of a query: their number, because validation reports each that is wrong, and the digits of a
/// number, because reading a number takes time that grows with the square of its digits.
/// </summary>
internal sealed class DocumentValues
{
    private int _count;
    private string? _violation;

    /// <returns>Which limit the document exceeds; null when it is within all limits.</returns>
    public static string? FindViolation(GraphQLDocument document)
    {
        var values = new DocumentValues();
        foreach (var definition in document.Definitions)
        {
            if (definition is GraphQLOperationDefinition operation)
            {
                foreach (var variable in operation.Variables ?? Enumerable.Empty<GraphQLVariableDefinition>())
                {
                    values.Count(variable.DefaultValue);
                    values.Count(variable.Directives);
                    values._count++;
                }

                values.Count(operation.Directives);
                values.Count(operation.SelectionSet);
            }
            else if (definition is GraphQLFragmentDefinition fragment)
            {
                values.Count(fragment.Directives);
                values.Count(fragment.SelectionSet);
            }
        }

        return values._violation
            ?? (
                values._count > Limits.MaxValues
                    ? $"A document may have {Limits.MaxValues} values and variables. Pass lists as variables."
                    : null
            );
    }

    private void Count(GraphQLSelectionSet? selections)
    {
        foreach (var selection in selections?.Selections ?? [])
        {
            if (selection is IHasDirectivesNode { Directives: { } directives })
                Count(directives);
            if (selection is GraphQLField { Arguments: { } arguments })
                Count(arguments);
            if (selection is IHasSelectionSetNode { SelectionSet: { } inner })
                Count(inner);
        }
    }

    private void Count(GraphQLDirectives? directives)
    {
        foreach (var directive in directives ?? Enumerable.Empty<GraphQLDirective>())
        {
            if (directive.Arguments is { } arguments)
                Count(arguments);
        }
    }

    private void Count(GraphQLArguments arguments)
    {
        foreach (var argument in arguments)
            Count(argument.Value);
    }

    private void Count(GraphQLValue? value)
    {
        _count++;
        switch (value)
        {
            case GraphQLListValue { Values: { } items }:
                foreach (var item in items)
                    Count(item);
                break;
            case GraphQLObjectValue { Fields: { } fields }:
                foreach (var field in fields)
                    Count(field.Value);
                break;
            case GraphQLIntValue { Value.Length: > Limits.MaxNumberCharacters }:
            case GraphQLFloatValue { Value.Length: > Limits.MaxNumberCharacters }:
                _violation = $"A number may have {Limits.MaxNumberCharacters} characters.";
                break;
        }
    }
}
