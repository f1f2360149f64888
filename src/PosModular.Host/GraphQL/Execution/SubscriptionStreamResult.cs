using GraphQL;

namespace PosModular.Host.GraphQL.Execution;

/// <summary>
/// The result of a subscription that has started: its events, each a complete result as JSON, which are fetched on demand. They can be
/// enumerated once.
/// </summary>
internal sealed class SubscriptionStreamResult(IAsyncEnumerable<ReadOnlyMemory<byte>> events) : ExecutionResult
{
    public IAsyncEnumerable<ReadOnlyMemory<byte>> Events { get; } = events;
}
