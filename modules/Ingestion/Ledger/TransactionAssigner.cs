using Ingestion.Contracts;
using Ingestion.Transactions;
using NodaTime;
using Npgsql;
using NpgsqlTypes;
using PosModular.Kernel.Data;
using PosModular.Kernel.Feed;
using PosModular.Kernel.Time;

namespace Ingestion.Ledger;

/// <summary>Assigns transactions to a user, or to nobody, in one commit under the venue's feed lock. What caused the assignment (a card
/// link) is written in the same commit. The versions enter the feed in the order of the payments' times, so that rules see a running
/// sum.</summary>
internal sealed class TransactionAssigner(NpgsqlDataSource database, FeedSignal signal, IClock clock)
{
    private const string CreateHeadSql = "insert into ingestion.feed_heads (venue_id, seq) values ($1, 0) on conflict do nothing";

    private const string LockHeadSql = "select seq from ingestion.feed_heads where venue_id = $1 for update";

    private static string AssignSql(Assignment assignment) =>
        $"""
            with chosen as (
              select t.id, t.last_seq, m.user_id, m.matched_by, $5::bigint + row_number() over (order by t.occurred_at, t.id) as seq
              from ingestion.transactions t {assignment.MatchSql}
              where t.venue_id = $1 and {assignment.Condition}),
            moved as (
              update ingestion.transactions t
              set user_id = c.user_id, matched_by = c.matched_by, last_seq = c.seq{assignment.AlsoSet} from chosen c
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

    // It belongs to no transaction: its transaction id is of its own.
    private const string MemberChangeSql = """
        insert into ingestion.transaction_versions (
          venue_id, seq, transaction_id, applied, added, recorded_at, cause, cause_id,
          provider, status, currency, total_minor, tip_minor, refunded_minor, payment_method, user_id, occurred_at,
          tax_minor, discount_minor, service_charge_minor, breakdown_complete, rules_off)
        select $1, $5 + 1, gen_random_uuid(), false, false, $6, $7, $2, 1, 0, 'XXX', 0, 0, 0, 8, $3, $6, 0, 0, 0, false, true
        where $4::smallint is null and $8::text is not null
        """;

    private const string AdvanceHeadSql = "update ingestion.feed_heads set seq = seq + $2 where venue_id = $1";

    /// <summary>Returns how many transactions were assigned, and the sequence number of the last of their versions.</summary>
    /// <param name="venueId">The venue.</param>
    /// <param name="cause">The cause to record with the versions.</param>
    /// <param name="causedBy">The id of the user who did it.</param>
    /// <param name="prepare">Writes the reason under the lock and returns what is to be assigned, in this order.</param>
    /// <param name="record">Writes more in the same commit, once it is known how many transactions were assigned.</param>
    /// <param name="cancellationToken">Cancels the assignment.</param>
    public async Task<(int Count, long Seq)> AssignAsync(
        string venueId,
        VersionCause cause,
        string causedBy,
        Func<NpgsqlConnection, Instant, Task<IReadOnlyList<Assignment>>> prepare,
        Func<NpgsqlConnection, int, Task> record,
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
        var moved = 0;
        foreach (var assignment in await prepare(connection, now))
        {
            await using var move = Command(
                assignment.IsMemberChange ? MemberChangeSql : AssignSql(assignment),
                venueId,
                assignment.Key,
                SqlParameters.Nullable(NpgsqlDbType.Text, assignment.UserId),
                SqlParameters.Nullable(NpgsqlDbType.Smallint, (short?)assignment.MatchedBy),
                head + moved,
                now,
                (short)cause,
                causedBy
            );
            moved += await move.ExecuteNonQueryAsync(cancellationToken);
        }
        if (moved > 0)
        {
            await using var end = Command(AdvanceHeadSql, venueId, (long)moved);
            await end.ExecuteNonQueryAsync(cancellationToken);
        }
        await record(connection, moved);
        await transaction.CommitAsync(cancellationToken);
        if (moved > 0)
            signal.Raise(TransactionsChanged.Feed, [venueId]);
        return (moved, head + moved);

        NpgsqlCommand Command(string sql, params ReadOnlySpan<object> values) => new NpgsqlCommand(sql, connection).AddValues(values);
    }
}
