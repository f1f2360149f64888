using GraphQL;

namespace PosModular.Host.GraphQL;

/// <summary>
/// Where an operation's results go: a WebSocket or an event stream. Each call returns when the result is on the wire,
/// which is what holds back the enumeration of a subscription.
/// </summary>
internal interface IAnswer
{
    ValueTask Next(ExecutionResult result, CancellationToken cancellation);

    ValueTask Complete();

    /// <summary>The operation never began, or its event stream broke. Ends the answer; no Complete follows.</summary>
    ValueTask Fail(ExecutionErrors errors);
}
