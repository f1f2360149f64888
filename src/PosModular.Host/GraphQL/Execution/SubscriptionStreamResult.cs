using GraphQL;

namespace PosModular.Host.GraphQL.Execution;

/// <summary>
/// The answer to a subscription that began: its events, each the complete result for one value, fetched only when asked for.
/// Enumerated once.
/// </summary>
internal sealed class SubscriptionStreamResult(IAsyncEnumerable<ExecutionResult> events) : ExecutionResult
{
    public IAsyncEnumerable<ExecutionResult> Events { get; } = events;
}
