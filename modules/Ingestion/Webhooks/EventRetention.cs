using System.Buffers.Binary;
using Ingestion.Orders;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using NodaTime;
using Npgsql;
using PosModular.Kernel.Time;

namespace Ingestion.Webhooks;

/// <summary>Deletes raw events once they are old, in small steps, on one host at a time. The sales they told stay.</summary>
internal sealed partial class EventRetention(
    NpgsqlDataSource database,
    IngestionSettings settings,
    OrderQueue orders,
    IClock clock,
    TimeProvider time,
    ILogger<EventRetention> log
) : BackgroundService
{
    private const long AdvisoryLock = 0x706f736d_6576656e; // "posmeven"
    private const int Step = 500;
    private static readonly TimeSpan Breath = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan Round = TimeSpan.FromHours(1);
    private static readonly Duration OrdersFor = Duration.FromDays(3);

    // Ids sort by time and have an index, so that none by received_at is needed. What somebody holds is left for the next round.
    private const string Delete = """
        delete from ingestion.webhook_events e using (
          select venue_id, id from ingestion.webhook_events where venue_id = $1 and id < $2 and received_at < $3 order by id limit $4 for update skip locked) old
        where e.venue_id = old.venue_id and e.id = old.id
        """;

    private const string Venues = "select venue_id from ingestion.feed_heads union all select '' order by 1";

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await ForgetAsync(stoppingToken);
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                Unfinished(log, e.Message);
            }
            await time.DelayAsync(Round, stoppingToken);
        }
    }

    /// <summary>How many it has deleted; none when another host is at it.</summary>
    public async Task<int> ForgetAsync(CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        if (!await AskAsync("select pg_try_advisory_lock($1)", connection, cancellationToken))
            return 0;
        try
        {
            await orders.ForgetAsync(clock.Now() - OrdersFor, cancellationToken);
            if (settings.KeepEventsFor is not { } age)
                return 0;
            var (before, deleted) = (clock.Now() - age, 0);
            foreach (var venue in await VenuesAsync(connection, cancellationToken))
            {
                int step;
                do
                {
                    await using var delete = new NpgsqlCommand(Delete, connection)
                    {
                        Parameters =
                        {
                            new() { Value = venue },
                            new() { Value = FirstIdOf(before) },
                            new() { Value = before },
                            new() { Value = (long)Step },
                        },
                    };
                    deleted += step = await delete.ExecuteNonQueryAsync(cancellationToken);
                    if (step > 0)
                        await time.DelayAsync(Breath, cancellationToken);
                } while (step == Step);
            }
            return deleted;
        }
        finally
        {
            await AskAsync("select pg_advisory_unlock($1)", connection, CancellationToken.None);
        }
    }

    /// <summary>No version-7 UUID of that millisecond or later is smaller (RFC 9562 §5.7: the first 48 bits are the time).</summary>
    private static Guid FirstIdOf(Instant at)
    {
        Span<byte> bytes = stackalloc byte[16];
        BinaryPrimitives.WriteInt64BigEndian(bytes, (at.ToUnixTimeMilliseconds() + 1) << 16);
        return new Guid(bytes, bigEndian: true);
    }

    private static async Task<IReadOnlyList<string>> VenuesAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(Venues, connection);
        await using var rows = await command.ExecuteReaderAsync(cancellationToken);
        var venues = new List<string>();
        while (await rows.ReadAsync(cancellationToken))
            venues.Add(rows.GetString(0));
        return venues;
    }

    private static async Task<bool> AskAsync(string sql, NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(sql, connection) { Parameters = { new() { Value = AdvisoryLock } } };
        return (bool)(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    [LoggerMessage(LogLevel.Warning, "Old webhook events could not all be deleted; the next round goes on: {Reason}")]
    private static partial void Unfinished(ILogger log, string reason);
}
