using Ingestion.Contracts;
using Integrations.Contracts.Connections;

namespace Ingestion.Reconciliations;

/// <summary>The statements of <see cref="ListedDay"/>. The parameters of those that read are the same: venue, connection, provider, start
/// and end of the day, limit.</summary>
internal static class ListedDaySql
{
    public const string Create = """
        create temp table listed_payments (external_id text primary key, state smallint not null, currency text not null,
          total_minor bigint not null, tip_minor bigint not null, refunded_minor bigint not null, occurred_at timestamptz not null,
          updated_at timestamptz not null);
        create temp table listed_refunds (external_id text primary key, state smallint not null, currency text not null,
          amount_minor bigint not null, created_at timestamptz not null, updated_at timestamptz not null, payment_external_id text)
        """;

    public const string Drop = "drop table if exists pg_temp.listed_payments, pg_temp.listed_refunds";

    public const string AddPayments = """
        insert into pg_temp.listed_payments as l
        select * from unnest($1::text[], $2::smallint[], $3::text[], $4::bigint[], $5::bigint[], $6::bigint[],
          $7::timestamptz[], $8::timestamptz[])
        on conflict (external_id) do update set state = excluded.state, currency = excluded.currency,
          total_minor = excluded.total_minor, tip_minor = excluded.tip_minor, refunded_minor = excluded.refunded_minor,
          occurred_at = excluded.occurred_at, updated_at = excluded.updated_at
        where l.updated_at < excluded.updated_at
        """;

    public const string AddRefunds = """
        insert into pg_temp.listed_refunds as l
        select * from unnest($1::text[], $2::smallint[], $3::text[], $4::bigint[], $5::timestamptz[], $6::timestamptz[], $7::text[])
        on conflict (external_id) do update set state = excluded.state, currency = excluded.currency,
          amount_minor = excluded.amount_minor, created_at = excluded.created_at, updated_at = excluded.updated_at
        where l.updated_at < excluded.updated_at
        """;

    public const string SelectMissing =
        "select id from unnest($1::text[]) i(id) where not exists (select from pg_temp.listed_payments l where l.external_id = i.id)";

    /// <summary>Without statistics the plans would be those for tables of a page.</summary>
    public const string Analyze = "analyze pg_temp.listed_payments, pg_temp.listed_refunds";

    // A refund that names no payment has a transaction of its own, which is no payment.
    private const string OurPayments = """
        select t.* from ingestion.transactions t
        where t.venue_id = $1 and t.connection_id = $2 and t.provider = $3 and t.occurred_at >= $4 and t.occurred_at < $5
          and not exists (select from ingestion.refunds r where r.venue_id = t.venue_id and r.provider = t.provider
            and r.external_id = t.external_id and r.payment_external_id is null)
        """;

    private const string OurRefunds = """
        select r.* from ingestion.refunds r
        where r.venue_id = $1 and r.connection_id = $2 and r.provider = $3 and r.created_at >= $4 and r.created_at < $5
        """;

    private static readonly string OurState = $"""
        case t.status when {TransactionStatus.Pending:D} then {PaymentState.Pending:D}
          when {TransactionStatus.Authorized:D} then {PaymentState.Authorized:D}
          when {TransactionStatus.Canceled:D} then {PaymentState.Canceled:D}
          when {TransactionStatus.Failed:D} then {PaymentState.Failed:D} else {PaymentState.Captured:D} end
        """;

    private static readonly string Captured =
        $"status in ({TransactionStatus.Completed:D}, {TransactionStatus.PartiallyRefunded:D}, {TransactionStatus.Refunded:D})";

