using System.Threading.Channels;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Ingestion.Ledger;

/// <summary>Analyses the ledger's tables each time they have grown tenfold. A prepared statement keeps the plan that it got while the
/// tables were nearly empty, when any index looks as good as the right one. New statistics make PostgreSQL plan again in every session.
/// Autovacuum does the same, but runs only once a minute.</summary>
/// <remarks>Source: PostgreSQL docs, PREPARE: a statement is planned again when the planner statistics of its tables have been
/// updated.</remarks>
internal sealed partial class QueryPlanRefresh(NpgsqlDataSource database, ILogger<QueryPlanRefresh> log) : BackgroundService
{
    private const long FirstThreshold = 500;
    private const long LastThreshold = 500_000;
    private readonly Channel<long> _reachedThresholds = Channel.CreateUnbounded<long>();
    private long _rowCount;
    private long _nextThreshold = FirstThreshold;

    /// <summary>Counts inserted transactions. Several writers may call it at once.</summary>
    public void AddRows(int rows)
    {
        var next = Volatile.Read(ref _nextThreshold);
        if (
            Interlocked.Add(ref _rowCount, rows) >= next
            && next <= LastThreshold
            && Interlocked.CompareExchange(ref _nextThreshold, next * 10, next) == next
        )
            _reachedThresholds.Writer.TryWrite(next);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await foreach (var rows in _reachedThresholds.Reader.ReadAllAsync(stoppingToken))
        {
            try
            {
                await using var command = database.CreateCommand(
                    "analyze ingestion.transactions, ingestion.transaction_versions, ingestion.webhook_events, ingestion.feed_heads, "
                        + "ingestion.identity_links, ingestion.refunds, ingestion.order_fetches"
                );
                await command.ExecuteNonQueryAsync(stoppingToken);
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                LogAnalyzeFailed(log, rows, e.Message); // autovacuum will analyse them later
            }
        }
    }

    [LoggerMessage(LogLevel.Information, "The ledger's tables could not be analysed at {Rows} rows; autovacuum will do it later: {Reason}")]
    private static partial void LogAnalyzeFailed(ILogger log, long rows, string reason);
}
