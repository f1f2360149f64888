using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using NodaTime;
using Npgsql;
using PosModular.Kernel.Data;
using PosModular.Kernel.Time;

namespace Integrations.OutgoingWebhooks;

/// <summary>Deletes deliveries once they are old, in small batches and on one host at a time: finished ones, and those that wait for an
/// endpoint that is disabled.</summary>
internal sealed partial class DeliveryRetention(
    NpgsqlDataSource database,
    IntegrationsSettings settings,
    IClock clock,
    TimeProvider time,
    ILogger<DeliveryRetention> log
) : BackgroundService
{
    private const long AdvisoryLockKey = 0x706f736d_64656c69; // "posmdeli"
    private const int DeleteBatchSize = 500;
    private static readonly TimeSpan PauseBetweenBatches = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan RunInterval = TimeSpan.FromHours(1);

    // Ids sort by time, so the primary key finds the oldest.
    private const string DeleteSql = """
        delete from integrations.webhook_deliveries d using (
          select d.id from integrations.webhook_deliveries d
          where d.id < $3 and d.created_at < $1 and (d.status <> 0 or not exists (
            select from integrations.webhook_endpoints e where e.id = d.endpoint_id and e.enabled))
          order by d.id limit $2 for update skip locked) old
        where d.id = old.id
        """;

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

    /// <summary>Returns how many deliveries were deleted; 0 when another host is deleting.</summary>
    public async Task<int> DeleteExpiredAsync(CancellationToken cancellationToken)
    {
        if (settings.DeliveryRetention is not { } retention)
            return 0;
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        if (!await CallLockFunctionAsync("select pg_try_advisory_lock($1)", connection, cancellationToken))
            return 0;
        try
        {
            var (before, deleted, deletedRows) = (clock.Now() - retention, 0, 0);
            do
            {
                await using var delete = new NpgsqlCommand(DeleteSql, connection).AddValues(before, (long)DeleteBatchSize, before.NewId());
                deleted += deletedRows = await delete.ExecuteNonQueryAsync(cancellationToken);
                if (deletedRows > 0)
                    await time.DelayAsync(PauseBetweenBatches, cancellationToken);
            } while (deletedRows == DeleteBatchSize);
            return deleted;
        }
        finally
        {
            await CallLockFunctionAsync("select pg_advisory_unlock($1)", connection, CancellationToken.None);
        }
    }

    private static async Task<bool> CallLockFunctionAsync(string sql, NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(sql, connection).AddValues(AdvisoryLockKey);
        return (bool)(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    [LoggerMessage(LogLevel.Warning, "Not all old deliveries could be deleted; the next run, in an hour, continues: {Reason}")]
    private static partial void LogFailed(ILogger log, string reason);
}
