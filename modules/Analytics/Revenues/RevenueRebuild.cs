using Ingestion.Contracts;
using Integrations.Contracts.Connections;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;
using NodaTime;
using Npgsql;
using PosModular.Kernel.Data;
using PosModular.Kernel.Time;

namespace Analytics.Revenues;

/// <summary>Corrects the revenue totals of a span where they disagree with the transactions and refunds, for example because somebody has
/// deleted a transaction by hand, which no change of the feed tells.</summary>
internal sealed partial class RevenueRebuild(
    IDbContextFactory<AnalyticsDb> dbFactory,
    IQuarterHourSums transactions,
    TimeProvider time,
    ILogger<RevenueRebuild> log
)
{
    private const int MaxAttempts = 40;
    private static readonly TimeSpan RetryInterval = TimeSpan.FromMilliseconds(250);

    // The relay holds the same lock while it adds changes up.
    private const string LockPositionSql = "select seq from analytics.feed_positions where source = $1 and venue_id = $2 for update";

    private const string SelectBucketsSql = $"""
        select starts_at, provider, payment_method, currency, {RevenueTotals.Figures}
        from analytics.revenue_buckets where venue_id = $1 and starts_at >= $2 and starts_at < $3
        """;

    private const string HasDeadLettersSql = "select exists (select from analytics.feed_dead_letters where source = $1 and venue_id = $2)";

    /// <summary>Compares and corrects. Totals can be compared only while every change of the feed has been added up; when that is not so
    /// within some seconds, they stay as they are, and the answer is false.</summary>
    /// <param name="venueId">The venue.</param>
    /// <param name="from">The start of the span, inclusive; the start of a quarter hour.</param>
    /// <param name="to">The end of the span, exclusive; the start of a quarter hour.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <param name="differences">Receives what differs; null when nobody asks.</param>
    /// <param name="dryRun">Whether to compare only.</param>
    public async Task<bool> RunAsync(
        string venueId,
        Instant from,
        Instant to,
        CancellationToken cancellationToken,
        List<RevenueBucketKey>? differences = null,
        bool dryRun = false
    )
    {
        for (var attempt = 0; attempt < MaxAttempts; attempt++)
        {
            if (await TryAsync(venueId, from, to, differences, dryRun, cancellationToken))
                return true;
            await time.DelayAsync(RetryInterval, cancellationToken);
            cancellationToken.ThrowIfCancellationRequested();
        }
        LogNotComparable(log, from, to, venueId);
        return false;
    }

    private async Task<bool> TryAsync(
        string venueId,
        Instant from,
        Instant to,
        List<RevenueBucketKey>? differences,
        bool dryRun,
        CancellationToken cancellationToken
    )
    {
        var (seq, sums) = await transactions.ReadAsync(venueId, from, to, cancellationToken);
        await using var db = await dbFactory.CreateDbContextAsync(cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        var connection = (NpgsqlConnection)db.Database.GetDbConnection();
        if ((await ScalarAsync<long?>(connection, LockPositionSql, venueId, cancellationToken) ?? 0) != seq)
            return false;
        // A change that could not be added up is added later; it must not be added twice.
        if (await ScalarAsync<bool>(connection, HasDeadLettersSql, venueId, cancellationToken))
            return false;
        var deltas = sums.ToDictionary(s => new RevenueBucketKey(venueId, s.StartsAt, s.Provider, s.Method, s.Currency), s => s.Figures);
        await using (var command = new NpgsqlCommand(SelectBucketsSql, connection).AddValues(venueId, from, to))
        await using (var row = await command.ExecuteReaderAsync(cancellationToken))
            while (await row.ReadAsync(cancellationToken))
            {
                var key = new RevenueBucketKey(
                    venueId,
                    row.GetFieldValue<Instant>(0),
                    (Provider)row.GetInt16(1),
                    (PaymentMethod)row.GetInt16(2),
                    row.GetString(3)
                );
                deltas[key] = deltas.GetValueOrDefault(key) - SalesFigures.Read(row, 4);
            }
        RevenueDelta[] corrections = [.. deltas.Where(d => d.Value != default).Select(d => new RevenueDelta(d.Key, d.Value))];
        differences?.AddRange(corrections.Select(c => c.Key));
        if (corrections.Length == 0 || dryRun)
            return true;
        await AddUpRevenue.AddAsync(connection, corrections, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        LogCorrected(log, corrections.Length, from, to, venueId);
        return true;
    }

    private static async Task<T?> ScalarAsync<T>(
        NpgsqlConnection connection,
        string sql,
        string venueId,
        CancellationToken cancellationToken
    )
    {
        await using var command = new NpgsqlCommand(sql, connection).AddValues(TransactionsChanged.Feed, venueId);
        return (T?)await command.ExecuteScalarAsync(cancellationToken);
    }

    [LoggerMessage(
        LogLevel.Warning,
        "{Count} revenue totals from {From} to {To} of venue {Venue} disagreed with the transactions and were corrected"
    )]
    private static partial void LogCorrected(ILogger log, int count, Instant from, Instant to, string venue);

    [LoggerMessage(
        LogLevel.Warning,
        "The revenue totals from {From} to {To} of venue {Venue} could not be compared, because changes are still to be added"
    )]
    private static partial void LogNotComparable(ILogger log, Instant from, Instant to, string venue);
}
