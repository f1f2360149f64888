using GraphQL;
using Ingestion.Ledger;
using Ingestion.Transactions;
using Integrations.Contracts.Access;
using Integrations.Contracts.Venues;
using Npgsql;
using PosModular.Kernel.Data;

namespace Ingestion.Cards;

/// <summary>A card that is nobody's any more.</summary>
internal sealed record UnlinkCardInput
{
    /// <summary>Which venue.</summary>
    [Id]
    public required string VenueId { get; init; }

    /// <summary>Transaction.card.token.</summary>
    public required string CardToken { get; init; }
}

/// <summary>Unties a card from its user, and with it the sales that it had tied; those tied by hand stay. Owner or HEAD_MODERATOR. Errors:
/// INVALID_INPUT.</summary>
internal sealed class UnlinkCard(TransactionAssigner assigner, IVenues venues)
{
    private const string DeleteLinkSql = "delete from ingestion.card_links where venue_id = $1 and card_token = $2";

    /// <param name="input">The card.</param>
    public async Task<LinkCardPayload> HandleAsync(UnlinkCardInput input, IResolveFieldContext context, CancellationToken cancellationToken)
    {
        var caller = context.Caller();
        var venue = await venues.DemandAsync(input.VenueId, Right.ManageMembers, caller, cancellationToken);
        if (CardInputValidator.CheckCardToken(input.CardToken) is { } wrong)
            return LinkCardPayload.Failed(wrong);

        var moved = await assigner.AssignAsync(
            venue.Id,
            AssignmentScope.MatchedByCard,
            input.CardToken,
            null,
            null,
            VersionCause.Link,
            caller.UserId,
            async (connection, _) =>
            {
                await using var unlink = new NpgsqlCommand(DeleteLinkSql, connection).AddValues(venue.Id, input.CardToken);
                await unlink.ExecuteNonQueryAsync(cancellationToken);
            },
            cancellationToken
        );
        return new LinkCardPayload(moved, []);
    }
}
