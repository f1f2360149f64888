using Npgsql;

namespace PosModular.Benchmarks.Reads;

/// <summary>Adds up what rules and analytics would have derived from the existing transactions, which they have skipped.</summary>
internal static class ReadData
{
    private const string Existing = "ingestion.transactions where connection_id = '00000000-0000-0000-0000-000000000000'";
    private const string Sums = "sum(count), sum(total_minor), sum(tip_minor), sum(refunded_minor), sum(pending_minor)";

    public static async Task DeriveAsync(NpgsqlDataSource database)
    {
        foreach (
            var sql in new[]
            {
                "delete from analytics.revenue_buckets",
                """
                    insert into analytics.revenue_buckets (venue_id, starts_at, provider, payment_method, currency,
                      count, total_minor, tip_minor, refunded_minor, pending_minor)
                    select venue_id, date_bin('15 minutes', occurred_at, timestamptz '2000-01-01 00:00:00Z'), provider, payment_method,
                      currency, count(*), sum(total_minor), sum(tip_minor), sum(refunded_minor), 0
                    from ingestion.transactions group by 1, 2, 3, 4, 5
                    """,
                // A trigger has begun to roll them up, one by one.
                "delete from analytics.revenue_roll_ups",
                $"""
                    insert into analytics.revenue_roll_ups (level, venue_id, starts_at, provider, payment_method, currency,
                      count, total_minor, tip_minor, refunded_minor, pending_minor)
                    select l.level, venue_id, date_trunc(l.field, starts_at, 'UTC'), provider, payment_method, currency, {Sums}
                    from analytics.revenue_buckets, (values (1, 'hour'), (2, 'day'), (3, 'month')) l(level, field) group by 1, 2, 3, 4, 5, 6
                    """,
                $"""
                    insert into rules.lifetime_spend (venue_id, user_id, currency, authorized_minor, captured_minor)
                    select venue_id, user_id, currency, sum(total_minor), sum(total_minor)
                    from {Existing} and user_id is not null group by 1, 2, 3
                    on conflict (venue_id, user_id, currency) do nothing
                    """,
                $$"""
                    insert into rules.members (venue_id, user_id, tier, access, first_seen_at, last_seen_at)
                    select venue_id, user_id, 2, '{}', min(occurred_at), max(occurred_at)
                    from {{Existing}} and user_id is not null group by 1, 2
                    on conflict (venue_id, user_id) do nothing
                    """,
                "vacuum analyze",
                "checkpoint",
            }
        )
            await ExistingTransactions.ExecuteAsync(database, sql);
    }
}
