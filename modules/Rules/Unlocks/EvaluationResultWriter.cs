using System.Globalization;
using Ingestion.Contracts;
using NodaTime;
using Npgsql;
using NpgsqlTypes;
using PosModular.Kernel.Data;
using PosModular.Kernel.Time;
using Rules.Spend;
using Rules.SpendRules;

namespace Rules.Unlocks;

/// <summary>Writes, in one round trip, what the evaluation of the rules has led to.</summary>
internal static class EvaluationResultWriter
{
    // What the rules said of each transaction is written by the same statement as the spend.
    private const string UpsertSpend = """
        with evaluated as (
          insert into rules.evaluations as e (venue_id, transaction_id, seq, at, rule_ids, unmet, spend_minor, threshold_minor)
          select t.venue_id, t.transaction_id, t.seq, $6, string_to_array(t.rule_ids, ',')::uuid[],
            string_to_array(t.unmet, ',')::smallint[], string_to_array(t.spend, ',')::bigint[],
            string_to_array(t.threshold, ',')::bigint[]
          from unnest($7::text[], $8::uuid[], $9::bigint[], $10::text[], $11::text[], $12::text[], $13::text[])
            t(venue_id, transaction_id, seq, rule_ids, unmet, spend, threshold)
          order by t.venue_id, t.transaction_id
          on conflict (venue_id, transaction_id) do update set seq = excluded.seq, at = excluded.at, rule_ids = excluded.rule_ids,
            unmet = excluded.unmet, spend_minor = excluded.spend_minor, threshold_minor = excluded.threshold_minor)
        insert into rules.lifetime_spend as s (venue_id, user_id, currency, authorized_minor, captured_minor)
        select * from unnest($1::text[], $2::text[], $3::text[], $4::bigint[], $5::bigint[])
          d(venue_id, user_id, currency, authorized, captured)
        order by d.venue_id, d.user_id, d.currency
        on conflict (venue_id, user_id, currency) do update set
          authorized_minor = s.authorized_minor + excluded.authorized_minor, captured_minor = s.captured_minor + excluded.captured_minor
        """;

    // The relay commits without waiting for the disk. A subscriber may already have seen an unlock or a revocation, and no crash may take
    // it back, so a commit with one waits.
    private const string SynchronousCommit = "set local synchronous_commit = on";

    // The heads of the feeds are locked, so the sequence is the order of the commits.
    private const string InsertUnlocks = """
        with heads as (
          update rules.feed_heads h set seq = h.seq + n.count
          from (select v, count(*) from unnest($2::text[]) v group by v) n(venue_id, count)
          where h.venue_id = n.venue_id returning h.venue_id, h.seq - n.count as before)
        insert into rules.unlocks
          (id, venue_id, user_id, rule_id, rule_name, tier, access, transaction_id, spend_minor, threshold_minor, currency,
           unlocked_at, seq, reason)
        select u.id, u.venue_id, u.user_id, u.rule_id, u.rule_name, u.tier, string_to_array(u.access, ',')::smallint[],
          u.transaction_id, u.spend, u.threshold, u.currency, $12,
          h.before + row_number() over (partition by u.venue_id order by u.position), u.reason
        from unnest($1::uuid[], $2::text[], $3::text[], $4::uuid[], $5::smallint[], $6::text[], $7::uuid[], $8::bigint[], $9::bigint[],
            $10::text[], $11::text[], $13::text[]) with ordinality
          u(id, venue_id, user_id, rule_id, tier, access, transaction_id, spend, threshold, currency, rule_name, reason, position)
        join heads h on h.venue_id = u.venue_id
        """;

    private const string CountTriggeredRules = """
        update rules.spend_rules r set times_triggered = r.times_triggered + n.count, last_triggered_at = $3
        from (select v, i, count(*) from unnest($1::text[], $2::uuid[]) f(v, i) group by v, i) n(venue_id, id, count)
        where r.venue_id = n.venue_id and r.id = n.id
        """;

    private const string RevokeUnlocks = """
        with heads as (
          update rules.feed_heads h set seq = h.seq + n.count
          from (select v, count(*) from unnest($1::text[]) v group by v) n(venue_id, count)
          where h.venue_id = n.venue_id returning h.venue_id, h.seq - n.count as before)
        update rules.unlocks u set revoked_at = $4, revoked_reason = r.reason, revoked_by = r.revoked_by, revoked_seq = h.before + r.number
        from (
          select venue_id, id, reason, revoked_by, row_number() over (partition by venue_id order by position) as number
          from unnest($1::text[], $2::uuid[], $3::text[], $5::text[]) with ordinality r(venue_id, id, reason, revoked_by, position)) r
        join heads h on h.venue_id = r.venue_id
        where u.venue_id = r.venue_id and u.id = r.id
        """;

