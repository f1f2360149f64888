using NodaTime;
using Npgsql;
using PosModular.Kernel;
using Rules.Spend;
using Rules.SpendRules;

namespace Rules.Unlocks;

/// <summary>Writes, in one trip, what the rules' verdicts come to.</summary>
internal static class VerdictSql
{
    private const string MoveSpend = """
        insert into rules.patron_spend as s (venue_id, user_id, currency, authorized_minor, captured_minor)
        select * from unnest($1::text[], $2::text[], $3::text[], $4::bigint[], $5::bigint[]) d(venue_id, user_id, currency, authorized, captured)
        order by d.venue_id, d.user_id, d.currency
        on conflict (venue_id, user_id, currency) do update set
          authorized_minor = s.authorized_minor + excluded.authorized_minor, captured_minor = s.captured_minor + excluded.captured_minor
        """;

    // A subscriber may have seen it: a crash must not take it back, so this commit waits for the disk.
    private const string Durable = "set local synchronous_commit = on";

    // The heads are locked, so the numbers are the order of the commits.
    private const string Unlock = """
        with heads as (
          update rules.feed_heads h set seq = h.seq + n.count from (select v, count(*) from unnest($2::text[]) v group by v) n(venue_id, count)
          where h.venue_id = n.venue_id returning h.venue_id, h.seq - n.count as before)
        insert into rules.unlocks (id, venue_id, user_id, rule_id, tier, access, transaction_id, spend_minor, currency, unlocked_at, seq)
        select u.id, u.venue_id, u.user_id, u.rule_id, u.tier, string_to_array(u.access, ',')::smallint[], u.transaction_id, u.spend, u.currency, $10,
          h.before + row_number() over (partition by u.venue_id order by u.place)
        from unnest($1::uuid[], $2::text[], $3::text[], $4::uuid[], $5::smallint[], $6::text[], $7::uuid[], $8::bigint[], $9::text[])
          with ordinality u(id, venue_id, user_id, rule_id, tier, access, transaction_id, spend, currency, place)
        join heads h on h.venue_id = u.venue_id
        """;

    private const string CountRules = """
        update rules.spend_rules r set times_triggered = r.times_triggered + n.count, last_triggered_at = $3
        from (select v, i, count(*) from unnest($1::text[], $2::uuid[]) f(v, i) group by v, i) n(venue_id, id, count)
        where r.venue_id = n.venue_id and r.id = n.id
        """;

    private const string Revoke = """
        update rules.unlocks u set revoked_at = $4, revoked_reason = r.reason from unnest($1::text[], $2::uuid[], $3::text[]) r(venue_id, id, reason)
        where u.venue_id = r.venue_id and u.id = r.id
        """;

    // The tier before is read from the row as it was; history gets a line only when it moves.
    private const string Members = """
        with given as (
          select * from unnest($1::text[], $2::text[], $3::smallint[], $4::text[], $5::timestamptz[], $6::timestamptz[], $7::uuid[], $8::uuid[])
            g(venue_id, user_id, tier, access, first_seen, last_seen, change_id, unlock_id)),
        before as (
          select g.venue_id, g.user_id, coalesce(m.tier, 0) as tier from given g left join rules.members m on m.venue_id = g.venue_id and m.user_id = g.user_id),
        written as (
          insert into rules.members as m (venue_id, user_id, tier, access, first_seen_at, last_seen_at)
          select venue_id, user_id, tier, string_to_array(access, ',')::smallint[], first_seen, last_seen from given order by venue_id, user_id
          on conflict (venue_id, user_id) do update set tier = excluded.tier, access = excluded.access,
            first_seen_at = least(m.first_seen_at, excluded.first_seen_at), last_seen_at = greatest(m.last_seen_at, excluded.last_seen_at))
        insert into rules.tier_history (id, venue_id, user_id, at, from_tier, to_tier, reason, unlock_id)
        select g.change_id, g.venue_id, g.user_id, $9, b.tier, g.tier,
          case when g.tier > b.tier then 'Unlocked.' else 'An unlock was taken back.' end, case when g.tier > b.tier then g.unlock_id end
        from given g join before b on b.venue_id = g.venue_id and b.user_id = g.user_id where b.tier <> g.tier
        """;