    // The amount refunded is never more than the total here, whatever a provider says.
    public static readonly string SelectPayments = $"""
        select * from (
          select l.external_id, l.currency as their_currency, l.total_minor as their_total, l.tip_minor as their_tip,
            least(greatest(l.refunded_minor, 0), greatest(l.total_minor, 0)) as their_refunded, l.state as their_state,
            l.occurred_at as their_time,
            t.id, t.currency, t.total_minor, t.tip_minor, t.refunded_minor, ({OurState})::smallint as state, t.occurred_at,
            l.occurred_at >= $4 and l.occurred_at < $5 as is_theirs, coalesce(t.occurred_at >= $4 and t.occurred_at < $5, false) as is_ours
          from pg_temp.listed_payments l
          left join ingestion.transactions t on t.venue_id = $1 and t.provider = $3 and t.external_id = l.external_id
            and t.connection_id = $2) d
        where (is_theirs or is_ours) and (id is null or is_theirs <> is_ours
          or (their_currency, their_total, their_tip, their_refunded, their_state)
            is distinct from (currency, total_minor, tip_minor, refunded_minor, state))
        order by external_id limit $6
        """;

    public static readonly string SelectRefunds = """
        select * from (
          select l.external_id, l.currency as their_currency, l.amount_minor as their_amount, l.state as their_state,
            l.created_at as their_time, t.id, r.currency, r.amount_minor, r.state, r.created_at,
            l.created_at >= $4 and l.created_at < $5 as is_theirs, coalesce(r.created_at >= $4 and r.created_at < $5, false) as is_ours
          from pg_temp.listed_refunds l
          left join ingestion.refunds r on r.venue_id = $1 and r.provider = $3 and r.external_id = l.external_id and r.connection_id = $2
          left join ingestion.transactions t on t.venue_id = $1 and t.provider = $3
            and t.external_id = coalesce(l.payment_external_id, l.external_id)) d
        where (is_theirs or is_ours) and (currency is null or is_theirs <> is_ours
          or (their_currency, their_amount, their_state) is distinct from (currency, amount_minor, state))
        order by external_id limit $6
        """;

    public static readonly string SelectUnlisted = $"""
        select t.external_id, false, t.id, t.currency, t.total_minor from ({OurPayments}) t
        where not exists (select from pg_temp.listed_payments l where l.external_id = t.external_id)
        union all
        select r.external_id, true, t.id, r.currency, r.amount_minor from ({OurRefunds}) r
        left join ingestion.transactions t on t.venue_id = r.venue_id and t.provider = r.provider
          and t.external_id = coalesce(r.payment_external_id, r.external_id)
        where not exists (select from pg_temp.listed_refunds l where l.external_id = r.external_id)
        order by 1, 2 limit $6
        """;

    /// <summary>By currency: count, total, tips and refunds of ours, then of theirs.</summary>
    public static readonly string SelectSums = $"""
        select currency, sum(our_count)::bigint, sum(our_total)::bigint, sum(our_tip)::bigint, sum(our_refunded)::bigint,
          sum(count)::bigint, sum(total)::bigint, sum(tip)::bigint, sum(refunded)::bigint
        from (
          select currency, count(*) as our_count, sum(total_minor) as our_total, sum(tip_minor) as our_tip, 0::numeric as our_refunded,
            0::numeric as count, 0::numeric as total, 0::numeric as tip, 0::numeric as refunded
          from ({OurPayments}) t where {Captured} group by currency
          union all
          select currency, 0, 0, 0, sum(amount_minor), 0, 0, 0, 0
          from ({OurRefunds}) r where state = {RefundState.Completed:D} group by currency
          union all
          select currency, 0, 0, 0, 0, count(*), sum(total_minor), sum(tip_minor), 0 from pg_temp.listed_payments
          where state = {PaymentState.Captured:D} and occurred_at >= $4 and occurred_at < $5 group by currency
          union all
          select currency, 0, 0, 0, 0, 0, 0, 0, sum(amount_minor) from pg_temp.listed_refunds
          where state = {RefundState.Completed:D} and created_at >= $4 and created_at < $5 group by currency) s
        where $6 > 0
        group by currency order by currency
        """;
}