    // All parts of the statement see the members as they were, so "before" is the tier before this write. The history gets a row only when
    // the tier changes.
    private static readonly string UpsertMembers = $"""
        with given as (
          select * from unnest($1::text[], $2::text[], $3::smallint[], $4::text[], $5::timestamptz[], $6::timestamptz[], $7::uuid[],
              $8::uuid[], $10::text[], $11::text[])
            g(venue_id, user_id, tier, access, first_seen, last_seen, change_id, unlock_id, raised, lowered)),
        before as (
          select g.venue_id, g.user_id, coalesce(m.tier, {Tier.Guest:D}) as tier
          from given g left join rules.members m on m.venue_id = g.venue_id and m.user_id = g.user_id),
        written as (
          insert into rules.members as m (venue_id, user_id, tier, access, first_seen_at, last_seen_at)
          select venue_id, user_id, tier, string_to_array(access, ',')::smallint[], first_seen, last_seen
          from given order by venue_id, user_id
          on conflict (venue_id, user_id) do update set tier = excluded.tier, access = excluded.access,
            first_seen_at = least(m.first_seen_at, excluded.first_seen_at), last_seen_at = greatest(m.last_seen_at, excluded.last_seen_at))
        insert into rules.tier_history (id, venue_id, user_id, at, from_tier, to_tier, reason, unlock_id)
        select g.change_id, g.venue_id, g.user_id, $9, b.tier, g.tier,
          case when g.tier > b.tier then g.raised else g.lowered end, case when g.tier > b.tier then g.unlock_id end
        from given g join before b on b.venue_id = g.venue_id and b.user_id = g.user_id where b.tier <> g.tier
        """;

    public static async Task WriteAsync(
        NpgsqlConnection connection,
        IReadOnlyList<SpendDelta> deltas,
        IReadOnlyDictionary<string, EvaluationState> states,
        IReadOnlyDictionary<string, EvaluationResult> results,
        Instant now,
        CancellationToken cancellationToken
    )
    {
        await using var batch = new NpgsqlBatch(connection);
        var evaluated = results.SelectMany(r => r.Value.Evaluations.Select(e => (VenueId: r.Key, Evaluation: e))).ToArray();
        if (deltas.Count > 0 || evaluated.Length > 0)
            batch.AddCommand(
                UpsertSpend,
                Values(deltas, d => d.VenueId),
                Values(deltas, d => d.UserId),
                Values(deltas, d => d.Currency),
                Values(deltas, d => d.AuthorizedMinor),
                Values(deltas, d => d.CapturedMinor),
                now,
                Values(evaluated, e => e.VenueId),
                Values(evaluated, e => e.Evaluation.TransactionId),
                Values(evaluated, e => e.Evaluation.Seq),
                Values(evaluated, e => ListText(e.Evaluation.Findings, f => f.Rule.Id)),
                Values(evaluated, e => ListText(e.Evaluation.Findings, f => (short)f.Unmet)),
                Values(evaluated, e => ListText(e.Evaluation.Findings, f => f.SpendMinor)),
                Values(evaluated, e => ListText(e.Evaluation.Findings, f => f.Rule.ThresholdMinor))
            );
        var revoked = results
            .SelectMany(r => r.Value.RevokedUnlocks.Select(u => (VenueId: r.Key, u.Unlock, u.Reason, u.RevokedBy)))
            .ToArray();
        var unlocked = results.SelectMany(r => r.Value.NewUnlocks.Select(u => (VenueId: r.Key, Unlock: u, u.Rule))).ToArray();
        if (revoked.Length > 0 || unlocked.Length > 0)
            batch.AddCommand(SynchronousCommit);
        // Revocations come first: the same rule may have unlocked again since, and a user has at most one unlock of a rule in force.
        if (revoked.Length > 0)
            batch.AddCommand(
                RevokeUnlocks,
                Values(revoked, u => u.VenueId),
                Values(revoked, u => u.Unlock.Id),
                Values(revoked, u => u.Reason),
                now,
                SqlParameters.NullableArray(NpgsqlDbType.Text, Values(revoked, u => u.RevokedBy))
            );
        if (unlocked.Length > 0)
        {
            batch.AddCommand(
                InsertUnlocks,
                Values(unlocked, u => u.Unlock.Id),
                Values(unlocked, u => u.VenueId),
                Values(unlocked, u => u.Unlock.UserId),
                SqlParameters.NullableArray(NpgsqlDbType.Uuid, Values(unlocked, u => u.Rule?.Id)),
                Values(unlocked, u => (short)u.Unlock.Tier),
                Values(unlocked, u => AccessText(u.Unlock.Access)),
                SqlParameters.NullableArray(NpgsqlDbType.Uuid, Values(unlocked, u => u.Unlock.TransactionId)),
                SqlParameters.NullableArray(NpgsqlDbType.Bigint, Values(unlocked, u => u.Unlock.SpendMinor)),
                SqlParameters.NullableArray(NpgsqlDbType.Bigint, Values(unlocked, u => u.Rule?.ThresholdMinor)),
                SqlParameters.NullableArray(NpgsqlDbType.Text, Values(unlocked, u => u.Rule?.Currency)),
                SqlParameters.NullableArray(NpgsqlDbType.Text, Values(unlocked, u => u.Rule?.Name)),
                now,
                SqlParameters.NullableArray(NpgsqlDbType.Text, Values(unlocked, u => u.Unlock.Reason))
            );
            var byRule = unlocked.Where(u => u.Rule is not null).ToArray();
            batch.AddCommand(CountTriggeredRules, Values(byRule, u => u.VenueId), Values(byRule, u => u.Rule!.Id), now);
        }
        var members = results
            .SelectMany(r => MemberUpdatesOf(r.Key, states[r.Key], r.Value))
            .OrderBy(m => m.VenueId)
            .ThenBy(m => m.UserId)
            .ToArray();
        if (members.Length > 0)
            batch.AddCommand(
                UpsertMembers,
                Values(members, m => m.VenueId),
                Values(members, m => m.UserId),
                Values(members, m => (short)m.Tier),
                Values(members, m => AccessText(m.Access)),
                Values(members, m => m.SeenAt?.First),
                Values(members, m => m.SeenAt?.Last),
                Values(members, _ => now.NewId()),
                Values(members, m => m.UnlockId),
                now,
                Values(members, m => m.RaisedReason),
                Values(members, m => m.LoweredReason)
            );
        if (batch.BatchCommands.Count > 0)
            await batch.ExecuteNonQueryAsync(cancellationToken);
    }

