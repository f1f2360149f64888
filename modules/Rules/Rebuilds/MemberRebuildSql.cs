using Ingestion.Contracts;
using NodaTime;
using Npgsql;
using PosModular.Kernel.Data;
using PosModular.Kernel.Time;
using Rules.SpendRules;

namespace Rules.Rebuilds;

/// <summary>A member whose stored tier or access is not that of their unlocks in force, or whose history ends with another tier.</summary>
internal sealed record TierDifference(
    string UserId,
    (Tier Tier, IReadOnlyList<AccessLevel> Access)? Stored,
    Tier LastInHistory,
    (Tier Tier, IReadOnlyList<AccessLevel> Access) InForce
);

/// <summary>The statements with which the spend and the members of a venue are compared and corrected.</summary>
internal static class MemberRebuildSql
{
    // While the transactions are added up over another connection, this one is idle and must keep its locks.
    private const string AllowIdleTransaction = "set local idle_in_transaction_session_timeout = '5min'";

    private const string CreateFeedHead = "insert into rules.feed_heads (venue_id, seq) values ($1, 0) on conflict do nothing";

    private const string CreatePosition =
        "insert into rules.feed_positions (source, venue_id, seq) values ($1, $2, 0) on conflict do nothing";

    // The relay takes the two locks in the same order, and whoever retries a dead letter the second one, before the effect.
    private const string LockPosition = "select seq from rules.feed_positions where source = $1 and venue_id = $2 for update";

    private const string LockFeedHead = "select seq from rules.feed_heads where venue_id = $1 for update";

    private const string SelectDeadLetters = "select seq from rules.feed_dead_letters where source = $1 and venue_id = $2";

    private const string SelectSpend =
        "select user_id, currency, authorized_minor, captured_minor from rules.lifetime_spend where venue_id = $1";

    private const string SelectTiers = """
        select user_id, m.user_id is not null, coalesce(m.tier, 0), coalesce(m.access, '{}'), coalesce(h.to_tier, 0),
          coalesce(f.tier, 0), coalesce(f.access, '{}')
        from (select user_id, tier, access from rules.members where venue_id = $1) m
        full join (
          select u.user_id, max(u.tier) as tier,
            coalesce(array_agg(distinct a order by a) filter (where a is not null), '{}') as access
          from rules.unlocks u left join lateral unnest(u.access) a on true
          where u.venue_id = $1 and u.revoked_at is null group by u.user_id) f using (user_id)
        left join lateral (
          select to_tier from rules.tier_history where venue_id = $1 and user_id = coalesce(m.user_id, f.user_id)
          order by id desc limit 1) h on true
        where m.user_id is null or m.tier <> coalesce(f.tier, 0) or m.access <> coalesce(f.access, '{}') or m.tier <> coalesce(h.to_tier, 0)
        order by user_id
        """;

    private const string CorrectTiers = """
        with given as (
          select user_id, before, tier, string_to_array(access, ',')::smallint[] as access, change_id
          from unnest($2::text[], $3::smallint[], $4::smallint[], $5::text[], $6::uuid[]) g(user_id, before, tier, access, change_id)),
        written as (
          insert into rules.members as m (venue_id, user_id, tier, access) select $1, user_id, tier, access from given order by user_id
          on conflict (venue_id, user_id) do update set tier = excluded.tier, access = excluded.access)
        insert into rules.tier_history (id, venue_id, user_id, at, from_tier, to_tier, reason)
        select change_id, $1, user_id, $7, before, tier, 'The tier was recomputed from the unlocks in force.'
        from given where before <> tier
        """;

    /// <summary>Locks the position and the feed of memberships of a venue, so that neither the relay nor anybody else changes spend or
    /// unlocks until the commit. Returns the position and the changes before it that could not be handled.</summary>
    public static async Task<(long Seq, IReadOnlyList<long> DeadLetters)> LockAsync(
        NpgsqlConnection connection,
        string venueId,
        CancellationToken cancellationToken
    )
    {
        await using var batch = new NpgsqlBatch(connection)
            .AddCommand(AllowIdleTransaction)
            .AddCommand(CreatePosition, TransactionsChanged.Feed, venueId)
            .AddCommand(CreateFeedHead, venueId)
            .AddCommand(LockPosition, TransactionsChanged.Feed, venueId)
            .AddCommand(LockFeedHead, venueId)
            .AddCommand(SelectDeadLetters, TransactionsChanged.Feed, venueId);
        await using var row = await batch.ExecuteReaderAsync(cancellationToken);
        await row.ReadAsync(cancellationToken);
        var (seq, deadLetters) = (row.GetInt64(0), new List<long>());
        await row.NextResultAsync(cancellationToken);
        await row.NextResultAsync(cancellationToken);
        while (await row.ReadAsync(cancellationToken))
            deadLetters.Add(row.GetInt64(0));
        return (seq, deadLetters);
    }

    public static async Task<IReadOnlyDictionary<(string UserId, string Currency), (long Authorized, long Captured)>> ReadSpendAsync(
        NpgsqlConnection connection,
        string venueId,
        CancellationToken cancellationToken
    )
    {
        var spend = new Dictionary<(string, string), (long, long)>();
        await using var command = new NpgsqlCommand(SelectSpend, connection).AddValues(venueId);
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        while (await row.ReadAsync(cancellationToken))
            spend[(row.GetString(0), row.GetString(1))] = (row.GetInt64(2), row.GetInt64(3));
        return spend;
    }

    public static async Task<IReadOnlyList<TierDifference>> ReadTierDifferencesAsync(
        NpgsqlConnection connection,
        string venueId,
        CancellationToken cancellationToken
    )
    {
        var differences = new List<TierDifference>();
        await using var command = new NpgsqlCommand(SelectTiers, connection).AddValues(venueId);
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        while (await row.ReadAsync(cancellationToken))
            differences.Add(
                new TierDifference(
                    row.GetString(0),
                    row.GetBoolean(1) ? ((Tier)row.GetInt16(2), ReadAccess(row, 3)) : null,
                    (Tier)row.GetInt16(4),
                    ((Tier)row.GetInt16(5), ReadAccess(row, 6))
                )
            );
        return differences;
    }

    public static async Task CorrectTiersAsync(
        NpgsqlConnection connection,
        string venueId,
        IReadOnlyList<TierDifference> differences,
        Instant now,
        CancellationToken cancellationToken
    )
    {
        await using var command = new NpgsqlCommand(CorrectTiers, connection).AddValues(
            venueId,
            differences.Select(d => d.UserId).ToArray(),
            differences.Select(d => (short)d.LastInHistory).ToArray(),
            differences.Select(d => (short)d.InForce.Tier).ToArray(),
            differences.Select(d => string.Join(',', d.InForce.Access.Select(a => (short)a))).ToArray(),
            differences.Select(_ => now.NewId()).ToArray(),
            now
        );
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private static AccessLevel[] ReadAccess(NpgsqlDataReader row, int column) =>
        [.. row.GetFieldValue<short[]>(column).Select(a => (AccessLevel)a)];
}
