using Ingestion.Contracts;
using Integrations.Contracts.Calendar;
using Integrations.Contracts.Venues;
using Microsoft.EntityFrameworkCore;
using NodaTime;
using PosModular.Kernel.Amounts;
using PosModular.Kernel.Errors;
using PosModular.Kernel.Time;
using Rules.LiveSessions;
using Rules.Reevaluations;
using Rules.Spend;
using Rules.SpendRules;

namespace Rules.Simulations;

/// <summary>Simulates a rule. Simulations of a venue run one after the other on all hosts, and each ends after 30 seconds at the latest.
/// It only reads, takes no lock that the intake needs, and keeps in memory only what would unlock.</summary>
internal sealed class RuleSimulator(IDbContextFactory<RulesDb> dbFactory, ISpendHistory history, IClock clock, TimeProvider time)
{
    private const int MaxListed = 100;
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(30);

    /// <exception cref="ApiError">INVALID_INPUT when it takes too long.</exception>
    public async Task<RuleSimulation> SimulateAsync(
        IVenue venue,
        SpendRule rule,
        Instant? from,
        Instant? to,
        CancellationToken cancellationToken
    )
    {
        using var timer = new CancellationTokenSource(Timeout, time);
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timer.Token);
        try
        {
            await using var db = await dbFactory.CreateDbContextAsync(deadline.Token);
            await using var transaction = await db.Database.BeginTransactionAsync(deadline.Token);
            var key = "rules.simulation/" + venue.Id;
            await db.Database.ExecuteSqlAsync($"select pg_advisory_xact_lock(hashtextextended({key}, 0))", deadline.Token);
            return await SimulateAsync(db, venue, rule, from, to, deadline.Token);
        }
        catch (OperationCanceledException) when (timer.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw ApiError.InvalidInput(
                $"The simulation takes longer than {Timeout.TotalSeconds:0} seconds. Pass an earlier to or a higher threshold, "
                    + "or wait until other simulations of this venue have ended."
            );
        }
    }

    private async Task<RuleSimulation> SimulateAsync(
        RulesDb db,
        IVenue venue,
        SpendRule rule,
        Instant? from,
        Instant? to,
        CancellationToken cancellationToken
    )
    {
        var needsSessions = rule.PerformerId is not null || rule is { LiveOnly: true, LiveWindow: null };
        List<LiveSession> sessions = needsSessions
            ? await db.LiveSessions.AsNoTracking().Where(s => s.VenueId == venue.Id).ToListAsync(cancellationToken)
            : [];
        var replay = new RuleReplay(venue, [rule], sessions, from, to);
        var (unlocks, read) = (new List<ReplayedUnlock>(), 0L);
        var transactions = history.ReadSpendersAsync(
            venue.Id,
            rule.Currency,
            rule.ThresholdMinor,
            CountedStatuses.Of(venue.RulesCountFrom),
            to,
            cancellationToken
        );
        await foreach (var transaction in transactions)
        {
            read++;
            unlocks.AddRange(replay.Next(transaction));
        }
        var userIds = unlocks.Select(u => u.Transaction.UserId).ToArray();
        var tiers = Enum.GetValues<Tier>().Where(t => t >= rule.UnlocksTier).ToArray();
        var alreadyUnlocked = await db.Members.LongCountAsync(
            m => m.VenueId == venue.Id && tiers.Contains(m.Tier) && userIds.Contains(m.UserId),
            cancellationToken
        );
        var startOfToday = venue.StartOf(venue.BusinessDateOf(clock.Now()));
        return new RuleSimulation(
            unlocks.Count,
            alreadyUnlocked,
            unlocks.LongCount(u => u.Transaction.OccurredAt >= startOfToday),
            read,
            [
                .. unlocks
                    .OrderBy(u => u.Transaction.OccurredAt)
                    .ThenBy(u => u.Transaction.Id)
                    .Take(MaxListed)
                    .Select(u => new SimulatedUnlock(
                        u.Transaction.UserId,
                        u.Transaction.Id,
                        u.Transaction.OccurredAt,
                        new Money(u.SpendMinor, rule.Currency)
                    )),
            ]
        );
    }
}
