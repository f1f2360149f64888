using GraphQL;

namespace PosModular.Host.GraphQL.Execution;

/// <summary>
/// Receives the results of an operation and sends them over a WebSocket or an event stream. Each call returns when the result has been
/// sent, which limits the speed of a subscription to that of its client.
/// </summary>
internal interface IResultSink
{
    /// <param name="result">The result as JSON.</param>
    /// <param name="cancellationToken">Cancels the wait for earlier messages.</param>
    ValueTask NextAsync(ReadOnlyMemory<byte> result, CancellationToken cancellationToken);

    ValueTask CompleteAsync();

    /// <summary>Reports that the operation did not start or that its event stream failed. No call of CompleteAsync follows.</summary>
    ValueTask FailAsync(ExecutionErrors errors);
}
