using Ingestion.Contracts;
using Integrations.Contracts.Connections;
using NodaTime;
using Npgsql;
using NpgsqlTypes;
using PosModular.Kernel.Data;

namespace Ingestion.Transactions;

/// <summary>Answers from the transactions and refunds, by their indexes on time and on user.</summary>
internal sealed class TransactionSums(NpgsqlDataSource database) : ISalesHistory
{
    // The refunds of all spans are few and looked up once.
    private static readonly string Sql = $"""
        with spans as (select * from unnest($2::text[], $3::timestamptz[], $4::timestamptz[], $5::text[]) s(key, from_at, to_at, user_id)),
        issued as materialized (
          select t.user_id, r.currency, r.provider, {SalesFiguresSql.MethodOfRefund} as payment_method, r.created_at, r.amount_minor
          from ingestion.refunds r left join ingestion.transactions t
            on t.venue_id = r.venue_id and t.provider = r.provider and t.external_id = r.payment_external_id
          where r.venue_id = $1 and {SalesFiguresSql.IsIssued}
            and r.created_at >= (select min(from_at) from spans) and r.created_at < (select max(to_at) from spans)),
        sales as (
          select s.key, t.user_id, t.currency, t.provider, t.payment_method, {SalesFiguresSql.OfTransaction}
          from spans s join ingestion.transactions t
            on t.venue_id = $1 and t.occurred_at >= s.from_at and t.occurred_at < s.to_at and {SalesFiguresSql.IsPaid}
          where s.user_id is null
          union all
          select s.key, t.user_id, t.currency, t.provider, t.payment_method, {SalesFiguresSql.OfTransaction}
          from spans s join ingestion.transactions t
            on t.venue_id = $1 and t.user_id = s.user_id and t.occurred_at >= s.from_at and t.occurred_at < s.to_at
              and {SalesFiguresSql.IsPaid}
          union all
          select s.key, r.user_id, r.currency, r.provider, r.payment_method, {SalesFiguresSql.OfRefund}
          from spans s join issued r on r.created_at >= s.from_at and r.created_at < s.to_at
          where s.user_id is null
          union all
          select s.key, r.user_id, r.currency, r.provider, r.payment_method, {SalesFiguresSql.OfRefund}
          from spans s join issued r on r.user_id = s.user_id and r.created_at >= s.from_at and r.created_at < s.to_at)
        select key, user_id is not null, currency, provider, payment_method, {SalesFiguresSql.Sums} from sales group by 1, 2, 3, 4, 5
        """;

    public async Task<IReadOnlyList<SalesSum>> SumAsync(string venueId, IReadOnlyList<SalesSpan> spans, CancellationToken cancellationToken)
    {
        await using var command = database
            .CreateCommand(Sql)
            .AddValues(
                venueId,
                spans.Select(s => s.Key).ToArray(),
                spans.Select(s => s.From ?? Instant.MinValue).ToArray(),
                spans.Select(s => s.To ?? Instant.MaxValue).ToArray(),
                SqlParameters.NullableArray(NpgsqlDbType.Text, spans.Select(s => s.UserId).ToArray())
            );
        return await command.BoundedAsync("Ask for a shorter period.", async () =>
        {
            var sums = new List<SalesSum>();
            await using var rows = await command.ExecuteReaderAsync(cancellationToken);
            while (await rows.ReadAsync(cancellationToken))
                sums.Add(
                    new SalesSum(
                        rows.GetString(0),
                        rows.GetBoolean(1),
                        rows.GetString(2),
                        (Provider)rows.GetInt16(3),
                        (PaymentMethod)rows.GetInt16(4),
                        SalesFigures.Read(rows, 5)
                    )
                );
            return sums;
        });
    }
}
