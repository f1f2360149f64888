using System.Security.Claims;
using GraphQL;
using GraphQL.Execution;
using GraphQL.Transport;
using GraphQL.Types;
using GraphQL.Validation;
using GraphQLParser.AST;

namespace PosModular.Host.GraphQL;

/// <summary>
/// Runs operations, the same way for every transport: a service scope each, the caller's claims, known documents not
/// validated again, faults masked.
/// </summary>
internal sealed class Operations(ISchema schema, Documents documents, ErrorMask mask, IServiceScopeFactory scopes)
{
    private readonly DocumentExecuter executer = new(
        new GraphQLDocumentBuilder(),
        new DocumentValidator(),
        new DefaultExecutionStrategySelector([new ExecutionStrategyRegistration(new PulledSubscription(scopes), OperationType.Subscription)]),
        []);

    /// <exception cref="ExecutionError">The query text is refused: INVALID_INPUT.</exception>
    public PreparedOperation Prepare(GraphQLRequest request)
    {
        var document = documents.Parse(request.Query!, out var validated);
        return new PreparedOperation(request, document, validated);
    }

    /// <summary>Runs a query or mutation to its one result.</summary>
    public async Task<ExecutionResult> Once(PreparedOperation operation, ClaimsPrincipal user, CancellationToken cancellation)
    {
        await using var scope = scopes.CreateAsyncScope();
        return await Execute(operation, user, scope.ServiceProvider, cancellation);
    }

    /// <summary>
    /// Runs any operation and hands its results over one by one. An exception of the event stream ends the answer with its
    /// masked error; cancellation and a broken transport pass to the caller.
    /// </summary>
    public async Task Run(PreparedOperation operation, ClaimsPrincipal user, IAnswer answer, CancellationToken cancellation)
    {
        // Outlives the resolver's call: its iterator goes on using the scope's services.
        await using var scope = scopes.CreateAsyncScope();
        var result = await Execute(operation, user, scope.ServiceProvider, cancellation);

        if (result is Subscribed subscribed)
        {
            await HandOver(subscribed, answer, cancellation);
            return;
        }

        if (!result.Executed || operation.Type == OperationType.Subscription)
        {
            await answer.Fail(result.Errors ?? []);
            return;
        }

        await answer.Next(result, cancellation);
        await answer.Complete();
    }

    private async Task HandOver(Subscribed subscribed, IAnswer answer, CancellationToken cancellation)
    {
        await using var events = subscribed.Events.GetAsyncEnumerator(cancellation);
        while (true)
        {
            try
            {
                if (!await events.MoveNextAsync())
                    break;
            }
            catch (Exception exception) when (!cancellation.IsCancellationRequested)
            {
                await answer.Fail(mask.Of(exception));
                return;
            }

            mask.Apply(events.Current);
            await answer.Next(events.Current, cancellation);
        }

        await answer.Complete();
    }

    private async Task<ExecutionResult> Execute(PreparedOperation operation, ClaimsPrincipal user, IServiceProvider services, CancellationToken cancellation)
    {
        var result = await executer.ExecuteAsync(new ExecutionOptions
        {
            Schema = schema,
            Query = operation.Request.Query,
            Document = operation.Document,
            OperationName = operation.Request.OperationName,
            Variables = operation.Request.Variables,
            Extensions = operation.Request.Extensions,
            ValidationRules = documents.RulesFor(operation.Validated),
            User = user,
            RequestServices = services,
            CancellationToken = cancellation,
        });

        if (result.Executed && !operation.Validated)
            documents.Remember(operation.Request.Query!, operation.Document);
        mask.Apply(result);
        return result;
    }
}
