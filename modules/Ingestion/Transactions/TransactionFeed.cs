using Ingestion.Contracts;
using Integrations.Contracts.Connections;
using NodaTime;
using Npgsql;
using PosModular.Kernel.Data;
using PosModular.Kernel.Feed;

namespace Ingestion.Transactions;

/// <summary>The versions of transactions as the module's feed: each change with the state that it replaced.</summary>
internal static class TransactionFeed
{
    private const string Sql = """
        select v.venue_id, v.seq, v.transaction_id, v.recorded_at, v.applied, v.previous_seq,
          v.provider, v.status, v.currency, v.total_minor, v.tip_minor, v.refunded_minor, v.payment_method, v.user_id, v.occurred_at,
          v.tax_minor, v.discount_minor, v.service_charge_minor, v.breakdown_complete,
          p.provider, p.status, p.currency, p.total_minor, p.tip_minor, p.refunded_minor, p.payment_method, p.user_id, p.occurred_at,
          p.tax_minor, p.discount_minor, p.service_charge_minor, p.breakdown_complete, v.rules_off,
          v.cause, v.cause_id
        from ingestion.transaction_versions v
        left join ingestion.transaction_versions p on p.venue_id = v.venue_id and p.seq = v.previous_seq
        where v.venue_id = b.venue_id and v.seq > b.seq order by v.seq
        """;

    public static FeedSource Source { get; } =
        new FeedSource<FeedRow>(TransactionsChanged.Feed, "ingestion.feed_heads", Sql, ReadChange, ToNotification);

    private const string NotHandledSql = $"""
        select c.* from (select $1::text as venue_id, $2::bigint as seq) b cross join lateral ({Sql}) c
        union all
        select c.* from (select $1::text as venue_id, d - 1 as seq from unnest($3::bigint[]) d) b cross join lateral ({Sql} limit 1) c
        order by 2
        """;

    /// <summary>The changes of a venue after a reader's position, and those before that it could not handle, in order.</summary>
    public static async Task<TransactionsChanged> ReadNotHandledAsync(
        NpgsqlConnection connection,
        string venueId,
        long seq,
        IReadOnlyCollection<long> deadLetters,
        CancellationToken cancellationToken
    )
    {
        var rows = new List<FeedRow>();
        await using var command = new NpgsqlCommand(NotHandledSql, connection).AddValues(venueId, seq, deadLetters.ToArray());
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        while (await row.ReadAsync(cancellationToken))
            rows.Add(ReadChange(row, 0));
        return ToNotification(rows) ?? new TransactionsChanged([]);
    }

    private sealed record FeedRow(TransactionChange Change, bool Applied, MemberChange? MemberChange, RefundIssued? RefundIssued);

    // Versions that were not applied have sequence numbers in the feed, but they changed nothing, unless they stand for a change of a
    // member or of a refund.
    private static TransactionsChanged? ToNotification(IReadOnlyList<FeedRow> rows)
    {
        var changes = rows.Where(r => r.Applied).Select(r => r.Change).ToArray();
        var memberChanges = rows.Select(r => r.MemberChange).OfType<MemberChange>().ToArray();
        var refundsIssued = rows.Select(r => r.RefundIssued).OfType<RefundIssued>().ToArray();
        return changes.Length == 0 && memberChanges.Length == 0 && refundsIssued.Length == 0
            ? null
            : new TransactionsChanged(changes) { MemberChanges = memberChanges, RefundsIssued = refundsIssued };
    }

    private static FeedRow ReadChange(NpgsqlDataReader row, int at)
    {
        var change = new TransactionChange(
            row.GetString(at),
            row.GetInt64(at + 1),
            row.GetGuid(at + 2),
            row.GetFieldValue<Instant>(at + 3),
            row.IsDBNull(at + 5) ? null : ReadState(row, at + 19),
            ReadState(row, at + 6)
        )
        {
            RulesOff = row.GetBoolean(at + 32),
        };
        var (applied, cause, state) = (row.GetBoolean(at + 4), (VersionCause)row.GetInt16(at + 33), change.After);
        return new FeedRow(
            change,
            applied,
            !applied && cause is (VersionCause.Merge or VersionCause.Erasure)
                ? new MemberChange(change.VenueId, change.Seq, Guid.Parse(row.GetString(at + 34)), state.UserId)
                : null,
            !applied && cause is VersionCause.RefundIssued
                ? new RefundIssued(
                    change.VenueId,
                    change.Seq,
                    state.Provider,
                    state.Method,
                    state.Currency,
                    state.OccurredAt,
                    state.RefundedMinor
                )
                : null
        );
    }

    private static TransactionState ReadState(NpgsqlDataReader row, int at) =>
        new(
            (Provider)row.GetInt16(at),
            (TransactionStatus)row.GetInt16(at + 1),
            row.GetString(at + 2),
            row.GetInt64(at + 3),
            row.GetInt64(at + 4),
            row.GetInt64(at + 5),
            (PaymentMethod)row.GetInt16(at + 6),
            row.IsDBNull(at + 7) ? null : row.GetString(at + 7),
            row.GetFieldValue<Instant>(at + 8)
        )
        {
            TaxMinor = row.GetInt64(at + 9),
            DiscountMinor = row.GetInt64(at + 10),
            ServiceChargeMinor = row.GetInt64(at + 11),
            BreakdownComplete = row.GetBoolean(at + 12),
        };
}
