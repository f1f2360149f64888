using System.Security.Claims;
using GraphQL;
using GraphQL.Execution;
using GraphQL.Transport;
using GraphQL.Types;
using GraphQL.Validation;
using GraphQLParser.AST;
using PosModular.Host.GraphQL.Errors;

namespace PosModular.Host.GraphQL.Execution;

/// <summary>
/// Runs operations in the same way for every transport: in a service scope of their own, with the caller's claims, without validating
/// cached documents again, and with internal errors masked.
/// </summary>
internal sealed class OperationRunner(
    ISchema schema,
    DocumentParser documentParser,
    PersistedDocuments documents,
    OperationLimiter limiter,
    ErrorMask errorMask,
    ResultSerializer serializer,
    EventRenderings renderings,
    IServiceScopeFactory scopes
)
{
    private readonly DocumentExecuter _executer = new(
        new GraphQLDocumentBuilder(),
        new DocumentValidator(),
        new DefaultExecutionStrategySelector([
            new ExecutionStrategyRegistration(
                new PullSubscriptionStrategy(scopes, renderings, serializer, errorMask),
                OperationType.Subscription
            ),
        ]),
        []
    );

    /// <summary>Parses a request. Hold a place of the <see cref="OperationLimiter"/> meanwhile.</summary>
    /// <exception cref="ExecutionError">The text of the query is refused, or its hash is not known.</exception>
    public PreparedOperation Prepare(GraphQLRequest request)
    {
        request.Query = documents.TextOf(request);
        var document = documentParser.Parse(request.Query, out var validated);
        return new PreparedOperation(request, document, validated);
    }

    /// <summary>Waits until the user may run an operation. Dispose the result when it has been executed.</summary>
    /// <exception cref="ExecutionError">UNAVAILABLE: too many operations wait.</exception>
    public ValueTask<IDisposable> EnterAsync(ClaimsPrincipal user, CancellationToken cancellationToken) =>
        limiter.EnterAsync(user, cancellationToken);

    /// <summary>Runs a query or mutation, which has one result. Hold a place of the <see cref="OperationLimiter"/> meanwhile.</summary>
    public async Task<ExecutionResult> ExecuteOnceAsync(
        PreparedOperation operation,
        ClaimsPrincipal user,
        CancellationToken cancellationToken
    )
    {
        await using var scope = scopes.CreateAsyncScope();
        return await ExecuteAsync(operation, user, scope.ServiceProvider, cancellationToken);
    }

    /// <summary>Parses a request and runs it as the other overload does.</summary>
    /// <exception cref="ExecutionError">The text of the query is refused, or too many operations wait.</exception>
    public Task RunAsync(GraphQLRequest request, ClaimsPrincipal user, IResultSink sink, CancellationToken cancellationToken) =>
        RunAsync(() => Prepare(request), user, sink, cancellationToken);

    /// <summary>
    /// Runs any operation and passes its results to the sink one by one. An exception of the event stream fails the sink with the masked
    /// error; cancellation and exceptions of the transport reach the caller.
    /// </summary>
    /// <exception cref="ExecutionError">UNAVAILABLE: too many operations wait.</exception>
    public Task RunAsync(PreparedOperation operation, ClaimsPrincipal user, IResultSink sink, CancellationToken cancellationToken) =>
        RunAsync(() => operation, user, sink, cancellationToken);

    private async Task RunAsync(
        Func<PreparedOperation> prepare,
        ClaimsPrincipal user,
        IResultSink sink,
        CancellationToken cancellationToken
    )
    {
        // The scope outlives the call of the resolver, whose iterator goes on using its services.
        await using var scope = scopes.CreateAsyncScope();
        PreparedOperation operation;
        ExecutionResult result;
        using (await EnterAsync(user, cancellationToken))
        {
            operation = prepare();
            result = await ExecuteAsync(operation, user, scope.ServiceProvider, cancellationToken);
        }

        if (result is SubscriptionStreamResult subscription)
        {
            await ForwardEventsAsync(subscription, sink, cancellationToken);
            return;
        }

        if (!result.Executed || operation.Type == OperationType.Subscription)
        {
            await sink.FailAsync(result.Errors ?? []);
            return;
        }

        using (var json = serializer.Serialize(result))
            await sink.NextAsync(json.Written, cancellationToken);
        await sink.CompleteAsync();
    }

    private async Task ForwardEventsAsync(SubscriptionStreamResult subscription, IResultSink sink, CancellationToken cancellationToken)
    {
        await using var events = subscription.Events.GetAsyncEnumerator(cancellationToken);
        while (true)
        {
            try
            {
                if (!await events.MoveNextAsync())
                    break;
            }
            catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
            {
                await sink.FailAsync(errorMask.FromException(exception));
                return;
            }

            await sink.NextAsync(events.Current, cancellationToken);
        }

        await sink.CompleteAsync();
    }

    private async Task<ExecutionResult> ExecuteAsync(
        PreparedOperation operation,
        ClaimsPrincipal user,
        IServiceProvider services,
        CancellationToken cancellationToken
    )
    {
        using var span = Telemetry.StartOperation(operation);
        var result = await _executer.ExecuteAsync(
            new ExecutionOptions
            {
                Schema = schema,
                Query = operation.Request.Query,
                Document = operation.Document,
                OperationName = operation.Request.OperationName,
                Variables = operation.Request.Variables,
                Extensions = operation.Request.Extensions,
                UserContext = { [PullSubscriptionStrategy.RequestKey] = operation.Request },
                ValidationRules = documentParser.ValidationRulesFor(operation.IsValidated),
                MaxParallelExecutionCount = Limits.MaxParallelFields,
                User = user,
                RequestServices = services,
                CancellationToken = cancellationToken,
            }
        );

        if (result.Executed && !operation.IsValidated)
            documentParser.MarkValid(operation.Request.Query!, operation.Document);
        errorMask.Apply(result);
        if (!result.Executed && result.Errors is { Count: > Limits.MaxErrors } errors)
        {
            result.Errors = [];
            result.Errors.AddRange(errors.Take(Limits.MaxErrors));
        }

        return result;
    }
}
