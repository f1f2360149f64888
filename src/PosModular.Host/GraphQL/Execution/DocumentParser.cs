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
/// Parsed documents by their text. Those that passed validation once are remembered and not validated again: parsing and
/// the 26 rules that look at the document alone are most of the cost of a small query.
/// </summary>
/// <remarks>
/// GraphQL.NET 8.8.5's DocumentValidator reads variable and argument values on every call, whatever rules it is given; the
/// rules see the text only. One rule looks at values, FieldArgumentsAreValidRule, so it is kept for known documents too
/// (it does nothing when no field of the schema validates its arguments).
/// </remarks>
internal sealed class DocumentParser(ISchema schema)
{
    private readonly GraphQLDocumentBuilder _builder = new();
    private readonly DocumentCache _cache = new();

    /// <exception cref="ExecutionError">The text is too long, does not parse or asks too much: INVALID_INPUT.</exception>
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
            // Syntax errors come as ExecutionErrors already; the parser's own limit of nesting (128) does not.
            throw ErrorCodes.InvalidInputError(exception.Description);
        }
    }

    /// <summary>Null means all of GraphQL.NET's rules.</summary>
    public IEnumerable<IValidationRule>? ValidationRulesFor(bool isValidated)
    {
        if (!isValidated)
            return null;
        return schema.GetMetadata(FieldArgumentsAreValidRule.HAS_FIELD_ARGUMENT_VALIDATION_KEY, false)
            ? [FieldArgumentsAreValidRule.Instance]
            : [];
    }

    public void MarkValid(string query, GraphQLDocument document) => _cache.Add(query, document);
}
