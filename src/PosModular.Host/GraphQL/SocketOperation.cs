using System.Diagnostics.CodeAnalysis;
using GraphQL;

namespace PosModular.Host.GraphQL;

/// <summary>One operation on a socket, under the id its client chose. It ends once: whoever takes it from the list may speak its last word.</summary>
[SuppressMessage("Design", "CA1001", Justification = "The source has neither timer nor wait handle; disposing it would race with a client's complete.")]
internal sealed class SocketOperation(string id, SocketLine line, ResultJson json, Func<SocketOperation, bool> leave) : IAnswer
{
    private readonly CancellationTokenSource stopped = new();

    public string Id { get; } = id;

    public CancellationToken Stopped => stopped.Token;

    /// <summary>The run, for the socket to await before it is gone.</summary>
    public Task Running { get; set; } = Task.CompletedTask;

    public Task Stop() => stopped.CancelAsync();

    public ValueTask Next(ExecutionResult result, CancellationToken cancellation) => line.Send(SocketText.Next(Id, result, json), cancellation);

    public ValueTask Complete() => Last(SocketText.Complete(Id));

    public ValueTask Fail(ExecutionErrors errors) => Last(SocketText.Error(Id, errors, json));

    /// <summary>Leaves the list first: the client may use the id again as soon as it reads this.</summary>
    private ValueTask Last(ReadOnlyMemory<byte> message) => leave(this) ? line.Send(message, Stopped) : default;
}
