using System.Data;
using Ingestion.Contracts;
using Ingestion.Transactions;
using NodaTime;
using Npgsql;
using PosModular.Kernel.Data;

namespace Ingestion.Rebuilds;

/// <summary>Answers from the transactions of a venue and the end of its feed, both of one moment.</summary>
internal sealed class SpendTotals(NpgsqlDataSource database) : ISpendTotals
{
    private static readonly TimeSpan ReadTimeout = TimeSpan.FromMinutes(5);

    private static readonly string Captured =
        $"status in ({TransactionStatus.Completed:D}, {TransactionStatus.PartiallyRefunded:D}, {TransactionStatus.Refunded:D})";

    private static readonly string TotalsSql = $"""
        select user_id, currency, sum(total_minor - refunded_minor)::bigint,
          coalesce(sum(total_minor - refunded_minor) filter (where {Captured}), 0)::bigint, min(occurred_at), max(occurred_at)
        from ingestion.transactions
        where venue_id = $1 and user_id is not null and ({Captured} or status = {TransactionStatus.Authorized:D})
        group by user_id, currency order by user_id, currency
        """;

    public async Task<(IReadOnlyList<SpendTotal> Totals, TransactionsChanged NotHandled)> ReadAsync(
        string venueId,
        long seq,
        IReadOnlyCollection<long> deadLetters,
        CancellationToken cancellationToken
    )
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await using var snapshot = await connection.BeginTransactionAsync(IsolationLevel.RepeatableRead, cancellationToken);
        var totals = new List<SpendTotal>();
        await using (var command = new NpgsqlCommand(TotalsSql, connection).AddValues(venueId))
        {
            command.CommandTimeout = (int)ReadTimeout.TotalSeconds;
            await using var row = await command.ExecuteReaderAsync(cancellationToken);
            while (await row.ReadAsync(cancellationToken))
                totals.Add(
                    new SpendTotal(
                        row.GetString(0),
                        row.GetString(1),
                        row.GetInt64(2),
                        row.GetInt64(3),
                        row.GetFieldValue<Instant>(4),
                        row.GetFieldValue<Instant>(5)
                    )
                );
        }
        return (totals, await TransactionFeed.ReadNotHandledAsync(connection, venueId, seq, deadLetters, cancellationToken));
    }
}
