using System.Runtime.CompilerServices;
using GraphQL;
using GraphQL.Execution;
using PosModular.Host.GraphQL.Errors;
using ExecutionContext = GraphQL.Execution.ExecutionContext;

namespace PosModular.Host.GraphQL.Execution;

/// <summary>
/// Runs subscriptions by pulling: the next event is fetched and resolved after the transport has sent the previous one. So events stay in
/// order, nothing is queued, and cancellation ends the resolver's enumeration at once. Each event resolves its fields in a scope of its
/// own.
/// </summary>
internal sealed class PullSubscriptionStrategy(IServiceScopeFactory scopes) : SubscriptionExecutionStrategy
{
    public override async Task<ExecutionResult> ExecuteAsync(ExecutionContext context)
    {
        // Validation ensures that there is one root field, but @skip may have removed it.
        var root = BuildExecutionRootNode(context, GetOperationRootType(context));
        if (root.SubFields is not [var node, ..])
            return new ExecutionResult(ErrorCodes.InvalidInputError("The subscription selects no field."));

        try
        {
            var resolver = node.FieldDefinition.StreamResolver ?? throw new InvalidOperationException($"{node.Name} has no stream.");
            var source = await resolver.ResolveAsync(new ReadonlyResolveFieldContext(node, context));
            // GraphQL.NET clears the context when this method returns, so the events use a copy.
            return new SubscriptionStreamResult(ReadEventsAsync(CloneExecutionContext(context, default), node, source));
        }
        catch (OperationCanceledException) when (context.CancellationToken.IsCancellationRequested)
        {
            throw;
        }
        catch (Exception exception)
        {
            return new ExecutionResult(ErrorAt(exception, context, node));
        }
    }

    private async IAsyncEnumerable<ExecutionResult> ReadEventsAsync(
        ExecutionContext context,
        ExecutionNode node,
        IObservable<object?> source,
        [EnumeratorCancellation] CancellationToken cancellationToken = default
    )
    {
        // Disposing the wrapper cancels the resolver's token, however the enumeration ends.
        using var wrapper = source as IDisposable;
        await foreach (var value in SubscriptionSource.Unwrap(source).WithCancellation(cancellationToken))
        {
            await using var scope = scopes.CreateAsyncScope();
            using var forEvent = CloneExecutionContext(context, cancellationToken);
            forEvent.RequestServices = scope.ServiceProvider;

            var result = await ProcessDataAsync(forEvent, node, value);
            cancellationToken.ThrowIfCancellationRequested();
            yield return result;
        }
    }

    private static ExecutionError ErrorAt(Exception exception, ExecutionContext context, ExecutionNode node)
    {
        var error = exception as ExecutionError ?? new UnhandledError("Could not subscribe.", exception);
        error.Path = node.ResponsePath;
        error.AddLocation(node.Field, context.Document);
        return error;
    }
}
