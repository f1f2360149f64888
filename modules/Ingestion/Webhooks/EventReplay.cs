using Ingestion.Ledger;
using Ingestion.Transactions;
using Integrations.Contracts.Webhooks;
using Microsoft.EntityFrameworkCore;
using NodaTime;
using Npgsql;
using NpgsqlTypes;
using PosModular.Kernel.Data;
using PosModular.Kernel.Time;

namespace Ingestion.Webhooks;

/// <summary>Which events are read again; null conditions hold for all.</summary>
internal sealed record ReplaySelection(Guid[]? Ids, WebhookEventStatus[]? Statuses, Instant? From, Instant? To);

/// <summary>Reads stored events again, page by page in the order they came: what they tell goes through the same writer as if it came now, and what has
/// become of each event is written in the same commit.</summary>
internal sealed class EventReplay(
    IDbContextFactory<IngestionDb> dbFactory,
    IWebhookVerifier gate,
    Func<BatchWriter> writers,
    IClock clock,
    TimeProvider time
)
{
    private const int MaxEventsPerPage = 512;
    private const long MaxBytesPerPage = 16 * 1024 * 1024;
    private const int MaxAttempts = 5;
    private static readonly TimeSpan RetryDelay = TimeSpan.FromMilliseconds(200);

    // An unrouted event that came by another path too is there twice then: the venue's own stays.
    private const string UpdateEventsSql = """
        update ingestion.webhook_events e set venue_id = u.venue_id, connection_id = u.connection_id, status = u.status, reason = u.reason, attempts = e.attempts + 1
        from unnest($1::uuid[], $2::text[], $3::text[], $4::uuid[], $5::smallint[], $6::text[]) u(id, old_venue_id, venue_id, connection_id, status, reason)
        where e.venue_id = u.old_venue_id and e.id = u.id and (u.old_venue_id = u.venue_id or not exists (
          select from ingestion.webhook_events x
          where x.venue_id = u.venue_id and x.connection_id = u.connection_id and x.event_id = e.event_id and x.type = e.type))
        """;

    private const string DeleteMovedSql = "delete from ingestion.webhook_events where venue_id = '' and id = any($1::uuid[])";

    /// <summary>How many were read again.</summary>
    public async Task<int> RunAsync(string venueId, ReplaySelection selection, CancellationToken cancellationToken)
    {
        await using var writer = writers();
        var (last, end, replayed) = (Guid.Empty, clock.Now().NewId(), 0);
        while (true)
        {
            await using var db = await dbFactory.CreateDbContextAsync(cancellationToken);
            var page = await Matching(db, venueId, selection)
                .Where(e => e.Id > last && e.Id < end)
                .OrderBy(e => e.Id)
                .Take(MaxEventsPerPage)
                .Select(e => new { e.Id, Size = e.Payload.Length })
                .ToListAsync(cancellationToken);
            // Bodies may be large: only so many at once.
            var (ids, bytes) = (new List<Guid>(), 0L);
            foreach (var next in page.TakeWhile(next => ids.Count == 0 || (bytes += next.Size) <= MaxBytesPerPage))
                ids.Add(next.Id);
            if (ids.Count == 0)
                return replayed;
            var rows = await Matching(db, venueId, selection)
                .Where(e => ids.Contains(e.Id))
                .OrderBy(e => e.Id)
                .ToListAsync(cancellationToken);
            var read = (await Task.WhenAll(rows.Select(row => ReadAsync(row, venueId, cancellationToken))))
                .OfType<ReplayedEvent>()
                .ToArray();
            await WriteAsync(writer, venueId, read, cancellationToken);
            (last, replayed) = (ids[^1], replayed + read.Length);
        }
    }

    private static IQueryable<WebhookEventRow> Matching(IngestionDb db, string venueId, ReplaySelection selection)
    {
        var events = db.WebhookEvents.AsNoTracking();
        events = selection.Ids is { } ids
            ? events.Where(e => (e.VenueId == venueId || e.VenueId == WebhookEventRow.UnroutedVenueId) && ids.Contains(e.Id))
            : events.Where(e => e.VenueId == venueId);
        if (selection.Statuses is { } statuses)
            events = events.Where(e => statuses.Contains(e.Status));
        if (selection.From is { } from)
            events = events.Where(e => e.ReceivedAt >= from);
        if (selection.To is { } to)
            events = events.Where(e => e.ReceivedAt < to);
        return events;
    }

    // Null for an unrouted event that is not this venue's.
    private async Task<ReplayedEvent?> ReadAsync(WebhookEventRow row, string venueId, CancellationToken cancellationToken)
    {
        var admission = await gate.TranslateAgainAsync(
            row.Provider,
            row.ConnectionId == Guid.Empty ? null : row.ConnectionId,
            row.Payload,
            cancellationToken
        );
        var connection = admission.Connection;
        if (row.VenueId == WebhookEventRow.UnroutedVenueId && connection?.VenueId != venueId)
            return null;
        var (status, reason) = WebhookEventRow.Evaluate(admission);
        if (status == WebhookEventStatus.Processed && connection?.VenueId != venueId)
            (status, reason) = (WebhookEventStatus.Ignored, "Its till belongs to another venue by now.");
        return new ReplayedEvent(
            row,
            row.VenueId == WebhookEventRow.UnroutedVenueId ? connection!.ConnectionId : row.ConnectionId,
            status,
            reason,
            status == WebhookEventStatus.Processed
                ? BatchItem.Of(connection!, admission.Event!.Observations!, VersionCause.Recovery, row.EventId)
                : null
        );
    }

    private async Task WriteAsync(
        BatchWriter writer,
        string venueId,
        IReadOnlyList<ReplayedEvent> events,
        CancellationToken cancellationToken
    )
    {
        for (var attempt = 1; events.Count > 0; attempt++)
        {
            try
            {
                // The venue is locked also where nothing counts, so that two replays do not wait for each other's rows.
                await writer.WriteAsync(
                    [new BatchItem { VenueId = venueId }, .. events.Select(r => r.Item).OfType<BatchItem>()],
                    cancellationToken,
                    (connection, _, token) => UpdateEventsAsync(connection, venueId, events, token)
                );
                return;
            }
            catch (Exception e) when (e.IsTransient() && attempt < MaxAttempts)
            {
                await time.DelayAsync(RetryDelay, cancellationToken);
            }
            catch (Exception e) when (e.IsDataError() && events.Count > 1)
            {
                await WriteAsync(writer, venueId, [.. events.Take(events.Count / 2)], cancellationToken);
                events = [.. events.Skip(events.Count / 2)];
                attempt = 0;
            }
            catch (Exception e) when (e.IsDataError() && events[0].Item is not null)
            {
                events =
                [
                    events[0] with
                    {
                        Item = null,
                        Status = WebhookEventStatus.Failed,
                        Reason = "It could not be saved: " + ((e as PostgresException)?.MessageText ?? e.GetType().Name),
                    },
                ];
            }
        }
    }

    private static async Task UpdateEventsAsync(
        NpgsqlConnection connection,
        string venueId,
        IReadOnlyList<ReplayedEvent> events,
        CancellationToken cancellationToken
    )
    {
        await using var batch = new NpgsqlBatch(connection).AddCommand(
            UpdateEventsSql,
            events.Select(r => r.Row.Id).ToArray(),
            events.Select(r => r.Row.VenueId).ToArray(),
            events.Select(_ => venueId).ToArray(),
            events.Select(r => r.ConnectionId).ToArray(),
            events.Select(r => (short)r.Status).ToArray(),
            SqlParameters.NullableArray(NpgsqlDbType.Text, events.Select(r => r.Reason).ToArray())
        );
        var unrouted = events.Where(r => r.Row.VenueId == WebhookEventRow.UnroutedVenueId).Select(r => r.Row.Id).ToArray();
        if (unrouted.Length > 0)
            batch.AddCommand(DeleteMovedSql, [unrouted]);
        await batch.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>An event and what it comes to now.</summary>
    private sealed record ReplayedEvent(WebhookEventRow Row, Guid ConnectionId, WebhookEventStatus Status, string? Reason, BatchItem? Item);
}
