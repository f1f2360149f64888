using GraphQL;
using Ingestion.Ledger;
using Ingestion.Transactions;
using Integrations.Contracts.Access;
using Integrations.Contracts.Venues;
using Microsoft.EntityFrameworkCore;
using Npgsql;
using PosModular.Kernel.Data;
using PosModular.Kernel.Errors;

namespace Ingestion.Cards;

/// <summary>A card and the user it belongs to at a venue.</summary>
internal sealed record LinkCardInput
{
    /// <summary>Which venue.</summary>
    [Id]
    public required string VenueId { get; init; }

    /// <summary>The sub claim of the user's token.</summary>
    [Id]
    public required string UserId { get; init; }

    /// <summary>Transaction.card.token.</summary>
    public required string CardToken { get; init; }

    /// <summary>Whether earlier sales with this card count too.</summary>
    [DefaultAstValue("true")]
    public bool? IncludePast { get; init; }
}

/// <summary>What linking or unlinking did, or what was wrong.</summary>
/// <param name="MatchedTransactions">Earlier sales that have changed hands.</param>
/// <param name="Errors">Empty when it went well.</param>
internal sealed record LinkCardPayload(int MatchedTransactions, IReadOnlyList<UserError> Errors)
{
    public static LinkCardPayload Failed(UserError error) => new(0, [error]);
}

/// <summary>Ties a card to a user: later sales with it are his and, with includePast, the earlier ones nobody was tied to by hand. Owner or
/// HEAD_MODERATOR. Errors: INVALID_INPUT; NOT_FOUND when no sale of the venue carries the token.</summary>
internal sealed class LinkCard(IDbContextFactory<IngestionDb> dbFactory, TransactionAssigner assigner, IVenues venues)
{
    private const string UpsertLinkSql = """
        insert into ingestion.card_links (venue_id, card_token, user_id, linked_at, counts_from) values ($1, $2, $3, $4, case when $5 then null else $4 end)
        on conflict (venue_id, card_token) do update set user_id = excluded.user_id, linked_at = excluded.linked_at, counts_from = excluded.counts_from
        """;

    /// <param name="input">The card and its user.</param>
    public async Task<LinkCardPayload> HandleAsync(LinkCardInput input, IResolveFieldContext context, CancellationToken cancellationToken)
    {
        var caller = context.Caller();
        var venue = await venues.DemandAsync(input.VenueId, Right.ManageMembers, caller, cancellationToken);
        var userId = input.UserId.Trim();
        if (CardInputValidator.CheckUserId(userId) is { } wrongUser)
            return LinkCardPayload.Failed(wrongUser);
        if (CardInputValidator.CheckCardToken(input.CardToken) is { } wrongToken)
            return LinkCardPayload.Failed(wrongToken);

        await using (var db = await dbFactory.CreateDbContextAsync(cancellationToken))
            if (!await db.Transactions.AnyAsync(t => t.VenueId == venue.Id && t.CardToken == input.CardToken, cancellationToken))
                return LinkCardPayload.Failed(
                    new UserError(
                        ErrorCode.NotFound,
                        "No sale of this venue was paid with such a card. Copy the token whole: transactions { nodes { card { token } } }.",
                        "cardToken"
                    )
                );

        var past = input.IncludePast ?? true;
        var moved = await assigner.AssignAsync(
            venue.Id,
            past ? AssignmentScope.AllWithCard : null,
            input.CardToken,
            userId,
            MatchedBy.Card,
            VersionCause.Link,
            caller.UserId,
            async (connection, now) =>
            {
                await using var link = new NpgsqlCommand(UpsertLinkSql, connection).AddValues(venue.Id, input.CardToken, userId, now, past);
                await link.ExecuteNonQueryAsync(cancellationToken);
            },
            cancellationToken
        );
        return new LinkCardPayload(moved, []);
    }
}
