using GraphQL;

namespace PosModular.Host.GraphQL.Execution;

/// <summary>
/// The result of a subscription that has started: its events, each a complete result, which are fetched on demand. They can be enumerated
/// once.
/// </summary>
internal sealed class SubscriptionStreamResult(IAsyncEnumerable<ExecutionResult> events) : ExecutionResult
{
    public IAsyncEnumerable<ExecutionResult> Events { get; } = events;
}
