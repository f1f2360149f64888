using Ingestion.Contracts;
using Integrations.Contracts.Venues;
using Microsoft.EntityFrameworkCore;
using NodaTime;
using Npgsql;
using PosModular.Kernel.Amounts;
using PosModular.Kernel.Feed;
using PosModular.Kernel.Time;
using Rules.Members;
using Rules.Reevaluations;
using Rules.Spend;
using Rules.SpendRules;
using Rules.Unlocks;

namespace Rules.Rebuilds;

/// <summary>Recomputes the spend of a venue's users from the transactions, and their tiers from the unlocks in force. The relay and whoever
/// else changes unlocks of the venue wait meanwhile; webhooks do not.</summary>
internal sealed class MemberRebuild(
    IDbContextFactory<RulesDb> dbFactory,
    IVenues venues,
    ISpendTotals totals,
    ISpendHistory history,
    FeedSignal signal,
    IClock clock
) : IVenueRebuild
{
    private const string Reason = "The spend was recomputed from the transactions.";

    public async Task<IReadOnlyList<VenueDifference>?> RunAsync(string venueId, bool dryRun, CancellationToken cancellationToken)
    {
        var venue = await venues.ReadAsync(venueId, cancellationToken);
        await using var db = await dbFactory.CreateDbContextAsync(cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        var connection = (NpgsqlConnection)db.Database.GetDbConnection();
        var (seq, deadLetters) = await MemberRebuildSql.LockAsync(connection, venueId, cancellationToken);
        var (sums, notHandled) = await totals.ReadAsync(venueId, seq, deadLetters, cancellationToken);
        var stored = await MemberRebuildSql.ReadSpendAsync(connection, venueId, cancellationToken);
        var spend = SpendComparison.Compare(venueId, sums, notHandled, stored);
        var tiers = await MemberRebuildSql.ReadTierDifferencesAsync(connection, venueId, cancellationToken);
        var differences = new List<VenueDifference>([.. spend.Select(Describe), .. tiers.SelectMany(Describe)]);
        if (differences.Count == 0)
            return differences;

        var now = clock.Now();
        // Ids of the same millisecond sort at random, and in the history the corrected tier comes before what the corrected spend unlocks.
        if (!dryRun && tiers.Count > 0)
            await MemberRebuildSql.CorrectTiersAsync(connection, venueId, tiers, now - Duration.FromMilliseconds(1), cancellationToken);
        var changesUnlocks = false;
        if (spend.Count > 0)
        {
            var (states, result) = await EvaluateAsync(connection, venue, spend, sums, now, cancellationToken);
            differences.AddRange(Describe(result));
            changesUnlocks = result.NewUnlocks.Count > 0 || result.RevokedUnlocks.Count > 0;
            if (!dryRun)
                await EvaluationResultWriter.WriteAsync(
                    connection,
                    [.. spend.Select(d => d.ToCorrection(venueId))],
                    states,
                    new Dictionary<string, EvaluationResult> { [venueId] = result },
                    now,
                    cancellationToken
                );
        }
        if (dryRun)
            return differences;
        await transaction.CommitAsync(cancellationToken);
        if (changesUnlocks)
            signal.Raise(TierUnlocked.Feed, [venueId]);
        return differences;
    }

    // What the corrected spend leads to: rules that it reaches unlock, and the unlock policy decides on what it no longer reaches.
    private async Task<(Dictionary<string, EvaluationState> States, EvaluationResult Result)> EvaluateAsync(
        NpgsqlConnection connection,
        IVenue venue,
        IReadOnlyList<SpendDifference> spend,
        IReadOnlyList<SpendTotal> sums,
        Instant now,
        CancellationToken cancellationToken
    )
    {
        var users = spend.Select(d => d.UserId).Distinct().ToArray();
        var states = await EvaluationStateReader.ReadAsync(
            connection,
            lockFeeds: true,
            [.. users.Select(u => (venue.Id, u))],
            new Dictionary<string, IVenue> { [venue.Id] = venue },
            Instant.MinValue,
            Instant.MaxValue,
            cancellationToken
        );
        var state = states[venue.Id];
        var (revoked, raised) = (new List<RevokedUnlock>(), new HashSet<string>());
        foreach (var difference in spend)
        {
            var before = RuleEvaluation.CountedSpend(state, difference.UserId, difference.Currency);
            state.Spend[(difference.UserId, difference.Currency)] = difference.Computed;
            var after = RuleEvaluation.CountedSpend(state, difference.UserId, difference.Currency);
            if (after > before)
                raised.Add(difference.UserId);
            else if (after < before && venue.UnlockPolicy == UnlockPolicy.Revoke)
                revoked.AddRange(RuleEvaluation.RevokeBelowThreshold(state, difference.UserId, difference.Currency, [], Reason));
        }
        var met = new List<ReplayedUnlock>();
        if (raised.Count > 0 && state.EnabledRules.Count > 0)
        {
            var replay = new RuleReplay(venue, state.EnabledRules, state.Sessions, null, null);
            var statuses = CountedStatuses.Of(venue.RulesCountFrom);
            await foreach (var past in history.ReadAsync(venue.Id, raised, statuses, cancellationToken))
                met.AddRange(replay.Next(past));
        }
        var result = RuleEvaluation.Reevaluate(
            state,
            met.OrderBy(u => u.Transaction.OccurredAt).ThenBy(u => u.Transaction.Id),
            Reason,
            () => now.NewId()
        );
        var seen = sums.Where(s => raised.Contains(s.UserId))
            .GroupBy(s => s.UserId)
            .ToDictionary(g => g.Key, g => (g.Min(s => s.FirstAt), g.Max(s => s.LastAt)));
        return (states, result with { RevokedUnlocks = revoked, SeenByUserId = seen });
    }

    private static VenueDifference Describe(SpendDifference d)
    {
        var isAuthorized = d.Stored.Authorized != d.Computed.Authorized;
        var (stored, computed) = isAuthorized ? (d.Stored.Authorized, d.Computed.Authorized) : (d.Stored.Captured, d.Computed.Captured);
        return new VenueDifference(
            "the spend of a member",
            $"The spend of {d.UserId}{(isAuthorized ? "" : ", captured payments only,")} is stored as "
                + $"{new Money(stored, d.Currency).Formatted} and comes to {new Money(computed, d.Currency).Formatted} by the transactions."
        );
    }

    private static IEnumerable<VenueDifference> Describe(TierDifference d)
    {
        const string kind = "the tier of a member";
        if (d.Stored is not var (tier, access))
            yield return new VenueDifference(kind, $"{d.UserId} has unlocks in force, {Describe(d.InForce)}, and is no member.");
        else if (tier != d.InForce.Tier || !access.SequenceEqual(d.InForce.Access))
            yield return new VenueDifference(
                kind,
                $"{d.UserId} is stored with {Describe((tier, access))} and has {Describe(d.InForce)} by the unlocks in force."
            );
        else
            yield return new VenueDifference(
                kind,
                $"The history of {d.UserId} ends with {EnumNames.Of(d.LastInHistory)}, and the tier is {EnumNames.Of(tier)}."
            );
    }

    private static IEnumerable<VenueDifference> Describe(EvaluationResult result) =>
        result
            .RevokedUnlocks.Select(u => new VenueDifference(
                "an unlock that the spend no longer reaches",
                $"{u.Unlock.UserId} no longer reaches {u.Unlock.Threshold?.Formatted}, "
                    + $"for which {EnumNames.Of(u.Unlock.Tier)} was unlocked."
            ))
            .Concat(
                result.NewUnlocks.Select(u => new VenueDifference(
                    "an unlock that the spend reaches",
                    $"{u.UserId} reaches {u.Rule!.Threshold.Formatted}, for which the rule {u.Rule.Name} unlocks {EnumNames.Of(u.Tier)}."
                ))
            );

    private static string Describe((Tier Tier, IReadOnlyList<AccessLevel> Access) given) =>
        string.Join(", ", [EnumNames.Of(given.Tier), .. given.Access.Select(EnumNames.Of)]);
}
