using GraphQL;

namespace PosModular.Host.GraphQL.Execution;

/// <summary>
/// Where an operation's results go: a WebSocket or an event stream. Each call returns when the result is on the wire,
/// which is what holds back the enumeration of a subscription.
/// </summary>
internal interface IResultSink
{
    ValueTask NextAsync(ExecutionResult result, CancellationToken cancellationToken);

    ValueTask CompleteAsync();

    /// <summary>The operation never began, or its event stream broke. Ends the answer; no Complete follows.</summary>
    ValueTask FailAsync(ExecutionErrors errors);
}
