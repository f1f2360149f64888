using GraphQL;
using Integrations.Contracts.Access;
using Integrations.Contracts.Venues;
using Microsoft.EntityFrameworkCore;
using NodaTime;
using Npgsql;
using PosModular.Kernel.Errors;
using PosModular.Kernel.Feed;
using PosModular.Kernel.Time;
using Rules.Unlocks;

namespace Rules.Members;

/// <summary>The unlock to revoke.</summary>
internal sealed record RevokeUnlockInput
{
    /// <summary>The id of the unlock.</summary>
    [Id]
    public required string UnlockId { get; init; }

    /// <summary>Why, for the audit log and the member: 1 to 500 characters.</summary>
    [System.ComponentModel.DataAnnotations.MaxLength(500)]
    public required string Reason { get; init; }
}

/// <summary>Revokes an unlock by hand, a rule's or a grant; it is recorded in the audit log. A rule whose unlock was revoked by hand does
/// not unlock for this member again, whatever they spend; grantTier gives a tier back. Revoking again changes nothing. For owners of the
/// venue and HEAD_MODERATOR. Errors: NOT_FOUND; INVALID_INPUT; CONFLICT when the venue's unlock policy has revoked the unlock
/// already.</summary>
internal sealed class RevokeUnlock(
    IDbContextFactory<RulesDb> dbFactory,
    IVenues venues,
    IAuditLog auditLog,
    FeedSignal signal,
    IClock clock
)
{
    /// <param name="input">The unlock and the reason.</param>
    public async Task<MemberPayload> HandleAsync(RevokeUnlockInput input, IResolveFieldContext context, CancellationToken cancellationToken)
    {
        var caller = context.Caller();
        await using var db = await dbFactory.CreateDbContextAsync(cancellationToken);
        if (
            !Guid.TryParse(input.UnlockId, out var id)
            || await db.Unlocks.AsNoTracking().SingleOrDefaultAsync(u => u.Id == id, cancellationToken) is not { } row
            || await venues.FindAsync(row.VenueId, cancellationToken) is not { } venue
            || !caller.May(Right.ViewVenue, venue)
        )
            return MemberPayload.Failed(
                new UserError(
                    ErrorCode.NotFound,
                    "There is no such unlock. List them with venue { member(userId: …) { unlocks { id } } }.",
                    "unlockId"
                )
            );
        caller.Demand(Right.ManageMembers, venue);
        if (MemberPayload.CheckReason(input.Reason) is { } error)
            return MemberPayload.Failed(error);

        var now = clock.Now();
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        var connection = (NpgsqlConnection)db.Database.GetDbConnection();
        var states = await EvaluationStateReader.ReadAsync(connection, venue, row.UserId, cancellationToken);
        var state = states[venue.Id];
        if (state.ActiveUnlocks.Find(u => u.Id == id) is { } unlock)
        {
            state.ActiveUnlocks.Remove(unlock);
            var revoked = new RevokedUnlock(unlock, input.Reason.Trim(), caller.UserId);
            var result = new EvaluationResult([], [revoked], new Dictionary<string, (Instant, Instant)>(), []);
            await EvaluationResultWriter.WriteAsync(
                connection,
                [],
                states,
                new Dictionary<string, EvaluationResult> { [venue.Id] = result },
                now,
                cancellationToken
            );
            await auditLog.RecordAsync(
                connection,
                caller,
                venue.Id,
                "revokeUnlock",
                id.ToString(),
                $"{EnumNames.Of(unlock.Tier)} of {row.UserId}{(row.RuleName is { } rule ? $" by the rule {rule}" : "")}, "
                    + $"because: {revoked.Reason}",
                cancellationToken
            );
            await transaction.CommitAsync(cancellationToken);
            signal.Raise(TierUnlocked.Feed, [venue.Id]);
        }
        else if (await db.Unlocks.AnyAsync(u => u.VenueId == venue.Id && u.Id == id && u.RevokedBy == null, cancellationToken))
        {
            return MemberPayload.Failed(
                new UserError(
                    ErrorCode.Conflict,
                    "The venue's unlock policy has revoked this unlock already. Nothing is left to do.",
                    "unlockId"
                )
            );
        }
        return await MemberPayload.ReadAsync(db, venue, row.UserId, caller, cancellationToken);
    }
}
