using Ingestion.Contracts;
using Integrations.Contracts.Connections;
using NodaTime;
using Npgsql;
using PosModular.Kernel.Data;

namespace Ingestion.Transactions;

/// <summary>Adds up the transactions of a day by the quarter hour, together with the end of the feed at the same moment.</summary>
internal sealed class QuarterHourSums(NpgsqlDataSource database) : IQuarterHourSums
{
    private static readonly string Captured =
        $"status in ({TransactionStatus.Completed:D}, {TransactionStatus.PartiallyRefunded:D}, {TransactionStatus.Refunded:D})";

    // One statement reads one moment: the head of the feed and the transactions are changed in the same commit.
    private static readonly string Sql = $"""
        select h.seq, s.* from (select coalesce(max(seq), 0) as seq from ingestion.feed_heads where venue_id = $1) h
        left join (
          select date_bin('15 minutes', occurred_at, '2000-01-01 00:00:00Z') as starts_at, provider, payment_method, currency,
            count(*) filter (where {Captured} and not (status = {TransactionStatus.Refunded:D} and total_minor = 0)) as count,
            coalesce(sum(total_minor) filter (where {Captured}), 0)::bigint as total,
            coalesce(sum(tip_minor) filter (where {Captured}), 0)::bigint as tip,
            coalesce(sum(refunded_minor) filter (where {Captured}), 0)::bigint as refunded,
            coalesce(sum(total_minor) filter (where status = {TransactionStatus.Authorized:D}), 0)::bigint as pending
          from ingestion.transactions
          where venue_id = $1 and occurred_at >= $2 and occurred_at < $3 and ({Captured} or status = {TransactionStatus.Authorized:D})
          group by 1, 2, 3, 4) s on true
        """;

    public async Task<(long Seq, IReadOnlyList<QuarterHourSum> Sums)> ReadAsync(
        string venueId,
        Instant from,
        Instant to,
        CancellationToken cancellationToken
    )
    {
        await using var command = database.CreateCommand(Sql).AddValues(venueId, from, to);
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        var (seq, sums) = (0L, new List<QuarterHourSum>());
        while (await row.ReadAsync(cancellationToken))
        {
            seq = row.GetInt64(0);
            if (!await row.IsDBNullAsync(1, cancellationToken))
                sums.Add(
                    new QuarterHourSum(
                        row.GetFieldValue<Instant>(1),
                        (Provider)row.GetInt16(2),
                        (PaymentMethod)row.GetInt16(3),
                        row.GetString(4),
                        row.GetInt64(5),
                        row.GetInt64(6),
                        row.GetInt64(7),
                        row.GetInt64(8),
                        row.GetInt64(9)
                    )
                );
        }
        return (seq, sums);
    }
}
