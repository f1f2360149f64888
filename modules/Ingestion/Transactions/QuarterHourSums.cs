using Ingestion.Contracts;
using Integrations.Contracts.Connections;
using NodaTime;
using Npgsql;
using PosModular.Kernel.Data;

namespace Ingestion.Transactions;

/// <summary>Adds up the transactions and refunds of a span by the quarter hour, together with the end of the feed at the same
/// moment.</summary>
internal sealed class QuarterHourSums(NpgsqlDataSource database) : IQuarterHourSums
{
    // One statement reads one moment: the head of the feed, the transactions and the refunds are changed in the same commit.
    private static readonly string Sql = $"""
        select h.seq, s.* from (select coalesce(max(seq), 0) as seq from ingestion.feed_heads where venue_id = $1) h
        left join (
          select date_bin('15 minutes', at, '2000-01-01 00:00:00Z') as starts_at, provider, payment_method, currency,
            {SalesFiguresSql.Sums}
          from (
            select t.occurred_at as at, t.provider, t.payment_method, t.currency, {SalesFiguresSql.OfTransaction}
            from ingestion.transactions t
            where t.venue_id = $1 and t.occurred_at >= $2 and t.occurred_at < $3 and {SalesFiguresSql.IsPaid}
            union all
            select r.created_at, r.provider, {SalesFiguresSql.MethodOfRefund}, r.currency, {SalesFiguresSql.OfRefund}
            from ingestion.refunds r left join ingestion.transactions t
              on t.venue_id = r.venue_id and t.provider = r.provider and t.external_id = r.payment_external_id
            where r.venue_id = $1 and r.created_at >= $2 and r.created_at < $3 and {SalesFiguresSql.IsIssued}) f
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
                        SalesFigures.Read(row, 5)
                    )
                );
        }
        return (seq, sums);
    }
}
