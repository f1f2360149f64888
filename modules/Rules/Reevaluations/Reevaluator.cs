using Ingestion.Contracts;
using Integrations.Contracts.Venues;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using NodaTime;
using Npgsql;
using PosModular.Kernel.Feed;
using PosModular.Kernel.Time;
using Rules.Spend;
using Rules.SpendRules;
using Rules.Unlocks;

namespace Rules.Reevaluations;

/// <summary>Carries out reevaluations in steps of at most 200 members. What a step unlocks and how far it has come are one commit, and a
/// row lock gives each reevaluation to one host at a time, so every member is tried exactly once.</summary>
/// <remarks>A step reads the members' transactions before it locks the venue's feed of memberships, so the relay of the rules hardly waits
/// for it. Under the lock, the rule is tried again with the spend of that moment.</remarks>
internal sealed partial class Reevaluator(
    IDbContextFactory<RulesDb> dbFactory,
    IVenues venues,
    ISpendHistory history,
    FeedSignal signal,
    IClock clock,
    TimeProvider time,
    ILogger<Reevaluator> log
) : BackgroundService
{
    /// <summary>The signal after which hosts look for a reevaluation.</summary>
    public const string Signal = "rules.reevaluations";

    private const int MaxMembers = 200;
    private static readonly TimeSpan PollInterval = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan RetryDelay = TimeSpan.FromSeconds(5);

    private const string LockNextSql = """
        select * from rules.reevaluations where finished_at is null order by requested_at limit 1 for update skip locked
        """;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var wakeup = signal.Listen(Signal);
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                while (await RunStepAsync(stoppingToken)) { }
                await wakeup.WaitAsync(PollInterval, time, stoppingToken);
            }
            catch (Exception e) when (!stoppingToken.IsCancellationRequested)
            {
                LogFailed(log, e.Message);
                await time.DelayAsync(RetryDelay, stoppingToken);
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }

    /// <summary>Tries the next members of the oldest reevaluation; false when there is none, or when other hosts have them all.</summary>
    private async Task<bool> RunStepAsync(CancellationToken cancellationToken)
    {
        await using var db = await dbFactory.CreateDbContextAsync(cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        if (await db.Reevaluations.FromSqlRaw(LockNextSql).ToListAsync(cancellationToken) is not [var work])
            return false;
        var venue = await venues.FindAsync(work.VenueId, cancellationToken);
        var rules = venue is null ? [] : await ListRulesAsync(db, work, cancellationToken);
        var userIds = rules.Count == 0 ? [] : await ListMembersAsync(db, work, venue!, rules, cancellationToken);
        var unlocked = userIds.Count == 0 ? 0 : await UnlockAsync(db, work, venue!, rules, userIds, cancellationToken);
        work.AfterUserId = userIds.Count == 0 ? work.AfterUserId : userIds[^1];
        work.MembersTried += userIds.Count;
        work.MembersUnlocked += unlocked;
        if (userIds.Count < MaxMembers)
            work.FinishedAt = clock.Now();
        await db.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        if (unlocked > 0)
            signal.Raise(TierUnlocked.Feed, [work.VenueId]);
        return true;
    }

    private static Task<List<SpendRule>> ListRulesAsync(RulesDb db, ReevaluationRow work, CancellationToken cancellationToken)
    {
        var enabled = db.SpendRules.AsNoTracking().Where(r => r.VenueId == work.VenueId && r.Enabled && r.DeletedAt == null);
        var chosen = work.RuleId is { } ruleId
            ? enabled.Where(r => r.Id == ruleId)
            : enabled.Where(r => r.PerformerId != null || (r.LiveOnly && r.LiveStart == null));
        return chosen.OrderByDescending(r => r.Priority).ThenBy(r => r.ThresholdMinor).ThenBy(r => r.Id).ToListAsync(cancellationToken);
    }

    private async Task<IReadOnlyList<string>> ListMembersAsync(
        RulesDb db,
        ReevaluationRow work,
        IVenue venue,
        List<SpendRule> rules,
        CancellationToken cancellationToken
    )
    {
        if (work is { SpanFrom: { } from, SpanTo: { } to })
            return await history.ListUsersAsync(venue.Id, from, to, work.AfterUserId, MaxMembers, cancellationToken);
        var (rule, countsCaptured) = (rules.Single(), venue.RulesCountFrom == CountFrom.Captured);
        return await db
            .LifetimeSpend.AsNoTracking()
            .Where(s =>
                s.VenueId == venue.Id
                && s.Currency == rule.Currency
                && s.UserId.CompareTo(work.AfterUserId) > 0
                && (countsCaptured ? s.CapturedMinor : s.AuthorizedMinor) >= rule.ThresholdMinor
            )
            .OrderBy(s => s.UserId)
            .Select(s => s.UserId)
            .Take(MaxMembers)
            .ToListAsync(cancellationToken);
    }

    private async Task<long> UnlockAsync(
        RulesDb db,
        ReevaluationRow work,
        IVenue venue,
        List<SpendRule> rules,
        IReadOnlyList<string> userIds,
        CancellationToken cancellationToken
    )
    {
        var sessions = await db.LiveSessions.AsNoTracking().Where(s => s.VenueId == venue.Id).ToListAsync(cancellationToken);
        var replay = new RuleReplay(venue, rules, sessions, work.SpanFrom, work.SpanTo);
        var met = new List<ReplayedUnlock>();
        var statuses = CountedStatuses.Of(venue.RulesCountFrom);
        await foreach (var transaction in history.ReadAsync(venue.Id, userIds, statuses, cancellationToken))
            met.AddRange(replay.Next(transaction));
        if (met.Count == 0)
            return 0;

        var connection = (NpgsqlConnection)db.Database.GetDbConnection();
        var states = await EvaluationStateReader.ReadAsync(
            connection,
            lockFeeds: true,
            [.. met.Select(u => (venue.Id, u.Transaction.UserId)).Distinct().Order()],
            new Dictionary<string, IVenue> { [venue.Id] = venue },
            met.Min(u => u.Transaction.OccurredAt),
            met.Max(u => u.Transaction.OccurredAt),
            cancellationToken
        );
        var now = clock.Now();
        var result = RuleEvaluation.Reevaluate(
            states[venue.Id],
            met.OrderBy(u => u.Transaction.OccurredAt).ThenBy(u => u.Transaction.Id),
            work.RuleId is null
                ? "A live session was corrected, and the rule was tried on its transactions again."
                : "The rule was applied to the members who were there already.",
            () => now.NewId()
        );
        if (result.NewUnlocks.Count > 0)
            await EvaluationResultWriter.WriteAsync(
                connection,
                [],
                states,
                new Dictionary<string, EvaluationResult> { [venue.Id] = result },
                now,
                cancellationToken
            );
        return result.NewUnlocks.Select(u => u.UserId).Distinct().LongCount();
    }

    [LoggerMessage(LogLevel.Warning, "A reevaluation of members failed and is tried again in five seconds: {Reason}")]
    private static partial void LogFailed(ILogger log, string reason);
}
