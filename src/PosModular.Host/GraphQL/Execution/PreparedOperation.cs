using GraphQL.Transport;
using GraphQLParser.AST;

namespace PosModular.Host.GraphQL.Execution;

/// <summary>A request with its parsed document, so that the transport knows the type of the operation before it runs.</summary>
internal sealed record PreparedOperation(GraphQLRequest Request, GraphQLDocument Document, bool IsValidated)
{
    /// <summary>Query when the operation cannot be determined; running it then reports the error.</summary>
    public OperationType Type { get; } = TypeOf(Document, Request.OperationName);

    private static OperationType TypeOf(GraphQLDocument document, string? name)
    {
        foreach (var definition in document.Definitions)
        {
            if (definition is GraphQLOperationDefinition operation && (string.IsNullOrEmpty(name) || operation.Name?.StringValue == name))
                return operation.Operation;
        }

        return OperationType.Query;
    }
}
