using GraphQL;
using Ingestion.Contracts;
using Integrations.Contracts.Access;
using Integrations.Contracts.Venues;
using Microsoft.EntityFrameworkCore;
using NodaTime;
using Npgsql;
using PosModular.Kernel.Errors;
using PosModular.Kernel.Feed;
using PosModular.Kernel.Time;
using Rules.SpendRules;
using Rules.Unlocks;

namespace Rules.Members;

/// <summary>The tier and the access to grant.</summary>
internal sealed record GrantTierInput
{
    /// <summary>The venue.</summary>
    [Id]
    public required string VenueId { get; init; }

    /// <summary>The user's id: the sub claim of their token. They become a member, even without a transaction.</summary>
    [Id]
    public required string UserId { get; init; }

    /// <summary>The tier to grant; GUEST to grant access alone.</summary>
    public required Tier Tier { get; init; }

    /// <summary>The access levels to grant; none when left out.</summary>
    public IReadOnlyList<AccessLevel>? Access { get; init; }

    /// <summary>Why, for the audit log and the member: 1 to 500 characters.</summary>
    [System.ComponentModel.DataAnnotations.MaxLength(500)]
    public required string Reason { get; init; }
}

/// <summary>The member after the change.</summary>
/// <param name="Member">The member; null when there are errors or when the caller may not view the venue's members.</param>
/// <param name="Errors">What was wrong with the input; empty on success.</param>
internal sealed record MemberPayload(Member? Member, IReadOnlyList<UserError> Errors)
{
    public static MemberPayload Failed(UserError error) => new(null, [error]);

    /// <summary>The member as they are now, for callers who may see them.</summary>
    public static async Task<MemberPayload> ReadAsync(
        RulesDb db,
        IVenue venue,
        string userId,
        Caller caller,
        CancellationToken cancellationToken
    ) =>
        new(
            caller.May(Right.ViewTransactions, venue)
            && await db.Members.AsNoTracking().SingleOrDefaultAsync(m => m.VenueId == venue.Id && m.UserId == userId, cancellationToken)
                is { } row
                ? new Member(venue, row)
                : null,
            []
        );

    public static UserError? CheckReason(string reason) =>
        reason.Trim().Length is >= 1 and <= 500 && !reason.Any(char.IsControl)
            ? null
            : UserError.Invalid("Say why in 1 to 500 characters without control characters.", "reason");
}

/// <summary>Grants a user a tier and access levels by hand; it is recorded in the audit log. A grant to a user id that was merged lands on
/// the member it was merged into. No refund and no rule takes a grant back, only revokeUnlock does. Granting again what a grant in force
/// gives changes nothing. For owners of the venue and HEAD_MODERATOR. Errors: INVALID_INPUT.</summary>
internal sealed class GrantTier(
    IDbContextFactory<RulesDb> dbFactory,
    IVenues venues,
    IGuestMerges merges,
    IAuditLog auditLog,
    FeedSignal signal,
    IClock clock
)
{
    /// <param name="input">What to grant to whom.</param>
    public async Task<MemberPayload> HandleAsync(GrantTierInput input, IResolveFieldContext context, CancellationToken cancellationToken)
    {
        var caller = context.Caller();
        var venue = await venues.DemandAsync(input.VenueId, Right.ManageMembers, caller, cancellationToken);
        var userId = input.UserId.Trim();
        AccessLevel[] access = [.. (input.Access ?? []).Distinct().Order()];
        if (userId.Length is 0 or > 200 || userId.Any(char.IsControl))
            return MemberPayload.Failed(
                UserError.Invalid("A user id is the sub claim of the user's token, 1 to 200 characters.", "userId")
            );
        if (input.Tier == Tier.Guest && access.Length == 0)
            return MemberPayload.Failed(UserError.Invalid("Grant a tier above GUEST or at least one access level.", "tier"));
        if (MemberPayload.CheckReason(input.Reason) is { } error)
            return MemberPayload.Failed(error);

        var now = clock.Now();
        await using var db = await dbFactory.CreateDbContextAsync(cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        var connection = (NpgsqlConnection)db.Database.GetDbConnection();
        var states = await EvaluationStateReader.ReadAsync(connection, venue, userId, cancellationToken);
        // The venue's feed is locked now. A merge that the rules have applied is seen here, and one that they apply later moves the grant.
        if ((await merges.ListAsync([userId], cancellationToken)).FirstOrDefault(m => m.VenueId == venue.Id) is { } merged)
        {
            userId = merged.IntoUserId;
            states = await EvaluationStateReader.ReadAsync(connection, venue, userId, cancellationToken);
        }
        var state = states[venue.Id];
        if (!state.ActiveUnlocks.Any(u => u.RuleId is null && u.Tier == input.Tier && u.Access.SequenceEqual(access)))
        {
            var unlock = new NewUnlock(now.NewId(), userId, input.Tier, access) { Reason = input.Reason.Trim() };
            state.ActiveUnlocks.Add(unlock.ToActive());
            var result = new EvaluationResult([unlock], [], new Dictionary<string, (Instant, Instant)>(), []);
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
                "grantTier",
                userId,
                $"{string.Join(", ", [EnumNames.Of(input.Tier), .. access.Select(EnumNames.Of)])}, because: {unlock.Reason}",
                cancellationToken
            );
            await transaction.CommitAsync(cancellationToken);
            signal.Raise(TierUnlocked.Feed, [venue.Id]);
        }
        return await MemberPayload.ReadAsync(db, venue, userId, caller, cancellationToken);
    }
}
