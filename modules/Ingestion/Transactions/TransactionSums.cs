using Ingestion.Contracts;
using Integrations.Contracts.Connections;
using NodaTime;
using Npgsql;
using NpgsqlTypes;
using PosModular.Kernel.Data;

namespace Ingestion.Transactions;

/// <summary>Answers from the transactions, by their indexes on time and on user.</summary>
internal sealed class TransactionSums(NpgsqlDataSource database) : ISalesHistory
{
    private static readonly string Captured =
        $"status in ({string.Join(", ", Enum.GetValues<TransactionStatus>().Where(s => s.IsCaptured()).Select(s => s.ToString("D")))})";

    // A row has many more columns, and copying them takes longer than adding up these.
    private const string Columns =
        "t.user_id, t.currency, t.provider, t.payment_method, t.status, t.total_minor, t.tip_minor, t.refunded_minor";

    private static readonly string Sql = $"""
        with spans as (select * from unnest($2::text[], $3::timestamptz[], $4::timestamptz[], $5::text[]) s(key, from_at, to_at, user_id)),
        sales as (
          select s.key, {Columns} from spans s join ingestion.transactions t
            on t.venue_id = $1 and t.occurred_at >= s.from_at and t.occurred_at < s.to_at where s.user_id is null
          union all
          select s.key, {Columns} from spans s join ingestion.transactions t
            on t.venue_id = $1 and t.user_id = s.user_id and t.occurred_at >= s.from_at and t.occurred_at < s.to_at)
        select key, user_id is not null, currency, provider, payment_method,
          count(*) filter (where {Captured} and not (status = {TransactionStatus.Refunded:D} and total_minor = 0)),
          coalesce(sum(total_minor) filter (where {Captured}), 0)::bigint, coalesce(sum(tip_minor) filter (where {Captured}), 0)::bigint,
          coalesce(sum(refunded_minor) filter (where {Captured}), 0)::bigint,
          coalesce(sum(total_minor) filter (where status = {TransactionStatus.Authorized:D}), 0)::bigint
        from sales where {Captured} or status = {TransactionStatus.Authorized:D} group by 1, 2, 3, 4, 5
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
                        rows.GetInt64(5),
                        rows.GetInt64(6),
                        rows.GetInt64(7),
                        rows.GetInt64(8),
                        rows.GetInt64(9)
                    )
                );
            return sums;
        });
    }
}
