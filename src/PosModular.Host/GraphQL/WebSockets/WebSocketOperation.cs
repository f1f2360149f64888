using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using GraphQL;
using PosModular.Host.GraphQL.Execution;

namespace PosModular.Host.GraphQL.WebSockets;

/// <summary>An operation on a socket, under the id that its client chose. Only the caller that removes it from the list sends its last
/// message.</summary>
[SuppressMessage(
    "Design",
    "CA1001",
    Justification = "The source has neither a timer nor a wait handle, and disposing it would race with a client's complete."
)]
internal sealed class WebSocketOperation(
    string id,
    WebSocketConnection connection,
    ResultSerializer serializer,
    Func<WebSocketOperation, bool> remove
) : IResultSink
{
    private readonly CancellationTokenSource _stopped = new();
    private readonly byte[] _nextMessage = ServerMessages.NextUpToPayload(id);

    public string Id { get; } = id;

    public CancellationToken Stopped => _stopped.Token;

    /// <summary>The task of the operation, which the socket awaits before it is disposed.</summary>
    public Task Completion { get; set; } = Task.CompletedTask;

    public Task StopAsync() => _stopped.CancelAsync();

    public async ValueTask NextAsync(ReadOnlyMemory<byte> result, CancellationToken cancellationToken)
    {
        var message = ArrayPool<byte>.Shared.Rent(_nextMessage.Length + result.Length + 1);
        _nextMessage.CopyTo(message, 0);
        result.CopyTo(message.AsMemory(_nextMessage.Length));
        message[_nextMessage.Length + result.Length] = (byte)'}';
        await connection.SendAsync(message.AsMemory(0, _nextMessage.Length + result.Length + 1), cancellationToken);
        // After a failure the socket may still be reading the bytes, so they do not return to the pool.
        ArrayPool<byte>.Shared.Return(message);
    }

    public ValueTask CompleteAsync() => EndWithAsync(ServerMessages.Complete(Id));

    public ValueTask FailAsync(ExecutionErrors errors) => EndWithAsync(ServerMessages.Error(Id, errors, serializer));

    /// <summary>Removes the operation first, because the client may reuse the id as soon as it reads this message.</summary>
    private ValueTask EndWithAsync(ReadOnlyMemory<byte> message) => remove(this) ? connection.SendAsync(message, Stopped) : default;
}
