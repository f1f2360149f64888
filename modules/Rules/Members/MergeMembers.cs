using GraphQL;
using Ingestion.Contracts;
using Integrations.Contracts.Access;
using Integrations.Contracts.Venues;
using Microsoft.EntityFrameworkCore;
using PosModular.Kernel.Errors;
using Rules.Spend;

namespace Rules.Members;

/// <summary>The two user ids of one person.</summary>
internal sealed record MergeMembersInput
{
    /// <summary>The venue.</summary>
    [Id]
    public required string VenueId { get; init; }

    /// <summary>The id that is given up.</summary>
    [Id]
    public required string FromUserId { get; init; }

    /// <summary>The id that stands for both from now on.</summary>
    [Id]
    public required string IntoUserId { get; init; }
}

/// <summary>Joins two user ids that are one person: transactions, spend, unlocks, identities and history go to intoUserId, and so does
/// whatever comes for fromUserId later. What the joint spend reaches is unlocked. The change is recorded in the audit log. For owners of
/// the venue and HEAD_MODERATOR. Errors: INVALID_INPUT.</summary>
internal sealed class MergeMembers(IDbContextFactory<RulesDb> dbFactory, IVenues venues, IGuestMerges merges, EvaluationProgress progress)
{
    private const int MaxUserIdLength = 200;

    /// <param name="input">The two ids.</param>
    public async Task<MemberPayload> HandleAsync(MergeMembersInput input, IResolveFieldContext context, CancellationToken cancellationToken)
    {
        var caller = context.Caller();
        var venue = await venues.DemandAsync(input.VenueId, Right.ManageMembers, caller, cancellationToken);
        var (from, into) = (input.FromUserId.Trim(), input.IntoUserId.Trim());
        foreach (var (id, field) in new[] { (from, "fromUserId"), (into, "intoUserId") })
            if (id.Length is 0 or > MaxUserIdLength || id.Any(char.IsControl))
                return new MemberPayload(
                    null,
                    [UserError.Invalid("A user id is the sub claim of the user's token, 1 to 200 characters.", field)]
                );
        if (from == into)
            return new MemberPayload(null, [UserError.Invalid("Pass two different user ids.", "fromUserId")]);
        var (seq, userId) = await merges.MergeAsync(venue.Id, from, into, caller, cancellationToken);
        if (!caller.May(Right.ViewTransactions, venue) || !await progress.WaitAsync(venue.Id, seq, cancellationToken))
            return new MemberPayload(null, []);
        await using var db = await dbFactory.CreateDbContextAsync(cancellationToken);
        var row = await db.Members.AsNoTracking().SingleOrDefaultAsync(m => m.VenueId == venue.Id && m.UserId == userId, cancellationToken);
        return new MemberPayload(row is null ? null : new Member(venue, row), []);
    }
}
