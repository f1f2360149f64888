using System.Collections.Concurrent;
using Integrations.Contracts;
using NodaTime;

namespace PosModular.IntegrationTests.House;

/// <summary>Tills whose providers answer what a test wants.</summary>
internal sealed class PlayedTills : ITills
{
    public ConcurrentDictionary<Guid, Till> Connected { get; } = new();
    public ConcurrentDictionary<string, PosOrder> Orders { get; } = new();
    public ConcurrentQueue<IReadOnlyList<string>> Asked { get; } = new();

    /// <summary>While it is set, no question is answered.</summary>
    public FetchFault? Fault { get; set; }

    public Task<IReadOnlyList<PolledTill>> ConnectedAsync(CancellationToken ct) =>
        Task.FromResult<IReadOnlyList<PolledTill>>([.. Connected.Values.Select(t => new PolledTill(t, false, Duration.FromMinutes(15), Instant.FromUnixTimeSeconds(0)))]);

    public ValueTask<Till?> FindAsync(Guid connectionId, CancellationToken ct) => ValueTask.FromResult(Connected.GetValueOrDefault(connectionId));

    public IReadOnlyList<string> Streams(Provider provider, bool first) => [];

    public Duration LongestSpan(Provider provider) => Duration.FromDays(30);

    public Task<Fetched<PosPage>> FetchPageAsync(Guid connectionId, PageRequest request, CancellationToken ct) => throw new NotSupportedException();

    public Task<Fetched<IReadOnlyList<PosOrder>>> FetchOrdersAsync(Guid connectionId, IReadOnlyList<string> orderIds, CancellationToken ct)
    {
        Asked.Enqueue(orderIds);
        return Task.FromResult(Fault is { } fault ? fault : Fetched.Of<IReadOnlyList<PosOrder>>([.. orderIds.Select(id => Orders.GetValueOrDefault(id)).OfType<PosOrder>()]));
    }
}
