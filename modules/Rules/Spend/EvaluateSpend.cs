using Ingestion.Contracts;
using Integrations.Contracts.Venues;
using Integrations.Contracts.Webhooks;
using MediatR;
using Microsoft.EntityFrameworkCore;
using NodaTime;
using Npgsql;
using PosModular.Kernel.Feed;
using PosModular.Kernel.Time;
using Rules.Members;
using Rules.Unlocks;

namespace Rules.Spend;

/// <summary>Adds each change up to lifetime spend and evaluates the spend rules where spend rises. Spend, unlocks, members and the
/// position in the feed are saved in one commit.</summary>
internal sealed class EvaluateSpend(
    RulesDb db,
    IVenues venues,
    IOutgoingWebhooks outgoingWebhooks,
    FeedSignal signal,
    AfterCommitActions afterCommitActions,
    IClock clock
) : INotificationHandler<TransactionsChanged>
{
    public async Task Handle(TransactionsChanged notification, CancellationToken cancellationToken)
    {
        // A change of a member comes between the changes of transactions, in the order of the feed.
        var changes = notification.Changes;
        foreach (var memberChange in notification.MemberChanges)
        {
            await EvaluateAsync(changes.Where(c => c.VenueId == memberChange.VenueId && c.Seq < memberChange.Seq), cancellationToken);
            changes = [.. changes.Where(c => c.VenueId != memberChange.VenueId || c.Seq > memberChange.Seq)];
            var connection = (NpgsqlConnection)db.Database.GetDbConnection();
            if (
                memberChange.IntoUserId is null
                && await MemberChangeWriter.FindUserAsync(connection, memberChange, cancellationToken) is { } userId
            )
                await outgoingWebhooks.ForgetAsync(connection, memberChange.VenueId, userId, cancellationToken);
            await MemberChangeWriter.WriteAsync(connection, memberChange, clock.Now(), cancellationToken);
            if (memberChange.IntoUserId is not null)
                afterCommitActions.Add(() => signal.Raise(TierUnlocked.Feed, [memberChange.VenueId]));
        }
        await EvaluateAsync(changes, cancellationToken);
    }

    private async Task EvaluateAsync(IEnumerable<TransactionChange> changes, CancellationToken cancellationToken)
    {
        // A transaction that is matched to no user changes nobody's spend.
        var matched = changes.Where(c => c.Before?.UserId is not null || c.After.UserId is not null).ToArray();
        if (matched.Length == 0)
            return;
        var connection = (NpgsqlConnection)db.Database.GetDbConnection();
        var users = matched
            .SelectMany(c => new[] { (c.VenueId, UserId: c.Before?.UserId), (c.VenueId, c.After.UserId) })
            .Where(u => u.UserId is not null)
            .Select(u => (u.VenueId, u.UserId!))
            .Distinct()
            .Order()
            .ToArray();
        var venuesById = await venues.FindAsync(users.Select(u => u.VenueId).ToHashSet(), cancellationToken);
        var states = await EvaluationStateReader.ReadAsync(
            connection,
            lockFeeds: true,
            users,
            venuesById,
            matched.Min(c => c.After.OccurredAt),
            matched.Max(c => c.After.OccurredAt),
            cancellationToken
        );

        var now = clock.Now();
        var results = matched
            .GroupBy(c => c.VenueId)
            .ToDictionary(g => g.Key, g => RuleEvaluation.Evaluate(states[g.Key], g, () => now.NewId()));
        await EvaluationResultWriter.WriteAsync(connection, SpendDelta.FromChanges(matched), states, results, now, cancellationToken);
        var changedVenues = results
            .Where(v => v.Value.NewUnlocks.Count > 0 || v.Value.RevokedUnlocks.Count > 0)
            .Select(v => v.Key)
            .ToArray();
        if (changedVenues.Length > 0)
            afterCommitActions.Add(() => signal.Raise(TierUnlocked.Feed, changedVenues));
    }
}