    public static async Task WriteAsync(
        NpgsqlConnection connection, IReadOnlyList<SpendDelta> deltas, IReadOnlyDictionary<string, Standing> standings,
        IReadOnlyDictionary<string, Verdict> verdicts, Instant now, CancellationToken ct)
    {
        await using var batch = new NpgsqlBatch(connection);
        if (deltas.Count > 0)
            Add(batch, MoveSpend, Each(deltas, d => d.VenueId), Each(deltas, d => d.UserId), Each(deltas, d => d.Currency),
                Each(deltas, d => d.AuthorizedMinor), Each(deltas, d => d.CapturedMinor));
        // Taken back first: the same rule may have unlocked anew since, and holds once.
        var taken = verdicts.SelectMany(v => v.Value.TakenBack.Select(t => (VenueId: v.Key, Taken: t))).ToArray();
        if (taken.Length > 0)
            Add(batch, Revoke, Each(taken, t => t.VenueId), Each(taken, t => t.Taken.Unlock.Id), Each(taken, t => t.Taken.Reason), now);
        var fired = verdicts.SelectMany(v => v.Value.Fired.Select(f => (VenueId: v.Key, Fired: f))).ToArray();
        if (fired.Length > 0)
        {
            Add(batch, Durable);
            Add(batch, Unlock, Each(fired, f => f.Fired.Id), Each(fired, f => f.VenueId), Each(fired, f => f.Fired.UserId), Each(fired, f => f.Fired.Rule.Id),
                Each(fired, f => (short)f.Fired.Rule.UnlocksTier), Each(fired, f => Text(f.Fired.Rule.GrantsAccess)), Each(fired, f => f.Fired.TransactionId),
                Each(fired, f => f.Fired.SpendMinor), Each(fired, f => f.Fired.Rule.Currency), now);
            Add(batch, CountRules, Each(fired, f => f.VenueId), Each(fired, f => f.Fired.Rule.Id), now);
        }
        var members = verdicts.SelectMany(v => MembersOf(v.Key, standings[v.Key], v.Value)).OrderBy(m => m.VenueId).ThenBy(m => m.UserId).ToArray();
        if (members.Length > 0)
            Add(batch, Members, Each(members, m => m.VenueId), Each(members, m => m.UserId), Each(members, m => (short)m.Tier), Each(members, m => Text(m.Access)),
                Each(members, m => m.Seen?.First), Each(members, m => m.Seen?.Last), Each(members, _ => now.NewId()), Each(members, m => m.UnlockId), now);
        if (batch.BatchCommands.Count > 0)
            await batch.ExecuteNonQueryAsync(ct);
    }

    private sealed record Touched(
        string VenueId, string UserId, Tier Tier, IReadOnlyList<AccessLevel> Access, (Instant First, Instant Last)? Seen, Guid? UnlockId);

    // The tier is the highest held, the access the union.
    private static IEnumerable<Touched> MembersOf(string venueId, Standing standing, Verdict verdict)
    {
        var users = verdict.Seen.Keys.Concat(verdict.Fired.Select(f => f.UserId)).Concat(verdict.TakenBack.Select(t => t.Unlock.UserId)).Distinct();
        foreach (var user in users)
        {
            var held = standing.Held.Where(h => h.UserId == user).ToArray();
            yield return new Touched(venueId, user, held.Select(h => h.Tier).DefaultIfEmpty(Tier.Guest).Max(), [.. held.SelectMany(h => h.Access).Distinct().Order()],
                verdict.Seen.TryGetValue(user, out var seen) ? seen : null,
                verdict.Fired.Where(f => f.UserId == user).OrderByDescending(f => f.Rule.UnlocksTier).FirstOrDefault()?.Id);
        }
    }

    // Arrays of arrays are not to be had in a parameter; '' is the empty list.
    private static string Text(IEnumerable<AccessLevel> access) => string.Join(',', access.Select(a => (short)a));

    private static T[] Each<TItem, T>(IReadOnlyList<TItem> items, Func<TItem, T> value) => [.. items.Select(value)];

    private static void Add(NpgsqlBatch batch, string sql, params ReadOnlySpan<object> values)
    {
        var command = new NpgsqlBatchCommand(sql);
        foreach (var value in values)
            command.Parameters.Add(new NpgsqlParameter { Value = value });
        batch.BatchCommands.Add(command);
    }
}
