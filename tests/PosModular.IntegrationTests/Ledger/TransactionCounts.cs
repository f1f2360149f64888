using Ingestion.Contracts;
using Ingestion.Transactions;
using Integrations.Contracts.Connections;

namespace PosModular.IntegrationTests.Ledger;

/// <summary>What the roll-up of counts must be at any time, counted from the transactions one by one.</summary>
internal static class TransactionCounts
{
    /// <summary>The counts that differ, one in a line; null if none does.</summary>
    public static readonly string Differences = $"""
        select string_agg(concat_ws(' ', venue_id, day, connection_id, provider, outcome, c.count, t.count), E'\n')
        from (select * from ingestion.transaction_counts where count <> 0) c
        full join (
          select venue_id, (occurred_at at time zone 'UTC')::date as day, connection_id, provider, count(*) as count,
            case
              when added_seq is null or status not in ({string.Join(", ", PaidStatuses)}) then {MatchOutcome.NoSale:D}
              when user_id is not null then {MatchOutcome.Matched:D}
              when payment_method = {PaymentMethod.Cash:D} then {MatchOutcome.Cash:D}
              when card_token is null then {MatchOutcome.NoCardToken:D}
              else {MatchOutcome.CardNotLinked:D}
            end as outcome
          from ingestion.transactions group by 1, 2, 3, 4, 6) t
        using (venue_id, day, connection_id, provider, outcome)
        where c.count is distinct from t.count
        """;

    private static IEnumerable<string> PaidStatuses =>
        Enum.GetValues<TransactionStatus>().Where(s => s.IsPaid()).Select(s => s.ToString("D"));
}
