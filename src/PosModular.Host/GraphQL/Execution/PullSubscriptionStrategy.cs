using System.Runtime.CompilerServices;
using GraphQL;
using GraphQL.Execution;
using GraphQL.Transport;
using PosModular.Host.GraphQL.Errors;
using ExecutionContext = GraphQL.Execution.ExecutionContext;

namespace PosModular.Host.GraphQL.Execution;

/// <summary>
/// Runs subscriptions by pulling: the next event is fetched and resolved after the transport has sent the previous one. So events stay in
/// order, nothing is queued, and cancellation ends the resolver's enumeration at once. Each event resolves its fields in a scope of its
/// own, once for all subscriptions that make the same JSON of it.
/// </summary>
internal sealed class PullSubscriptionStrategy(
    IServiceScopeFactory scopes,
    EventRenderings renderings,
    ResultSerializer serializer,
    ErrorMask errorMask
) : SubscriptionExecutionStrategy
{
    /// <summary>The key of the request in the user context, from which the values of variables are read as they were sent.</summary>
    public const string RequestKey = "request";

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

    private async IAsyncEnumerable<ReadOnlyMemory<byte>> ReadEventsAsync(
        ExecutionContext context,
        ExecutionNode node,
        IObservable<object?> source,
        [EnumeratorCancellation] CancellationToken cancellationToken = default
    )
    {
        // Disposing the wrapper cancels the resolver's token, however the enumeration ends.
        using var wrapper = source as IDisposable;
        var userId = context.User!.FindFirst("sub")!.Value;
        var shape = await EventShape.OfAsync(context, node, (GraphQLRequest)context.UserContext[RequestKey]!, serializer);
        var render = (object value) => RenderAsync(context, node, value);
        await foreach (var value in SubscriptionSource.Unwrap(source).WithCancellation(cancellationToken))
        {
            var json = renderings.GetAsync(value!, shape, userId, render);
            yield return json.IsCompleted ? await json : await json.AsTask().WaitAsync(cancellationToken);
        }
    }

    /// <summary>Resolves the fields of an event. This does not end with the subscription, because others may wait for the same
    /// JSON.</summary>
    private async Task<RenderedEvent> RenderAsync(ExecutionContext context, ExecutionNode node, object value)
    {
        await using var scope = scopes.CreateAsyncScope();
        using var forEvent = CloneExecutionContext(context, CancellationToken.None);
        var witness = new CallerWitness(context.User!);
        forEvent.RequestServices = scope.ServiceProvider;
        forEvent.User = witness;
        var result = await ProcessDataAsync(forEvent, node, value);
        var isComplete = result.Errors is not { Count: > 0 };
        errorMask.Apply(result);
        using var json = serializer.Serialize(result);
        return new RenderedEvent(json.Written.ToArray(), witness.WasAsked, isComplete);
    }

    private static ExecutionError ErrorAt(Exception exception, ExecutionContext context, ExecutionNode node)
    {
        var error = exception as ExecutionError ?? new UnhandledError("Could not subscribe.", exception);
        error.Path = node.ResponsePath;
        error.AddLocation(node.Field, context.Document);
        return error;
    }
}
