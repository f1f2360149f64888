using GraphQL;
using Ingestion.Cards;
using Integrations.Contracts.Access;
using Integrations.Contracts.Venues;
using Microsoft.EntityFrameworkCore;
using PosModular.Kernel.Errors;

namespace Ingestion.Identities;

/// <summary>The identity to unlink.</summary>
internal sealed record UnlinkIdentityInput
{
    /// <summary>The id of the identity, as member { identities { id } } returns it.</summary>
    [Id]
    public required string IdentityId { get; init; }
}

/// <summary>Unlinks an identity from its user. Transactions that it had matched are matched to the user of the strongest identity that is
/// left, or to nobody; those matched by hand or claimed stay. The change is recorded in the audit log. For owners of the venue and
/// HEAD_MODERATOR. Errors: NOT_FOUND.</summary>
internal sealed class UnlinkIdentity(IDbContextFactory<IngestionDb> dbFactory, IdentityLinker linker, IVenues venues)
{
    /// <param name="input">The identity.</param>
    public async Task<LinkCardPayload> HandleAsync(
        UnlinkIdentityInput input,
        IResolveFieldContext context,
        CancellationToken cancellationToken
    )
    {
        var caller = context.Caller();
        await using var db = await dbFactory.CreateDbContextAsync(cancellationToken);
        if (
            !Guid.TryParse(input.IdentityId, out var id)
            || await db.IdentityLinks.AsNoTracking().SingleOrDefaultAsync(l => l.Id == id, cancellationToken) is not { } link
            || await venues.FindAsync(link.VenueId, cancellationToken) is not { } venue
            || !caller.May(Right.ViewVenue, venue)
        )
            return LinkCardPayload.Failed(
                new UserError(
                    ErrorCode.NotFound,
                    "There is no such identity. List them with venue { member(userId:) { identities { id } } }.",
                    "identityId"
                )
            );
        caller.Demand(Right.ManageMembers, venue);
        return await linker.UnlinkAsync(venue.Id, link.Kind, link.Token, caller, "unlinkIdentity", cancellationToken);
    }
}
