using Ingestion.Contracts;
using Ingestion.Webhooks;
using NodaTime;
using Npgsql;
using PosModular.Kernel;
using PosModular.Kernel.Feed;

namespace Ingestion.Ledger;

/// <summary>Something to be taken in: a raw event, what it shows of a payment, or both.</summary>
internal sealed record Intake(WebhookEventRow Event, Sighting? Sighting);

/// <summary>Writes a batch of anything that shows payments in one commit under the feed locks of its venues: raw events, transactions, versions
/// (the feed). Two round trips. Not for two callers at once: each has its own.</summary>
internal sealed class BatchWriter(NpgsqlDataSource database, FeedBell bell, IClock clock, PlanRefresh plans) : IAsyncDisposable
{
    private readonly HashSet<string> _heads = [];
    private LedgerSession? _session;

    /// <summary>When it returns, everything is durable. When it throws, nothing is in, unless the commit's answer was lost: the same again is
    /// then told apart by the stored events.</summary>
    public async Task WriteAsync(IReadOnlyList<Intake> batch, CancellationToken ct)
    {
        try
        {
            var folded = await TryWriteAsync(batch, ct);
            if (folded.Versions.Count > 0)
                bell.Ring(TransactionsChanged.Feed, folded.Versions.Select(v => v.State.Key.VenueId).ToHashSet());
            plans.Grew(folded.Inserted.Count);
        }
        catch
        {
            var broken = _session;
            _session = null;
            _heads.Clear();
            if (broken is not null)
                await broken.DisposeAsync();
            throw;
        }
    }

    private async Task<Folded> TryWriteAsync(IReadOnlyList<Intake> batch, CancellationToken ct)
    {
        var session = _session ??= await LedgerSession.OpenAsync(database, ct);
        var venues = batch.Select(i => i.Event.VenueId).Where(v => v != WebhookEventRow.Unrouted).Distinct().ToArray();
        if (!_heads.IsSupersetOf(venues))
        {
            await session.OpenHeadsAsync(venues, ct);
            _heads.UnionWith(venues);
        }
        // One row an event, however often it was sent at once.
        var unique = batch.DistinctBy(i => (i.Event.VenueId, i.Event.ConnectionId, i.Event.EventId)).ToArray();
        var sightings = unique.Select(i => i.Sighting).OfType<Sighting>().ToArray();
        var read = await session.ReadAsync(
            venues,
            [.. unique.Select(i => i.Event)],
            [.. sightings.Select(s => s.Key).Distinct()],
            [.. sightings.Where(s => s.CardToken is not null).Select(s => (s.Key.VenueId, s.CardToken!)).Distinct()],
            ct);
        if (read.Heads.Count != venues.Length)
            throw new InvalidOperationException("A feed head is gone: the database was changed under us.");

        var now = clock.Now();
        var news = unique.Where(i => i.Sighting is not null && read.NewEvents.Contains(i.Event.Id)).Select(i => i.Sighting!);
        var folded = Fold.Apply(read.Sales, read.Heads, news, (venue, card) => read.Links.GetValueOrDefault((venue, card)), now);
        await session.WriteAsync(folded, now, ct);
        return folded;
    }

    public async ValueTask DisposeAsync()
    {
        if (_session is not null)
            await _session.DisposeAsync();
    }
}
