using GraphQL;
using Ingestion.Identities;
using Integrations.Contracts.Access;
using Integrations.Contracts.Venues;

namespace Ingestion.Cards;

/// <summary>The card to unlink.</summary>
internal sealed record UnlinkCardInput
{
    /// <summary>The venue.</summary>
    [Id]
    public required string VenueId { get; init; }

    /// <summary>The card's token, as Transaction.card.token returns it.</summary>
    public required string CardToken { get; init; }
}

/// <summary>Unlinks a card from its user. Transactions that the link had matched are matched to nobody, or to the user of another identity
/// that they have; those matched by hand or claimed stay. The change is recorded in the audit log. For owners of the venue and
/// HEAD_MODERATOR. Errors: INVALID_INPUT.</summary>
internal sealed class UnlinkCard(IdentityLinker linker, IVenues venues)
{
    /// <param name="input">The card.</param>
    public async Task<LinkCardPayload> HandleAsync(UnlinkCardInput input, IResolveFieldContext context, CancellationToken cancellationToken)
    {
        var caller = context.Caller();
        var venue = await venues.DemandAsync(input.VenueId, Right.ManageMembers, caller, cancellationToken);
        return CardInputValidator.CheckCardToken(input.CardToken) is { } wrong
            ? LinkCardPayload.Failed(wrong)
            : await linker.UnlinkAsync(venue.Id, IdentityKind.Card, input.CardToken, caller, "unlinkCard", cancellationToken);
    }
}
