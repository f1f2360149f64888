using GraphQL;
using GraphQL.Execution;
using GraphQL.Types;
using GraphQL.Validation;
using GraphQL.Validation.Rules;
using GraphQLParser.AST;
using GraphQLParser.Exceptions;
using PosModular.Host.GraphQL.Errors;

namespace PosModular.Host.GraphQL.Execution;

/// <summary>
/// Parses documents and caches those that have passed validation, which are not validated again. Parsing and the 26 rules that depend on
/// the document alone are most of the cost of a small query.
/// </summary>
/// <remarks>
/// GraphQL.NET 8.8.5's DocumentValidator reads the values of variables and arguments on every call, whichever rules it is given. The rules
/// inspect only the text, except for FieldArgumentsAreValidRule, which therefore runs for cached documents too, if any field of the schema
/// validates its arguments.
/// </remarks>
internal sealed class DocumentParser(ISchema schema)
{
    private static readonly IValidationRule[] AllRules = [.. DocumentValidator.CoreRules, MaxErrorsRule.Instance];

    private readonly GraphQLDocumentBuilder _builder = new();
    private readonly RecentlyUsed<GraphQLDocument> _cache = new(Limits.MaxCachedDocuments, Limits.MaxCachedCharacters);

    /// <exception cref="ExecutionError">INVALID_INPUT: the text is too long, does not parse or is too complex.</exception>
    public GraphQLDocument Parse(string query, out bool isValidated)
    {
        if (_cache.Find(query) is { } cached)
        {
            isValidated = true;
            return cached;
        }

        isValidated = false;
        if (query.Length > Limits.MaxQueryCharacters)
            throw ErrorCodes.InvalidInputError($"The query is {query.Length} characters long, {Limits.MaxQueryCharacters} are allowed.");

        var document = Build(query);
        return DocumentComplexity.FindViolation(document) is { } violation ? throw ErrorCodes.InvalidInputError(violation) : document;
    }

    private GraphQLDocument Build(string query)
    {
        try
        {
            return _builder.Build(query);
        }
        catch (GraphQLParserException exception)
        {
            // Syntax errors are ExecutionErrors already, but exceeding the parser's own limit of nesting (128) is not.
            throw ErrorCodes.InvalidInputError(exception.Description);
        }
    }

    public IEnumerable<IValidationRule> ValidationRulesFor(bool isValidated)
    {
        if (!isValidated)
            return AllRules;
        return schema.GetMetadata(FieldArgumentsAreValidRule.HAS_FIELD_ARGUMENT_VALIDATION_KEY, false)
            ? [FieldArgumentsAreValidRule.Instance]
            : [];
    }

    public void MarkValid(string query, GraphQLDocument document) => _cache.Add(query, document, query.Length);
}