    private sealed record MemberUpdate(
        string VenueId,
        string UserId,
        Tier Tier,
        IReadOnlyList<AccessLevel> Access,
        (Instant First, Instant Last)? SeenAt,
        Guid? UnlockId,
        string RaisedReason,
        string LoweredReason
    );

    // The tier is the highest of the active unlocks, the access their union.
    private static IEnumerable<MemberUpdate> MemberUpdatesOf(string venueId, EvaluationState state, EvaluationResult result)
    {
        var userIds = result
            .SeenByUserId.Keys.Concat(result.NewUnlocks.Select(u => u.UserId))
            .Concat(result.RevokedUnlocks.Select(u => u.Unlock.UserId))
            .Distinct();
        foreach (var userId in userIds)
        {
            var highest = result.NewUnlocks.Where(u => u.UserId == userId).MaxBy(u => u.Tier);
            var isRevokedByHand = result.RevokedUnlocks.Any(u => u.Unlock.UserId == userId && u.RevokedBy is not null);
            var activeUnlocks = state.ActiveUnlocks.Where(u => u.UserId == userId).ToArray();
            yield return new MemberUpdate(
                venueId,
                userId,
                activeUnlocks.Select(u => u.Tier).DefaultIfEmpty(Tier.Guest).Max(),
                [.. activeUnlocks.SelectMany(u => u.Access).Distinct().Order()],
                result.SeenByUserId.TryGetValue(userId, out var seenAt) ? seenAt : null,
                highest?.Id,
                highest is { Rule: null } ? "Granted by hand." : "Unlocked.",
                isRevokedByHand ? "An unlock was revoked by hand." : "An unlock was revoked."
            );
        }
    }

    // PostgreSQL cannot unnest an array of arrays into arrays, so each list travels as text; '' is the empty list.
    private static string AccessText(IEnumerable<AccessLevel> access) => string.Join(',', access.Select(a => (short)a));

    private static string ListText<T>(IReadOnlyList<RuleFinding> findings, Func<RuleFinding, T> value)
        where T : IFormattable => string.Join(',', findings.Select(f => value(f).ToString(null, CultureInfo.InvariantCulture)));

    private static T[] Values<TItem, T>(IReadOnlyList<TItem> items, Func<TItem, T> value) => [.. items.Select(value)];
}
