using GraphQL;
using GraphQL.Execution;
using GraphQL.Types;
using GraphQL.Validation;
using GraphQL.Validation.Rules;
using GraphQLParser.AST;
using GraphQLParser.Exceptions;

namespace PosModular.Host.GraphQL;

/// <summary>
/// Parsed documents by their text. Those that passed validation once are remembered and not validated again: parsing and
/// the 26 rules that look at the document alone are most of the cost of a small query.
/// </summary>
/// <remarks>
/// GraphQL.NET 8.8.5's DocumentValidator reads variable and argument values on every call, whatever rules it is given; the
/// rules see the text only. One rule looks at values, FieldArgumentsAreValidRule, so it is kept for known documents too
/// (it does nothing when no field of the schema validates its arguments).
/// </remarks>
internal sealed class Documents(ISchema schema)
{
    private readonly GraphQLDocumentBuilder parser = new();
    private readonly RecentDocuments valid = new();

    /// <exception cref="ExecutionError">The text is too long, does not parse or asks too much: INVALID_INPUT.</exception>
    public GraphQLDocument Parse(string query, out bool validated)
    {
        if (valid.Find(query) is { } known)
        {
            validated = true;
            return known;
        }

        validated = false;
        if (query.Length > Limits.QueryCharacters)
            throw ErrorCodes.InvalidInputError($"The query is {query.Length} characters long, {Limits.QueryCharacters} are allowed.");

        var document = Build(query);
        return DocumentWeight.Excess(document) is { } excess ? throw ErrorCodes.InvalidInputError(excess) : document;
    }

    private GraphQLDocument Build(string query)
    {
        try
        {
            return parser.Build(query);
        }
        catch (GraphQLParserException exception)
        {
            // Syntax errors come as ExecutionErrors already; the parser's own limit of nesting (128) does not.
            throw ErrorCodes.InvalidInputError(exception.Description);
        }
    }

    /// <summary>Null means all of GraphQL.NET's rules.</summary>
    public IEnumerable<IValidationRule>? RulesFor(bool validated)
    {
        if (!validated)
            return null;
        return schema.GetMetadata(FieldArgumentsAreValidRule.HAS_FIELD_ARGUMENT_VALIDATION_KEY, false) ? [FieldArgumentsAreValidRule.Instance] : [];
    }

    public void Remember(string query, GraphQLDocument document) => valid.Keep(query, document);
}
