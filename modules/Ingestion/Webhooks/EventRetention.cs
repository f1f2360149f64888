using System.Buffers.Binary;
using Ingestion.Orders;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using NodaTime;
using Npgsql;
using PosModular.Kernel.Data;
using PosModular.Kernel.Time;

namespace Ingestion.Webhooks;

/// <summary>Deletes raw webhook events once they are old, in small batches and on one host at a time. The transactions stay.</summary>
internal sealed partial class EventRetention(
    NpgsqlDataSource database,
    IngestionSettings settings,
    OrderFetchQueue orderFetches,
    IClock clock,
    TimeProvider time,
    ILogger<EventRetention> log
) : BackgroundService
{
    private const long AdvisoryLockKey = 0x706f736d_6576656e; // "posmeven"
    private const int DeleteBatchSize = 500;
    private static readonly TimeSpan PauseBetweenBatches = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan RunInterval = TimeSpan.FromHours(1);
    private static readonly Duration OrderFetchMaxAge = Duration.FromDays(3);

    // Ids sort by time and have an index, so received_at needs none. Rows that are locked are left for the next run.
    private const string DeleteSql = """
        delete from ingestion.webhook_events e using (
          select venue_id, id from ingestion.webhook_events where venue_id = $1 and id < $2 and received_at < $3
          order by id limit $4 for update skip locked) old
        where e.venue_id = old.venue_id and e.id = old.id
        """;

    private const string SelectVenuesSql = "select venue_id from ingestion.feed_heads union all select '' order by 1";

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await DeleteExpiredAsync(stoppingToken);
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                LogFailed(log, e.Message);
            }
            await time.DelayAsync(RunInterval, stoppingToken);
        }
    }

    /// <summary>Returns how many events were deleted; 0 when another host is deleting.</summary>
    public async Task<int> DeleteExpiredAsync(CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        if (!await CallLockFunctionAsync("select pg_try_advisory_lock($1)", connection, cancellationToken))
            return 0;
        try
        {
            await orderFetches.DeleteExpiredAsync(clock.Now() - OrderFetchMaxAge, cancellationToken);
            if (settings.WebhookEventRetention is not { } retention)
                return 0;
            var (before, deleted) = (clock.Now() - retention, 0);
            foreach (var venue in await SelectVenuesSqlAsync(connection, cancellationToken))
            {
                int deletedRows;
                do
                {
                    await using var delete = new NpgsqlCommand(DeleteSql, connection).AddValues(
                        venue,
                        FirstIdOf(before),
                        before,
                        (long)DeleteBatchSize
                    );
                    deleted += deletedRows = await delete.ExecuteNonQueryAsync(cancellationToken);
                    if (deletedRows > 0)
                        await time.DelayAsync(PauseBetweenBatches, cancellationToken);
                } while (deletedRows == DeleteBatchSize);
            }
            return deleted;
        }
        finally
        {
            await CallLockFunctionAsync("select pg_advisory_unlock($1)", connection, CancellationToken.None);
        }
    }

    /// <summary>No version-7 UUID of that millisecond or later is smaller (RFC 9562 §5.7: the first 48 bits are the time).</summary>
    private static Guid FirstIdOf(Instant at)
    {
        Span<byte> bytes = stackalloc byte[16];
        BinaryPrimitives.WriteInt64BigEndian(bytes, (at.ToUnixTimeMilliseconds() + 1) << 16);
        return new Guid(bytes, bigEndian: true);
    }

    private static async Task<IReadOnlyList<string>> SelectVenuesSqlAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(SelectVenuesSql, connection);
        await using var rows = await command.ExecuteReaderAsync(cancellationToken);
        var venues = new List<string>();
        while (await rows.ReadAsync(cancellationToken))
            venues.Add(rows.GetString(0));
        return venues;
    }

    private static async Task<bool> CallLockFunctionAsync(string sql, NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(sql, connection).AddValues(AdvisoryLockKey);
        return (bool)(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    [LoggerMessage(LogLevel.Warning, "Not all old webhook events could be deleted; the next run, in an hour, continues: {Reason}")]
    private static partial void LogFailed(ILogger log, string reason);
}
