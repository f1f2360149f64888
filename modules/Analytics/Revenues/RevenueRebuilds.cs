using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using NodaTime;
using Npgsql;
using PosModular.Kernel.Data;
using PosModular.Kernel.Time;

namespace Analytics.Revenues;

/// <summary>A venue whose totals are to be rebuilt from its transactions and refunds, for example because a new version keeps figures that
/// the one before did not.</summary>
internal sealed class RevenueRebuildRequest
{
    public required string VenueId { get; init; }

    /// <summary>When it is due, also while a host works on it.</summary>
    public Instant DueAt { get; init; }

    /// <summary>How often it is to be rebuilt again, each time a day later: hosts of the version before may add to the totals while hosts
    /// are updated one after the other.</summary>
    public short Repetitions { get; init; }

    public static void Map(EntityTypeBuilder<RevenueRebuildRequest> request) => request.ToTable("revenue_rebuilds").HasKey(r => r.VenueId);
}

/// <summary>Rebuilds the totals of venues for which it is requested, month by month.</summary>
internal sealed partial class RevenueRebuilds(
    NpgsqlDataSource database,
    RevenueRebuild rebuild,
    IClock clock,
    TimeProvider time,
    ILogger<RevenueRebuilds> log
) : BackgroundService
{
    private static readonly TimeSpan PollInterval = TimeSpan.FromMinutes(1);
    private static readonly Duration RetryDelay = Duration.FromMinutes(10);
    private static readonly Duration RepetitionInterval = Duration.FromDays(1);

    private const string ClaimSql = """
        update analytics.revenue_rebuilds set due_at = $2
        where venue_id = (
          select venue_id from analytics.revenue_rebuilds where due_at <= $1 order by due_at limit 1 for update skip locked)
        returning venue_id
        """;

    private static readonly string MonthsSql = $"""
        select distinct starts_at from analytics.revenue_roll_ups where venue_id = $1 and level = {RevenueLevel.Month:D} order by 1
        """;

    private const string RemoveSql = "delete from analytics.revenue_rebuilds where venue_id = $1 and repetitions = 0";

    private const string RepeatSql = "update analytics.revenue_rebuilds set due_at = $2, repetitions = repetitions - 1 where venue_id = $1";

    private readonly SemaphoreSlim _running = new(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await RunDueAsync(stoppingToken);
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                LogInterrupted(log, e.IsTransient() ? e.Message : e.ToString());
            }
            catch (OperationCanceledException)
            {
                return;
            }
            await ((Task)time.DelayAsync(PollInterval, stoppingToken)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Works on what is due. A venue whose totals cannot be compared at the moment is tried again later.</summary>
    public async Task RunDueAsync(CancellationToken cancellationToken)
    {
        await _running.WaitAsync(cancellationToken);
        try
        {
            while (await ClaimAsync(cancellationToken) is { } venueId)
                if (await RebuildAsync(venueId, cancellationToken))
                    await FinishAsync(venueId, cancellationToken);
        }
        finally
        {
            _running.Release();
        }
    }

    public override void Dispose()
    {
        _running.Dispose();
        base.Dispose();
    }

    private async Task<string?> ClaimAsync(CancellationToken cancellationToken)
    {
        var now = clock.Now();
        await using var command = database.CreateCommand(ClaimSql).AddValues(now, now + RetryDelay);
        return (string?)await command.ExecuteScalarAsync(cancellationToken);
    }

    private async Task<bool> RebuildAsync(string venueId, CancellationToken cancellationToken)
    {
        var starts = new List<Instant> { Instant.MinValue };
        await using (var command = database.CreateCommand(MonthsSql).AddValues(venueId))
        await using (var row = await command.ExecuteReaderAsync(cancellationToken))
            while (await row.ReadAsync(cancellationToken))
                starts.Add(row.GetFieldValue<Instant>(0));
        foreach (var (from, to) in starts.Zip([.. starts.Skip(1), Instant.MaxValue]))
            if (!await rebuild.RunAsync(venueId, from, to, cancellationToken))
                return false;
        return true;
    }

    private async Task FinishAsync(string venueId, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await using var batch = new NpgsqlBatch(connection)
            .AddCommand(RemoveSql, venueId)
            .AddCommand(RepeatSql, venueId, clock.Now() + RepetitionInterval);
        await batch.ExecuteNonQueryAsync(cancellationToken);
    }

    [LoggerMessage(LogLevel.Warning, "Rebuilding revenue totals was interrupted; it is tried again later: {Reason}")]
    private static partial void LogInterrupted(ILogger log, string reason);
}
