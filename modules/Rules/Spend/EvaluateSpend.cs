using Ingestion.Contracts;
using Integrations.Contracts;
using MediatR;
using Microsoft.EntityFrameworkCore;
using NodaTime;
using Npgsql;
using PosModular.Kernel;
using PosModular.Kernel.Feed;
using Rules.Unlocks;

namespace Rules.Spend;

/// <summary>Keeps lifetime spend and tries the rules on each change that raises it; spend, unlocks, members and the place in the feed are one
/// commit.</summary>
internal sealed class EvaluateSpend(RulesDb db, IVenues venues, FeedBell bell, AfterCommit afterCommit, IClock clock) : INotificationHandler<TransactionsChanged>
{
    public async Task Handle(TransactionsChanged notification, CancellationToken cancellationToken)
    {
        // Sales of nobody move no spend.
        var matched = notification.Changes.Where(c => c.Before?.UserId is not null || c.After.UserId is not null).ToArray();
        if (matched.Length == 0)
            return;
        var connection = (NpgsqlConnection)db.Database.GetDbConnection();
        var users = matched.SelectMany(c => new[] { (c.VenueId, UserId: c.Before?.UserId), (c.VenueId, c.After.UserId) })
            .Where(u => u.UserId is not null).Select(u => (u.VenueId, u.UserId!)).Distinct().Order().ToArray();
        var known = await venues.FindAsync(users.Select(u => u.VenueId).ToHashSet(), cancellationToken);
        var standings = await StandingSql.ReadAsync(connection, users, known,
            matched.Min(c => c.After.OccurredAt), matched.Max(c => c.After.OccurredAt), cancellationToken);

        var now = clock.Now();
        var verdicts = matched.GroupBy(c => c.VenueId)
            .ToDictionary(g => g.Key, g => Evaluation.Judge(standings[g.Key], g, () => now.NewId()));
        await VerdictSql.WriteAsync(connection, SpendDelta.Of(matched), standings, verdicts, now, cancellationToken);
        var unlocked = verdicts.Where(v => v.Value.Fired.Count > 0).Select(v => v.Key).ToArray();
        if (unlocked.Length > 0)
            afterCommit.Do(() => bell.Ring(TierUnlocked.Feed, unlocked));
    }
}
