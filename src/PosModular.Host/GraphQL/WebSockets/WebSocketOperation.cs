using System.Diagnostics.CodeAnalysis;
using GraphQL;
using PosModular.Host.GraphQL.Execution;

namespace PosModular.Host.GraphQL.WebSockets;

/// <summary>One operation on a socket, under the id its client chose. It ends once: whoever takes it from the list may speak its last word.</summary>
[SuppressMessage(
    "Design",
    "CA1001",
    Justification = "The source has neither timer nor wait handle; disposing it would race with a client's complete."
)]
internal sealed class WebSocketOperation(
    string id,
    WebSocketConnection connection,
    ResultSerializer serializer,
    Func<WebSocketOperation, bool> remove
) : IResultSink
{
    private readonly CancellationTokenSource _stopped = new();

    public string Id { get; } = id;

    public CancellationToken Stopped => _stopped.Token;

    /// <summary>The run, for the socket to await before it is gone.</summary>
    public Task Completion { get; set; } = Task.CompletedTask;

    public Task StopAsync() => _stopped.CancelAsync();

    public ValueTask NextAsync(ExecutionResult result, CancellationToken cancellationToken) =>
        connection.SendAsync(ServerMessages.Next(Id, result, serializer), cancellationToken);

    public ValueTask CompleteAsync() => EndWithAsync(ServerMessages.Complete(Id));

    public ValueTask FailAsync(ExecutionErrors errors) => EndWithAsync(ServerMessages.Error(Id, errors, serializer));

    /// <summary>Leaves the list first: the client may use the id again as soon as it reads this.</summary>
    private ValueTask EndWithAsync(ReadOnlyMemory<byte> message) => remove(this) ? connection.SendAsync(message, Stopped) : default;
}
