using System.Collections.Concurrent;
using System.Security.Claims;
using GraphQL;
using GraphQL.Transport;
using PosModular.Host.GraphQL.Errors;
using PosModular.Host.GraphQL.Execution;

namespace PosModular.Host.GraphQL.WebSockets;

/// <summary>The concurrent operations of one socket.</summary>
internal sealed class WebSocketOperations(
    WebSocketConnection connection,
    OperationRunner operationRunner,
    ErrorMask errorMask,
    ResultSerializer serializer
)
{
    private readonly ConcurrentDictionary<string, WebSocketOperation> _running = new(StringComparer.Ordinal);

    /// <exception cref="WebSocketCloseException">4409: the id is in use. 4429: too many operations run, and to answer each that is too many
    /// would fill the memory where the client does not read.</exception>
    public void Start(string id, GraphQLRequest request, ClaimsPrincipal user)
    {
        if (_running.Count >= Limits.MaxOperationsPerSocket)
            throw new WebSocketCloseException(
                WebSocketCloseException.TooManyRequests,
                $"A socket may run {Limits.MaxOperationsPerSocket} operations. Complete some, or open another."
            );
        var operation = new WebSocketOperation(id, connection, serializer, Remove);
        if (!_running.TryAdd(id, operation))
            throw new WebSocketCloseException(WebSocketCloseException.SubscriberAlreadyExists, $"Subscriber for {id} already exists");

        // On another thread, because a resolver may compute for long before it first awaits, and the socket must go on receiving.
        operation.Completion = Task.Run(() => RunAsync(operation, request, user), CancellationToken.None);
    }

    /// <summary>Stops an operation at the client's request. An unknown id belongs to an operation that has just ended.</summary>
    public void Stop(string id)
    {
        if (_running.TryRemove(id, out var operation))
            _ = operation.StopAsync();
    }

    public async Task StopAllAsync()
    {
        var all = _running.Values.ToArray();
        await Task.WhenAll(all.Select(operation => operation.StopAsync()));
        await Task.WhenAll(all.Select(operation => operation.Completion));
    }

    private async Task RunAsync(WebSocketOperation operation, GraphQLRequest request, ClaimsPrincipal user)
    {
        try
        {
            await operationRunner.RunAsync(request, user, operation, operation.Stopped);
        }
        catch (OperationCanceledException) when (operation.Stopped.IsCancellationRequested || connection.Closing.IsCancellationRequested)
        { }
        catch (Exception exception)
        {
            await FailAsync(operation, errorMask.FromException(exception));
        }
        finally
        {
            Remove(operation);
        }
    }

    private static async Task FailAsync(WebSocketOperation operation, ExecutionErrors errors)
    {
        try
        {
            await operation.FailAsync(errors);
        }
        catch (OperationCanceledException)
        {
            // The connection is closed, so nobody is left to inform.
        }
    }

    private bool Remove(WebSocketOperation operation) => _running.TryRemove(KeyValuePair.Create(operation.Id, operation));
}
