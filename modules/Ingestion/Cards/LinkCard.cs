using GraphQL;
using Ingestion.Contracts;
using Ingestion.Identities;
using Integrations.Contracts.Access;
using Integrations.Contracts.Connections;
using Integrations.Contracts.Venues;
using Microsoft.EntityFrameworkCore;
using PosModular.Kernel.Errors;

namespace Ingestion.Cards;

/// <summary>The card to link and the user that it belongs to.</summary>
internal sealed record LinkCardInput
{
    /// <summary>The venue.</summary>
    [Id]
    public required string VenueId { get; init; }

    /// <summary>The user's id: the sub claim of their token.</summary>
    [Id]
    public required string UserId { get; init; }

    /// <summary>The card's token, as Transaction.card.token returns it.</summary>
    public required string CardToken { get; init; }

    /// <summary>Whether earlier payments with this card are matched to the user too.</summary>
    [DefaultAstValue("true")]
    public bool? IncludePast { get; init; }
}

/// <summary>The result of linking or unlinking a card or another identity.</summary>
/// <param name="MatchedTransactions">How many earlier transactions were matched anew: to another user, to nobody, or by a stronger
/// identity.</param>
/// <param name="Errors">What was wrong with the input; empty on success.</param>
internal sealed record LinkCardPayload(int MatchedTransactions, IReadOnlyList<UserError> Errors) : IAssignment
{
    [Ignore]
    public string? VenueId { get; init; }

    [Ignore]
    public string? UserId { get; init; }

    [Ignore]
    public long Seq { get; init; }

    public static LinkCardPayload Failed(UserError error) => new(0, [error]);
}

/// <summary>Links a card to a user. Later payments with the card are matched to the user, and with includePast earlier ones too, unless
/// they were matched by hand or claimed. The change is recorded in the audit log. For owners of the venue and HEAD_MODERATOR. Errors:
/// INVALID_INPUT; NOT_FOUND when no transaction of the venue has this card token.</summary>
internal sealed class LinkCard(IDbContextFactory<IngestionDb> dbFactory, IdentityLinker linker, IVenues venues)
{
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

        await using var db = await dbFactory.CreateDbContextAsync(cancellationToken);
        var provider = await db
            .Transactions.Where(t => t.VenueId == venue.Id && t.CardToken == input.CardToken)
            .Select(t => (Provider?)t.Provider)
            .FirstOrDefaultAsync(cancellationToken);
        return provider is null
            ? LinkCardPayload.Failed(
                new UserError(
                    ErrorCode.NotFound,
                    "No transaction of this venue was paid with such a card. "
                        + "Copy the whole token: transactions { nodes { card { token } } }.",
                    "cardToken"
                )
            )
            : await linker.LinkAsync(
                new IdentityToLink(venue.Id, IdentityKind.Card, input.CardToken, provider),
                userId,
                input.IncludePast ?? true,
                caller,
                "linkCard",
                cancellationToken
            );
    }
}
