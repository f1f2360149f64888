using System.Diagnostics.CodeAnalysis;
using Integrations.Contracts.Venues;
using Integrations.Webhooks;
using Microsoft.EntityFrameworkCore;
using NodaTime;
using PosModular.Kernel.Feed;
using PosModular.Kernel.Time;

namespace Integrations.Connections;

/// <summary>The connections of followed venues for live subscribers. The health of a connection is recorded without a sequence number, so
/// this host compares the connections with what it read last, once a second and at every signal, and numbers the changes
/// itself.</summary>
[SuppressMessage("Design", "CA1001", Justification = "A semaphore without a wait handle holds nothing that must be released.")]
internal sealed class LiveConnectionFeed(
    IDbContextFactory<IntegrationsDb> dbFactory,
    IVenues venues,
    IntegrationsSettings settings,
    WebhookStatistics statistics,
    IClock clock
) : ILiveFeed<IVenue, PosConnection>
{
    /// <summary>A position before every event. A subscriber who starts there first receives each connection as it is.</summary>
    public const long BeforeFirst = -1;

    // What was read earlier must not be compared later.
    private readonly SemaphoreSlim _reading = new(1);
    private readonly Dictionary<string, VenueState> _states = new(StringComparer.Ordinal);

    public string Name => ChangePublisher.ConnectionSource;

    public string VenueSignal => VenueChanged.Signal;

    public async Task<IReadOnlyDictionary<string, long>> ReadHeadsAsync(
        IReadOnlyCollection<string> venueIds,
        CancellationToken cancellationToken
    ) => (await CompareAsync(venueIds, cancellationToken)).ToDictionary(s => s.Key, s => s.Value.Seq);

    public async Task<LivePage<IVenue, PosConnection>> ReadAsync(
        string venueId,
        long keptAfter,
        long after,
        int limit,
        CancellationToken cancellationToken
    )
    {
        var events = (await CompareAsync([venueId], cancellationToken))[venueId].Events.Where(e => e.Seq > after).Take(limit).ToArray();
        return new(await venues.ReadAsync(venueId, cancellationToken), events);
    }

    public PosConnection Restate(PosConnection earlier, PosConnection later) => later;

    private async Task<Dictionary<string, VenueState>> CompareAsync(
        IReadOnlyCollection<string> venueIds,
        CancellationToken cancellationToken
    )
    {
        await _reading.WaitAsync(cancellationToken);
        try
        {
            await using var db = await dbFactory.CreateDbContextAsync(cancellationToken);
            var rows = await db
                .Connections.AsNoTracking()
                .Where(c => venueIds.Contains(c.VenueId))
                .OrderBy(c => c.Id)
                .ToListAsync(cancellationToken);
            var now = clock.Now();
            var read = rows.Select(c => PosConnection.Of(statistics.AddPendingTo(c), settings.SecretCipher, now)).ToLookup(c => c.VenueId);
            return venueIds.ToDictionary(
                id => id,
                id => _states[id] = _states.GetValueOrDefault(id, VenueState.Empty).CompareWith(read[id])
            );
        }
        finally
        {
            _reading.Release();
        }
    }

    /// <summary>A venue's connections, each with the number of its last change, in the order of these numbers.</summary>
    private sealed record VenueState(long Seq, IReadOnlyList<LiveEvent<PosConnection>> Events)
    {
        public static VenueState Empty { get; } = new(0, []);

        public VenueState CompareWith(IEnumerable<PosConnection> read)
        {
            var known = Events.ToDictionary(e => e.SubjectId);
            var seq = Seq;
            var events = read.Select(c =>
                    known.TryGetValue(c.Id, out var last) && last.Value == c ? last : new LiveEvent<PosConnection>(++seq, c.Id, c)
                )
                .ToArray();
            return seq == Seq ? this : new(seq, [.. events.OrderBy(e => e.Seq)]);
        }
    }
}
