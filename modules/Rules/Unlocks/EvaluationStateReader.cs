using Ingestion.Contracts;
using Integrations.Contracts.Venues;
using NodaTime;
using Npgsql;
using PosModular.Kernel.Amounts;
using PosModular.Kernel.Data;
using Rules.LiveSessions;
using Rules.SpendRules;

namespace Rules.Unlocks;

/// <summary>Reads, in one round trip, what is needed to evaluate the rules of some venues for some users.</summary>
internal static class EvaluationStateReader
{
    private const string CreateFeedHeads =
        "insert into rules.feed_heads (venue_id, seq) select v, 0 from unnest($1::text[]) v order by v on conflict do nothing";

    private const string LockFeedHeads = "select from rules.feed_heads where venue_id = any($1) order by venue_id for update";

    private const string SelectSpend = """
        select s.venue_id, s.user_id, s.currency, s.authorized_minor, s.captured_minor
        from unnest($1::text[], $2::text[]) u(venue_id, user_id)
        join rules.lifetime_spend s on s.venue_id = u.venue_id and s.user_id = u.user_id
        """;

    private const string SelectUnlocks = """
        select h.venue_id, h.id, h.user_id, h.rule_id, h.tier, h.access, h.threshold_minor, h.currency, h.revoked_at is null
        from unnest($1::text[], $2::text[]) u(venue_id, user_id)
        join rules.unlocks h on h.venue_id = u.venue_id and h.user_id = u.user_id
        where h.revoked_at is null or (h.revoked_by is not null and h.rule_id is not null)
        """;

    private const string SelectEnabledRules = """
        select r.venue_id, r.id, r.name, r.priority, r.threshold_minor, r.currency, r.unlocks_tier, r.grants_access,
          r.live_only, r.live_days, r.live_start, r.live_end, r.performer_id, r.created_at
        from rules.spend_rules r where r.venue_id = any($1) and r.enabled and r.deleted_at is null
        order by r.priority desc, r.threshold_minor, r.id
        """;

    private const string SelectLiveSessions = """
        select venue_id, id, performer_id, started_at, ended_at from rules.live_sessions
        where venue_id = any($1) and started_at <= $3 and (ended_at is null or ended_at > $2)
        """;

    /// <summary>Reads the state of one user under the lock of the venue's unlock feed, to change their unlocks by hand.</summary>
    public static Task<Dictionary<string, EvaluationState>> ReadAsync(
        NpgsqlConnection connection,
        IVenue venue,
        string userId,
        CancellationToken cancellationToken
    ) =>
        ReadAsync(
            connection,
            lockFeeds: true,
            [(venue.Id, userId)],
            new Dictionary<string, IVenue> { [venue.Id] = venue },
            Instant.MinValue,
            Instant.MinValue,
            cancellationToken
        );

    /// <param name="connection">An open connection; to write what the evaluation leads to, with an open transaction.</param>
    /// <param name="lockFeeds">Whether to lock the heads of the venues' unlock feeds first, so that whoever else writes unlocks waits for
    /// the commit.</param>
    /// <param name="users">The users, with their venues.</param>
    /// <param name="venues">The venues by their ids.</param>
    /// <param name="from">The time of the first transaction.</param>
    /// <param name="to">The time of the last transaction.</param>
    /// <param name="cancellationToken">Cancels the reading.</param>
    public static async Task<Dictionary<string, EvaluationState>> ReadAsync(
        NpgsqlConnection connection,
        bool lockFeeds,
        (string VenueId, string UserId)[] users,
        IReadOnlyDictionary<string, IVenue> venues,
        Instant from,
        Instant to,
        CancellationToken cancellationToken
    )
    {
        var venueIds = users.Select(u => u.VenueId).Distinct().ToArray();
        var (venueIdOfUser, userIds) = (users.Select(u => u.VenueId).ToArray(), users.Select(u => u.UserId).ToArray());
        await using var batch = new NpgsqlBatch(connection);
        if (lockFeeds)
            batch.AddCommand(CreateFeedHeads, [venueIds]).AddCommand(LockFeedHeads, [venueIds]);
        batch
            .AddCommand(SelectSpend, venueIdOfUser, userIds)
            .AddCommand(SelectUnlocks, venueIdOfUser, userIds)
            .AddCommand(SelectEnabledRules, [venueIds])
            .AddCommand(SelectLiveSessions, venueIds, from, to);
        var states = venueIds.ToDictionary(id => id, id => new EvaluationState(venues[id], [], [], [], []));
        await using var row = await batch.ExecuteReaderAsync(cancellationToken);
        if (lockFeeds)
            await row.NextResultAsync(cancellationToken);
        while (await row.ReadAsync(cancellationToken))
            states[row.GetString(0)].Spend[(row.GetString(1), row.GetString(2))] = (row.GetInt64(3), row.GetInt64(4));
        await row.NextResultAsync(cancellationToken);
        while (await row.ReadAsync(cancellationToken))
            if (row.GetBoolean(8))
                states[row.GetString(0)].ActiveUnlocks.Add(ReadActiveUnlock(row));
            else
                states[row.GetString(0)].RevokedByHand.Add((row.GetString(2), row.GetGuid(3)));
        await row.NextResultAsync(cancellationToken);
        while (await row.ReadAsync(cancellationToken))
            states[row.GetString(0)].EnabledRules.Add(ReadEnabledRule(row));
        await row.NextResultAsync(cancellationToken);
        while (await row.ReadAsync(cancellationToken))
            states[row.GetString(0)].Sessions.Add(ReadLiveSession(row));
        return states;
    }

    private static ActiveUnlock ReadActiveUnlock(NpgsqlDataReader row) =>
        new(
            row.GetGuid(1),
            row.GetString(2),
            row.IsDBNull(3) ? null : row.GetGuid(3),
            (Tier)row.GetInt16(4),
            ReadAccess(row, 5),
            row.IsDBNull(6) ? null : new Money(row.GetInt64(6), row.GetString(7))
        );

    private static SpendRule ReadEnabledRule(NpgsqlDataReader row) =>
        new()
        {
            VenueId = row.GetString(0),
            Id = row.GetGuid(1),
            Name = row.GetString(2),
            Enabled = true,
            Priority = row.GetInt32(3),
            ThresholdMinor = row.GetInt64(4),
            Currency = row.GetString(5),
            UnlocksTier = (Tier)row.GetInt16(6),
            GrantsAccess = ReadAccess(row, 7),
            LiveOnly = row.GetBoolean(8),
            LiveWindow = row.IsDBNull(9)
                ? null
                : LiveWindow.FromDayMask(row.GetInt32(9), row.GetFieldValue<LocalTime>(10), row.GetFieldValue<LocalTime>(11)),
            PerformerId = row.IsDBNull(12) ? null : row.GetString(12),
            CreatedAt = row.GetFieldValue<Instant>(13),
        };

    private static LiveSession ReadLiveSession(NpgsqlDataReader row) =>
        new()
        {
            VenueId = row.GetString(0),
            Id = row.GetGuid(1),
            PerformerId = row.GetString(2),
            StartedAt = row.GetFieldValue<Instant>(3),
            EndedAt = row.IsDBNull(4) ? null : row.GetFieldValue<Instant>(4),
        };

    private static AccessLevel[] ReadAccess(NpgsqlDataReader row, int column) =>
        [.. row.GetFieldValue<short[]>(column).Select(a => (AccessLevel)a)];
}
