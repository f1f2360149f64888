using System.Threading.Channels;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Ingestion.Ledger;

/// <summary>Has the young tables analysed as they grow tenfold. A prepared statement keeps the plan it got while they were nearly empty, when any
/// index looks as good as the right one; new statistics make PostgreSQL plan again, in every session. Autovacuum does the same, but only
/// looks once a minute.</summary>
/// <remarks>Source: PostgreSQL docs, PREPARE: a statement is planned anew when planner statistics of its tables have been updated.</remarks>
internal sealed partial class PlanRefresh(NpgsqlDataSource database, ILogger<PlanRefresh> log) : BackgroundService
{
    private const long First = 500;
    private const long Last = 500_000;
    private readonly Channel<long> _due = Channel.CreateUnbounded<long>();
    private long _rows;
    private long _next = First;

    /// <summary>Says how many sales have come in; cheap, may be called by several writers.</summary>
    public void Grew(int rows)
    {
        var next = Volatile.Read(ref _next);
        if (Interlocked.Add(ref _rows, rows) >= next && next <= Last && Interlocked.CompareExchange(ref _next, next * 10, next) == next)
            _due.Writer.TryWrite(next);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await foreach (var rows in _due.Reader.ReadAllAsync(stoppingToken))
        {
            try
            {
                await using var command = database.CreateCommand(
                    "analyze ingestion.transactions, ingestion.transaction_versions, ingestion.webhook_events, ingestion.feed_heads, ingestion.card_links, ingestion.refunds, ingestion.order_fetches"
                );
                await command.ExecuteNonQueryAsync(stoppingToken);
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                Missed(log, rows, e.Message); // autovacuum will see to it
            }
        }
    }

    [LoggerMessage(LogLevel.Information, "The tables were not analysed at {Rows} rows: {Reason}")]
    private static partial void Missed(ILogger log, long rows, string reason);
}
