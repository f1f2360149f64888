using GraphQL.Validation;
using GraphQLParser.AST;
using PosModular.Host.GraphQL.Errors;

namespace PosModular.Host.GraphQL.Execution;

/// <summary>Ends the validation of a document that has too many errors. It visits each node after all other rules.</summary>
internal sealed class MaxErrorsRule : ValidationRuleBase, INodeVisitor
{
    public static readonly MaxErrorsRule Instance = new();

    public override ValueTask<INodeVisitor?> GetPreNodeVisitorAsync(ValidationContext context) => new(this);

    public ValueTask EnterAsync(ASTNode node, ValidationContext context)
    {
        if (context.HasErrors && context.Errors.Count() > Limits.MaxErrors)
            throw ErrorCodes.InvalidInputError(
                $"The query has more than {Limits.MaxErrors} errors. The first: {context.Errors.First().Message}"
            );
        return default;
    }

    public ValueTask LeaveAsync(ASTNode node, ValidationContext context) => default;
}
