using System.Runtime.ExceptionServices;
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

/// <summary>Selects the events to replay. A condition that is null selects all.</summary>
internal sealed record ReplaySelection(Guid[]? Ids, WebhookEventStatus[]? Statuses, Instant? From, Instant? To);

/// <summary>Reads stored events again, page by page in the order in which they arrived. Their facts go through the same writer as if they
/// came now, and each event's new status is written in the same commit.</summary>
internal sealed class EventReplay(
    IDbContextFactory<IngestionDb> dbFactory,
    IWebhookVerifier verifier,
    Func<BatchWriter> writers,
    IClock clock,
    TimeProvider time
)
{
    private const int MaxEventsPerPage = 512;
    private const long MaxBytesPerPage = 16 * 1024 * 1024;
    private const int MaxAttempts = 5;
    private static readonly TimeSpan RetryDelay = TimeSpan.FromMilliseconds(200);

    // An unrouted event may have come on the connection's own route too. It would be there twice then, so the venue's own row stays.
    private const string UpdateEventsSql = """
        update ingestion.webhook_events e set
          venue_id = u.venue_id, connection_id = u.connection_id, status = u.status, reason = u.reason, attempts = e.attempts + 1
        from unnest($1::uuid[], $2::text[], $3::text[], $4::uuid[], $5::smallint[], $6::text[])
          u(id, old_venue_id, venue_id, connection_id, status, reason)
        where e.venue_id = u.old_venue_id and e.id = u.id and (u.old_venue_id = u.venue_id or not exists (
          select from ingestion.webhook_events x
          where x.venue_id = u.venue_id and x.connection_id = u.connection_id and x.event_id = e.event_id and x.type = e.type))
        """;

    private const string DeleteMovedSql = "delete from ingestion.webhook_events where venue_id = '' and id = any($1::uuid[])";

    /// <summary>Returns how many events were replayed and, when the database refused a whole page, why: the table has changed then, and
    /// the rest is left as it is.</summary>
    public async Task<(int Replayed, string? Refusal)> RunAsync(
        string venueId,
        ReplaySelection selection,
        CancellationToken cancellationToken
    )
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
            // Bodies may be large, so their total size limits the page too.
            var (ids, bytes) = (new List<Guid>(), 0L);
            foreach (var next in page.TakeWhile(next => ids.Count == 0 || (bytes += next.Size) <= MaxBytesPerPage))
                ids.Add(next.Id);
            if (ids.Count == 0)
                return (replayed, null);
            var rows = await Matching(db, venueId, selection)
                .Where(e => ids.Contains(e.Id))
                .OrderBy(e => e.Id)
                .ToListAsync(cancellationToken);
            var read = (await Task.WhenAll(rows.Select(row => ReadAsync(row, venueId, cancellationToken))))
                .OfType<ReplayedEvent>()
                .ToArray();
            var (written, refusal) = await WriteAsync(writer, venueId, read, cancellationToken);
            (last, replayed) = (ids[^1], replayed + written);
            if (refusal is not null)
                return (replayed, refusal);
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

    // Returns null for an unrouted event that does not belong to this venue.
    private async Task<ReplayedEvent?> ReadAsync(WebhookEventRow row, string venueId, CancellationToken cancellationToken)
    {
        var admission = await verifier.TranslateAgainAsync(
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
            (status, reason) = (WebhookEventStatus.Ignored, "Its connection now belongs to another venue.");
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

    // Returns how many events were written, and why the database refused the others. Those stay as they were.
    private async Task<(int Written, string? Refusal)> WriteAsync(
        BatchWriter writer,
        string venueId,
        IReadOnlyList<ReplayedEvent> events,
        CancellationToken cancellationToken
    )
    {
        var written = 0;
        for (var attempt = 1; events.Count > 0; attempt++)
        {
            var retries = new List<WriteOutcome<ReplayedEvent>>();
            var outcomes = IsolatingWriter.WriteAsync(
                events,
                _ => venueId,
                part => WriteTogetherAsync(writer, venueId, part, cancellationToken),
                cancellationToken
            );
            await foreach (var outcome in outcomes)
            {
                if (outcome.Status == WriteStatus.Retry)
                {
                    retries.Add(outcome);
                    continue;
                }
                if (outcome.Status == WriteStatus.Rejected)
                    await WriteTogetherAsync(writer, venueId, [outcome.Item.ToFailed(outcome.Reason)], cancellationToken);
                written++;
            }
            if (retries.FirstOrDefault(r => r.IsRefused) is { Error: not null } refused)
                return (written, refused.Reason);
            if (retries.Count > 0 && attempt == MaxAttempts)
                ExceptionDispatchInfo.Throw(retries[0].Error!);
            if (retries.Count > 0)
                await time.DelayAsync(RetryDelay, cancellationToken);
            events = [.. retries.Select(r => r.Item)];
        }
        return (written, null);
    }

    // The venue's feed is locked even if no event counts, so that two replays do not wait for each other's rows in different orders.
    private static Task<BatchResult> WriteTogetherAsync(
        BatchWriter writer,
        string venueId,
        IReadOnlyList<ReplayedEvent> events,
        CancellationToken cancellationToken
    ) =>
        writer.WriteAsync(
            [new BatchItem { VenueId = venueId }, .. events.Select(e => e.Item).OfType<BatchItem>()],
            cancellationToken,
            (connection, _, token) => UpdateEventsAsync(connection, venueId, events, token)
        );

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

    /// <summary>An event and what becomes of it now.</summary>
    private sealed record ReplayedEvent(WebhookEventRow Row, Guid ConnectionId, WebhookEventStatus Status, string? Reason, BatchItem? Item)
    {
        public ReplayedEvent ToFailed(string reason) =>
            this with
            {
                Item = null,
                Status = WebhookEventStatus.Failed,
                Reason = "It could not be stored: " + reason,
            };
    }
}
