using GraphQL;
using GraphQL.Execution;
using GraphQL.Transport;
using GraphQLParser.AST;
using GraphQLParser.Visitors;
using ExecutionContext = GraphQL.Execution.ExecutionContext;

namespace PosModular.Host.GraphQL.Execution;

/// <summary>What a subscription makes of an event: its document, its operation and the values of the variables that are used below the
/// subscription's field. Two subscriptions of the same shape make the same JSON of the same event.</summary>
internal sealed record EventShape(string Document, string? Operation, string Variables)
{
    // The text is long and the hash is needed for every message.
    private readonly int _hash = HashCode.Combine(Document, Operation, Variables);

    public static async ValueTask<EventShape> OfAsync(
        ExecutionContext context,
        ExecutionNode root,
        GraphQLRequest request,
        ResultSerializer serializer
    )
    {
        var used = new UsedVariables();
        await new VariableFinder().VisitAsync(root.Field.SelectionSet, used);
        // The fragments that the operation does not use matter little: at worst a shape is not shared.
        foreach (var fragment in context.Document.Definitions.OfType<GraphQLFragmentDefinition>())
            await new VariableFinder().VisitAsync(fragment, used);
        var values = (request.Variables ?? Inputs.Empty)
            .Where(v => used.Names.Contains(v.Key))
            .OrderBy(v => v.Key, StringComparer.Ordinal)
            .ToArray();
        return new(request.Query!, context.Operation.Name?.StringValue, serializer.Serialize(values));
    }

    public bool Equals(EventShape? other) =>
        other is not null
        && (
            ReferenceEquals(this, other)
            || (_hash == other._hash && Document == other.Document && Operation == other.Operation && Variables == other.Variables)
        );

    public override int GetHashCode() => _hash;

    private sealed class UsedVariables : IASTVisitorContext
    {
        public HashSet<string> Names { get; } = new(StringComparer.Ordinal);

        public CancellationToken CancellationToken => CancellationToken.None;
    }

    private sealed class VariableFinder : ASTVisitor<UsedVariables>
    {
        protected override ValueTask VisitVariableAsync(GraphQLVariable variable, UsedVariables context)
        {
            context.Names.Add(variable.Name.StringValue);
            return default;
        }
    }
}
