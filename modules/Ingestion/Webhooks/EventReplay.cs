using Ingestion.Ledger;
using Ingestion.Transactions;
using Integrations.Contracts;
using Microsoft.EntityFrameworkCore;
using NodaTime;
using Npgsql;
using NpgsqlTypes;
using PosModular.Kernel.Data;
using PosModular.Kernel.Time;

namespace Ingestion.Webhooks;

/// <summary>Which events are read again; null conditions hold for all.</summary>
internal sealed record ReplayedEvents(Guid[]? Ids, WebhookEventStatus[]? Statuses, Instant? From, Instant? To);

/// <summary>Reads stored events again, page by page in the order they came: what they tell goes through the same writer as if it came now, and what has
/// become of each event is written in the same commit.</summary>
internal sealed class EventReplay(
    IDbContextFactory<IngestionDb> dbs,
    IWebhookGate gate,
    Func<BatchWriter> writers,
    IClock clock,
    TimeProvider time
)
{
    private const int MostEvents = 512;
    private const long MostBytes = 16 * 1024 * 1024;
    private const int MostTries = 5;
    private static readonly TimeSpan Breath = TimeSpan.FromMilliseconds(200);

    // An unrouted event that came by another path too is there twice then: the venue's own stays.
    private const string Move = """
        update ingestion.webhook_events e set venue_id = u.venue_id, connection_id = u.connection_id, status = u.status, reason = u.reason, attempts = e.attempts + 1
        from unnest($1::uuid[], $2::text[], $3::text[], $4::uuid[], $5::smallint[], $6::text[]) u(id, old_venue_id, venue_id, connection_id, status, reason)
        where e.venue_id = u.old_venue_id and e.id = u.id and (u.old_venue_id = u.venue_id or not exists (
          select from ingestion.webhook_events x
          where x.venue_id = u.venue_id and x.connection_id = u.connection_id and x.event_id = e.event_id and x.type = e.type))
        """;

    private const string Drop = "delete from ingestion.webhook_events where venue_id = '' and id = any($1::uuid[])";

    /// <summary>How many were read again.</summary>
    public async Task<int> RunAsync(string venueId, ReplayedEvents which, CancellationToken cancellationToken)
    {
        await using var writer = writers();
        var (last, end, replayed) = (Guid.Empty, clock.Now().NewId(), 0);
        while (true)
        {
            await using var db = await dbs.CreateDbContextAsync(cancellationToken);
            var page = await Matching(db, venueId, which)
                .Where(e => e.Id > last && e.Id < end)
                .OrderBy(e => e.Id)
                .Take(MostEvents)
                .Select(e => new { e.Id, Size = e.Payload.Length })
                .ToListAsync(cancellationToken);
            // Bodies may be large: only so many at once.
            var (ids, bytes) = (new List<Guid>(), 0L);
            foreach (var next in page.TakeWhile(next => ids.Count == 0 || (bytes += next.Size) <= MostBytes))
                ids.Add(next.Id);
            if (ids.Count == 0)
                return replayed;
            var rows = await Matching(db, venueId, which).Where(e => ids.Contains(e.Id)).OrderBy(e => e.Id).ToListAsync(cancellationToken);
            var read = (await Task.WhenAll(rows.Select(row => ReadAsync(row, venueId, cancellationToken)))).OfType<ReadAgain>().ToArray();
            await WriteAsync(writer, venueId, read, cancellationToken);
            (last, replayed) = (ids[^1], replayed + read.Length);
        }
    }

    private static IQueryable<WebhookEventRow> Matching(IngestionDb db, string venueId, ReplayedEvents which)
    {
        var events = db.WebhookEvents.AsNoTracking();
        events = which.Ids is { } ids
            ? events.Where(e => (e.VenueId == venueId || e.VenueId == WebhookEventRow.Unrouted) && ids.Contains(e.Id))
            : events.Where(e => e.VenueId == venueId);
        if (which.Statuses is { } statuses)
            events = events.Where(e => statuses.Contains(e.Status));
        if (which.From is { } from)
            events = events.Where(e => e.ReceivedAt >= from);
        if (which.To is { } to)
            events = events.Where(e => e.ReceivedAt < to);
        return events;
    }

    // Null for an unrouted event that is not this venue's.
    private async Task<ReadAgain?> ReadAsync(WebhookEventRow row, string venueId, CancellationToken cancellationToken)
    {
        var admission = await gate.ReadAgainAsync(
            row.Provider,
            row.ConnectionId == Guid.Empty ? null : row.ConnectionId,
            row.Payload,
            cancellationToken
        );
        var till = admission.Till;
        if (row.VenueId == WebhookEventRow.Unrouted && till?.VenueId != venueId)
            return null;
        var (status, reason) = WebhookEventRow.Judge(admission);
        if (status == WebhookEventStatus.Processed && till?.VenueId != venueId)
            (status, reason) = (WebhookEventStatus.Ignored, "Its till belongs to another venue by now.");
        return new ReadAgain(
            row,
            row.VenueId == WebhookEventRow.Unrouted ? till!.ConnectionId : row.ConnectionId,
            status,
            reason,
            status == WebhookEventStatus.Processed ? Intake.Of(till!, admission.Event!.Facts!, Cause.Recovery, row.EventId) : null
        );
    }

    private async Task WriteAsync(BatchWriter writer, string venueId, IReadOnlyList<ReadAgain> read, CancellationToken cancellationToken)
    {
        for (var tries = 1; read.Count > 0; tries++)
        {
            try
            {
                // The venue is locked also where nothing counts, so that two replays do not wait for each other's rows.
                await writer.WriteAsync(
                    [new Intake { VenueId = venueId }, .. read.Select(r => r.Intake).OfType<Intake>()],
                    cancellationToken,
                    (connection, _, token) => KeepAsync(connection, venueId, read, token)
                );
                return;
            }
            catch (Exception e) when (e.IsTransient() && tries < MostTries)
            {
                await time.DelayAsync(Breath, cancellationToken);
            }
            catch (Exception e) when (e.IsDataError() && read.Count > 1)
            {
                await WriteAsync(writer, venueId, [.. read.Take(read.Count / 2)], cancellationToken);
                read = [.. read.Skip(read.Count / 2)];
                tries = 0;
            }
            catch (Exception e) when (e.IsDataError() && read[0].Intake is not null)
            {
                read =
                [
                    read[0] with
                    {
                        Intake = null,
                        Status = WebhookEventStatus.Failed,
                        Reason = "It could not be saved: " + ((e as PostgresException)?.MessageText ?? e.GetType().Name),
                    },
                ];
            }
        }
    }

    private static async Task KeepAsync(
        NpgsqlConnection connection,
        string venueId,
        IReadOnlyList<ReadAgain> read,
        CancellationToken cancellationToken
    )
    {
        await using var batch = new NpgsqlBatch(connection);
        var move = new NpgsqlBatchCommand(Move);
        Add(move, NpgsqlDbType.Uuid, read.Select(r => r.Row.Id).ToArray());
        Add(move, NpgsqlDbType.Text, read.Select(r => r.Row.VenueId).ToArray());
        Add(move, NpgsqlDbType.Text, read.Select(_ => venueId).ToArray());
        Add(move, NpgsqlDbType.Uuid, read.Select(r => r.ConnectionId).ToArray());
        Add(move, NpgsqlDbType.Smallint, read.Select(r => (short)r.Status).ToArray());
        Add(move, NpgsqlDbType.Text, read.Select(r => r.Reason).ToArray());
        batch.BatchCommands.Add(move);
        if (read.Any(r => r.Row.VenueId == WebhookEventRow.Unrouted))
        {
            var drop = new NpgsqlBatchCommand(Drop);
            Add(drop, NpgsqlDbType.Uuid, read.Where(r => r.Row.VenueId == WebhookEventRow.Unrouted).Select(r => r.Row.Id).ToArray());
            batch.BatchCommands.Add(drop);
        }
        await batch.ExecuteNonQueryAsync(cancellationToken);

        static void Add(NpgsqlBatchCommand command, NpgsqlDbType type, Array values) =>
            command.Parameters.Add(new NpgsqlParameter { NpgsqlDbType = NpgsqlDbType.Array | type, Value = values });
    }

    /// <summary>An event and what it comes to now.</summary>
    private sealed record ReadAgain(WebhookEventRow Row, Guid ConnectionId, WebhookEventStatus Status, string? Reason, Intake? Intake);
}
