using Ingestion.Contracts;
using Ingestion.Transactions;
using NodaTime;
using Npgsql;
using NpgsqlTypes;
using PosModular.Kernel.Data;
using PosModular.Kernel.Feed;
using PosModular.Kernel.Time;

namespace Ingestion.Ledger;

/// <summary>Selects the transactions to assign to a user.</summary>
internal enum AssignmentScope
{
    /// <summary>All that were paid with a card, except those matched by hand.</summary>
    AllWithCard,

    /// <summary>All that were matched to a user by a card.</summary>
    MatchedByCard,

    /// <summary>One transaction, by its id.</summary>
    SingleTransaction,
}

/// <summary>Assigns transactions to a user, or to nobody, in one commit under the venue's feed lock. What caused the assignment (a card
/// link) is written in the same commit. The versions enter the feed in the order of the payments' times, so that rules see a running
/// sum.</summary>
internal sealed class TransactionAssigner(NpgsqlDataSource database, FeedSignal signal, IClock clock)
{
    private const string CreateHeadSql = "insert into ingestion.feed_heads (venue_id, seq) values ($1, 0) on conflict do nothing";

    private const string LockHeadSql = "select seq from ingestion.feed_heads where venue_id = $1 for update";

    private static string AssignSql(AssignmentScope scope) =>
        $"""
            with chosen as (
              select id, last_seq, $5::bigint + row_number() over (order by occurred_at, id) as seq
              from ingestion.transactions where venue_id = $1 and {Condition(scope)}),
            moved as (
              update ingestion.transactions t set user_id = $3, matched_by = $4, last_seq = c.seq from chosen c
              where t.venue_id = $1 and t.id = c.id
              returning t.*, c.last_seq as previous_seq)
            insert into ingestion.transaction_versions (
              venue_id, seq, transaction_id, previous_seq, applied, added, recorded_at, cause, cause_id,
              provider, status, currency, total_minor, tip_minor, refunded_minor, payment_method, user_id, occurred_at,
              tax_minor, discount_minor, service_charge_minor, breakdown_complete, rules_off)
            select venue_id, last_seq, id, previous_seq, true, false, $6, $7, $8,
              provider, status, currency, total_minor, tip_minor, refunded_minor, payment_method, user_id, occurred_at,
              tax_minor, discount_minor, service_charge_minor, breakdown_complete, rules_off
            from moved
            """;

    private const string AdvanceHeadSql = "update ingestion.feed_heads set seq = seq + $2 where venue_id = $1";

    private static string Condition(AssignmentScope scope) =>
        scope switch
        {
            AssignmentScope.AllWithCard =>
                $"card_token = $2 and user_id is distinct from $3 and matched_by is distinct from {MatchedBy.Hand:D}",
            AssignmentScope.MatchedByCard => $"card_token = $2 and matched_by = {MatchedBy.Card:D}",
            _ => "id = $2::uuid and (user_id is distinct from $3 or matched_by is distinct from $4)",
        };

    /// <summary>Returns how many transactions were assigned, and the sequence number of the last of their versions.</summary>
    /// <param name="venueId">The venue.</param>
    /// <param name="scope">Which transactions; null to assign none and only write the reason.</param>
    /// <param name="key">The card's token or the transaction's id.</param>
    /// <param name="userId">The new user; null for nobody.</param>
    /// <param name="matchedBy">What the match is based on.</param>
    /// <param name="cause">The cause to record with the versions.</param>
    /// <param name="causedBy">The id of the user who did it.</param>
    /// <param name="writeReason">Writes the reason under the same lock, before the transactions are assigned.</param>
    /// <param name="cancellationToken">Cancels the assignment.</param>
    public async Task<(int Count, long Seq)> AssignAsync(
        string venueId,
        AssignmentScope? scope,
        string key,
        string? userId,
        MatchedBy? matchedBy,
        VersionCause cause,
        string causedBy,
        Func<NpgsqlConnection, Instant, Task>? writeReason,
        CancellationToken cancellationToken
    )
    {
        var now = clock.Now();
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await using (var open = Command(CreateHeadSql, venueId))
            await open.ExecuteNonQueryAsync(cancellationToken);
        await using var lockHead = Command(LockHeadSql, venueId);
        var head = (long)(await lockHead.ExecuteScalarAsync(cancellationToken))!;
        if (writeReason is not null)
            await writeReason(connection, now);
        var moved = 0;
        if (scope is { } chosen)
        {
            await using var move = Command(
                AssignSql(chosen),
                venueId,
                key,
                SqlParameters.Nullable(NpgsqlDbType.Text, userId),
                SqlParameters.Nullable(NpgsqlDbType.Smallint, (short?)matchedBy),
                head,
                now,
                (short)cause,
                causedBy
            );
            moved = await move.ExecuteNonQueryAsync(cancellationToken);
            await using var end = Command(AdvanceHeadSql, venueId, (long)moved);
            await end.ExecuteNonQueryAsync(cancellationToken);
        }
        await transaction.CommitAsync(cancellationToken);
        if (moved > 0)
            signal.Raise(TransactionsChanged.Feed, [venueId]);
        return (moved, head + moved);

        NpgsqlCommand Command(string sql, params ReadOnlySpan<object> values) => new NpgsqlCommand(sql, connection).AddValues(values);
    }
}
