using GraphQL;
using Ingestion.Ledger;
using Ingestion.Transactions;
using Integrations.Contracts.Access;
using Integrations.Contracts.Venues;
using Npgsql;
using PosModular.Kernel.Data;

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

/// <summary>Unlinks a card from its user. Transactions that the link had matched are matched to nobody; those matched by hand stay. For
/// owners of the venue and HEAD_MODERATOR. Errors: INVALID_INPUT.</summary>
internal sealed class UnlinkCard(TransactionAssigner assigner, IVenues venues)
{
    private const string DeleteLinkSql = "delete from ingestion.card_links where venue_id = $1 and card_token = $2 returning user_id";

    /// <param name="input">The card.</param>
    public async Task<LinkCardPayload> HandleAsync(UnlinkCardInput input, IResolveFieldContext context, CancellationToken cancellationToken)
    {
        var caller = context.Caller();
        var venue = await venues.DemandAsync(input.VenueId, Right.ManageMembers, caller, cancellationToken);
        if (CardInputValidator.CheckCardToken(input.CardToken) is { } wrong)
            return LinkCardPayload.Failed(wrong);

        string? userId = null;
        var (moved, seq) = await assigner.AssignAsync(
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
                userId = (string?)await unlink.ExecuteScalarAsync(cancellationToken);
            },
            cancellationToken
        );
        return new LinkCardPayload(moved, [])
        {
            VenueId = venue.Id,
            UserId = userId,
            Seq = seq,
        };
    }
}
