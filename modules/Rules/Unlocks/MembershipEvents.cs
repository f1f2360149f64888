using Ingestion.Contracts;
using Integrations.Contracts.Webhooks;
using NodaTime;
using Npgsql;
using PosModular.Kernel.Feed;
using Rules.SpendRules;

namespace Rules.Unlocks;

/// <summary>The feed of memberships as other systems hear of it: each unlock and each revocation.</summary>
internal static class MembershipEvents
{
    private const string Sql = """
        select c.venue_id, c.seq, c.is_revocation, u.id, u.user_id, u.tier, u.access, u.rule_id, u.rule_name, u.transaction_id,
          u.spend_minor, u.currency, u.reason, u.unlocked_at, u.revoked_at, u.revoked_reason
        from (
          select venue_id, seq, id, false as is_revocation from rules.unlocks where venue_id = b.venue_id and seq > b.seq
          union all
          select venue_id, revoked_seq, id, true from rules.unlocks where venue_id = b.venue_id and revoked_seq > b.seq) c
        join rules.unlocks u on u.venue_id = c.venue_id and u.id = c.id
        order by c.seq
        """;

    public static FeedSource Source { get; } =
        new FeedSource<VenueEvent>(
            VenueEventsOccurred.MembershipsFeed,
            "rules.feed_heads",
            Sql,
            ReadEvent,
            events => new VenueEventsOccurred(events),
            signal: TierUnlocked.Feed
        );

    private static VenueEvent ReadEvent(NpgsqlDataReader row, int at)
    {
        var (venueId, userId, isRevocation) = (row.GetString(at), row.GetString(at + 4), row.GetBoolean(at + 2));
        var unlock = new
        {
            venueId,
            userId,
            unlockId = row.GetGuid(at + 3),
            tier = (Tier)row.GetInt16(at + 5),
            access = row.GetFieldValue<short[]>(at + 6).Select(a => (AccessLevel)a),
            ruleId = row.IsDBNull(at + 7) ? (Guid?)null : row.GetGuid(at + 7),
            ruleName = Text(8),
            transactionId = row.IsDBNull(at + 9) ? (Guid?)null : row.GetGuid(at + 9),
            spendAtUnlock = row.IsDBNull(at + 10) ? null : new { amountMinor = row.GetInt64(at + 10), currency = Text(11) },
            unlockedAt = row.GetFieldValue<Instant>(at + 13),
            revokedAt = isRevocation ? row.GetFieldValue<Instant>(at + 14) : (Instant?)null,
            reason = isRevocation ? Text(15) : Text(12),
        };
        return VenueEvent.Of(
            venueId,
            isRevocation ? VenueEventTypes.MembershipRevoked : VenueEventTypes.MembershipUnlocked,
            VenueEvent.Member(userId),
            unlock.revokedAt ?? unlock.unlockedAt,
            unlock
        );

        string? Text(int column) => row.IsDBNull(at + column) ? null : row.GetString(at + column);
    }
}
