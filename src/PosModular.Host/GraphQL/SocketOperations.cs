using System.Collections.Concurrent;
using System.Security.Claims;
using GraphQL;
using GraphQL.Transport;

namespace PosModular.Host.GraphQL;

/// <summary>The operations running on one socket, side by side.</summary>
internal sealed class SocketOperations(SocketLine line, Operations operations, ErrorMask mask, ResultJson json)
{
    private readonly ConcurrentDictionary<string, SocketOperation> running = new(StringComparer.Ordinal);

    /// <exception cref="SocketClosure">4409: the id is in use.</exception>
    public void Start(string id, GraphQLRequest request, ClaimsPrincipal user)
    {
        var full = running.Count >= Limits.OperationsPerSocket;
        var operation = new SocketOperation(id, line, json, Leave);
        if (!running.TryAdd(id, operation))
            throw new SocketClosure(SocketClosure.SubscriberAlreadyExists, $"Subscriber for {id} already exists");

        // Off the reader's thread: a resolver may compute before it first awaits, and the socket must go on listening.
        operation.Running = Task.Run(() => full ? Refuse(operation) : Run(operation, request, user), CancellationToken.None);
    }

    /// <summary>The client has heard enough. An id that is not running has just ended by itself.</summary>
    public void Stop(string id)
    {
        if (running.TryRemove(id, out var operation))
            _ = operation.Stop();
    }

    public async Task StopAll()
    {
        var all = running.Values.ToArray();
        await Task.WhenAll(all.Select(operation => operation.Stop()));
        await Task.WhenAll(all.Select(operation => operation.Running));
    }

    private async Task Run(SocketOperation operation, GraphQLRequest request, ClaimsPrincipal user)
    {
        try
        {
            await operations.Run(operations.Prepare(request), user, operation, operation.Stopped);
        }
        catch (OperationCanceledException) when (operation.Stopped.IsCancellationRequested || line.Closing.IsCancellationRequested)
        {
        }
        catch (Exception exception)
        {
            await Fail(operation, mask.Of(exception));
        }
        finally
        {
            Leave(operation);
        }
    }

    private Task Refuse(SocketOperation operation) => Fail(operation,
        [ErrorCodes.InvalidInputError($"This socket already runs {Limits.OperationsPerSocket} operations. Complete some, or open another.")]);

    private static async Task Fail(SocketOperation operation, ExecutionErrors errors)
    {
        try
        {
            await operation.Fail(errors);
        }
        catch (OperationCanceledException)
        {
            // Nobody is left to tell; the reader finds the line closed.
        }
    }

    private bool Leave(SocketOperation operation) => running.TryRemove(KeyValuePair.Create(operation.Id, operation));
}
