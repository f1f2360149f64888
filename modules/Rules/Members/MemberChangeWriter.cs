using Ingestion.Contracts;
using NodaTime;
using Npgsql;
using PosModular.Kernel.Data;
using PosModular.Kernel.Time;

namespace Rules.Members;

/// <summary>Merges a member into another one or forgets them, in the commit of the reader. The spend of merged members follows with the
/// changes of their transactions, and what it unlocks then is the other member's. An unlock that moves is revoked and given again, so that
/// whoever follows the feed of memberships hears of both.</summary>
internal static class MemberChangeWriter
{
    private const string CreateFeedHead = "insert into rules.feed_heads (venue_id, seq) values ($1, 0) on conflict do nothing";

    private const string LockFeedHead = "select from rules.feed_heads where venue_id = $1 for update";

    private const string Member = "(select user_id from rules.members where venue_id = $1 and rules.member_id(venue_id, user_id) = $2)";

    // A user has at most one unlock of a rule in force. The new ids begin as $5 does, so they sort by time.
    private const string ReissueUnlocks = $"""
        with moved as (
          select u.*, row_number() over (order by u.seq) as number, u.rule_id is not null and exists (
            select from rules.unlocks i
            where i.venue_id = $1 and i.user_id = $3 and i.rule_id = u.rule_id and i.revoked_at is null) as is_duplicate
          from rules.unlocks u where u.venue_id = $1 and u.user_id = {Member} and u.revoked_at is null),
        counted as (select count(*) as revoked, count(*) filter (where not is_duplicate) as given from moved),
        head as (
          update rules.feed_heads h set seq = h.seq + c.revoked + c.given from counted c
          where h.venue_id = $1 returning h.seq - c.revoked - c.given as before),
        revoked as (
          update rules.unlocks u set revoked_at = $4, revoked_seq = h.before + m.number, revoked_reason = case when m.is_duplicate
            then 'The member was merged with one who had this unlock too.'
            else 'The member was merged with another one, who has this unlock now.' end
          from moved m cross join head h where u.venue_id = $1 and u.id = m.id)
        insert into rules.unlocks (id, venue_id, user_id, rule_id, rule_name, tier, access, transaction_id, spend_minor, threshold_minor,
          currency, reason, unlocked_at, seq)
        select (left($5::text, 24) || lpad(to_hex(m.number), 12, '0'))::uuid, $1, $3, m.rule_id, m.rule_name, m.tier, m.access,
          m.transaction_id, m.spend_minor, m.threshold_minor, m.currency, coalesce(m.reason, 'It came with a merged member.'), $4,
          h.before + c.revoked + row_number() over (order by m.number)
        from moved m cross join counted c cross join head h where not m.is_duplicate
        """;

    // The relay commits without waiting for the disk, but no crash may take back what a subscriber has seen.
    private const string SynchronousCommit = "set local synchronous_commit = on";

    private const string MoveUnlocks = $"update rules.unlocks set user_id = $3 where venue_id = $1 and user_id = {Member}";

    private const string MoveHistory = $"update rules.tier_history set user_id = $3 where venue_id = $1 and user_id = {Member}";

    // The history of both is one now. It may end with an entry of the member that was merged, so it is continued up to the tier in force.
    private const string MergeMember = $"""
        with parts as (
          select tier, first_seen_at, last_seen_at, user_id from rules.members where venue_id = $1 and user_id in ({Member}, $3)),
        active as (select tier, access from rules.unlocks where venue_id = $1 and user_id = $3 and revoked_at is null),
        merged as (
          select coalesce((select max(tier) from active), 0)::smallint as tier,
            array(select distinct a from active, unnest(access) a order by a) as access,
            (select min(first_seen_at) from parts) as first_seen_at, (select max(last_seen_at) from parts) as last_seen_at),
        written as (
          insert into rules.members as m (venue_id, user_id, tier, access, first_seen_at, last_seen_at)
          select $1, $3, tier, access, first_seen_at, last_seen_at from merged where exists (select from parts)
          on conflict (venue_id, user_id) do update set tier = excluded.tier, access = excluded.access,
            first_seen_at = excluded.first_seen_at, last_seen_at = excluded.last_seen_at
          returning tier)
        insert into rules.tier_history (id, venue_id, user_id, at, from_tier, to_tier, reason)
        select $5, $1, $3, $4, b.tier, w.tier, 'Merged with another member.'
        from written w cross join (
          select coalesce((
            select to_tier from rules.tier_history where venue_id = $1 and user_id = $3 order by id desc limit 1), 0) as tier) b
        where b.tier <> w.tier
        """;

    private const string DeleteMember = $"delete from rules.members where venue_id = $1 and user_id = {Member}";

    // The row stays in the feed, and in the counts of its rule.
    private const string ForgetUnlocks = $"""
        update rules.unlocks set user_id = 'forgotten-' || gen_random_uuid(), reason = null,
          revoked_at = coalesce(revoked_at, $3), revoked_reason = case when revoked_at is null then 'The member was forgotten.' end
        where venue_id = $1 and user_id = {Member}
        """;

    private const string ForgetHistory = $"delete from rules.tier_history where venue_id = $1 and user_id = {Member}";

    private const string ForgetSpend = $"delete from rules.lifetime_spend where venue_id = $1 and user_id = {Member}";

    /// <summary>The user of the membership; null when they are no member.</summary>
    public static async Task<string?> FindUserAsync(NpgsqlConnection connection, MemberChange change, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("select " + Member, connection).AddValues(change.VenueId, change.MemberId);
        return await command.ExecuteScalarAsync(cancellationToken) as string;
    }

    public static async Task WriteAsync(NpgsqlConnection connection, MemberChange change, Instant now, CancellationToken cancellationToken)
    {
        var (venueId, memberId) = (change.VenueId, change.MemberId);
        await using var batch = new NpgsqlBatch(connection).AddCommand(CreateFeedHead, venueId).AddCommand(LockFeedHead, venueId);
        if (change.IntoUserId is { } into)
            batch
                .AddCommand(SynchronousCommit)
                .AddCommand(ReissueUnlocks, venueId, memberId, into, now, now.NewId())
                .AddCommand(MoveUnlocks, venueId, memberId, into)
                .AddCommand(MoveHistory, venueId, memberId, into)
                .AddCommand(MergeMember, venueId, memberId, into, now, now.NewId())
                .AddCommand(DeleteMember, venueId, memberId);
        else
            batch
                .AddCommand(ForgetUnlocks, venueId, memberId, now)
                .AddCommand(ForgetHistory, venueId, memberId)
                .AddCommand(ForgetSpend, venueId, memberId)
                .AddCommand(DeleteMember, venueId, memberId);
        await batch.ExecuteNonQueryAsync(cancellationToken);
    }
}
