using GraphQL;
using Ingestion.Cards;
using Ingestion.Transactions;
using Integrations.Contracts.Access;
using Integrations.Contracts.Connections;
using Integrations.Contracts.Venues;
using Microsoft.EntityFrameworkCore;
using PosModular.Kernel.Errors;

namespace Ingestion.Identities;

/// <summary>The identity to link and the user that it belongs to.</summary>
internal sealed record LinkIdentityInput
{
    /// <summary>The venue.</summary>
    [Id]
    public required string VenueId { get; init; }

    /// <summary>The user's id: the sub claim of their token.</summary>
    [Id]
    public required string UserId { get; init; }

    /// <summary>A transaction that has the identity.</summary>
    [Id]
    public required string TransactionId { get; init; }

    /// <summary>Which identity of the transaction; Transaction.identityKinds lists those that it has.</summary>
    public required IdentityKind Kind { get; init; }

    /// <summary>Whether earlier payments with this identity are matched to the user too.</summary>
    [DefaultAstValue("true")]
    public bool? IncludePast { get; init; }
}

/// <summary>Links an identity that was seen on a transaction to a user: its card, the provider's customer, or the customer's e-mail address
/// or phone number. Later payments with the identity are matched to the user, and with includePast earlier ones too, unless something
/// stronger matches them (see MatchedBy). The change is recorded in the audit log. For owners of the venue and HEAD_MODERATOR. Errors:
/// INVALID_INPUT, also for a transaction of another venue; NOT_FOUND when the venue has no such transaction or the transaction has no such
/// identity.</summary>
internal sealed class LinkIdentity(IDbContextFactory<IngestionDb> dbFactory, IdentityLinker linker, IVenues venues)
{
    /// <param name="input">The identity and its user.</param>
    public async Task<LinkCardPayload> HandleAsync(
        LinkIdentityInput input,
        IResolveFieldContext context,
        CancellationToken cancellationToken
    )
    {
        var caller = context.Caller();
        var venue = await venues.DemandAsync(input.VenueId, Right.ManageMembers, caller, cancellationToken);
        var userId = input.UserId.Trim();
        if (CardInputValidator.CheckUserId(userId) is { } wrong)
            return LinkCardPayload.Failed(wrong);
        await using var db = await dbFactory.CreateDbContextAsync(cancellationToken);
        var (transaction, error) = await db.FindTransactionAsync(venue, input.TransactionId, venues, caller, cancellationToken);
        if (transaction is null)
            return LinkCardPayload.Failed(error!);
        return Find(transaction, input.Kind) is { } identity
            ? await linker.LinkAsync(identity, userId, input.IncludePast ?? true, caller, "linkIdentity", cancellationToken)
            : LinkCardPayload.Failed(
                new UserError(
                    ErrorCode.NotFound,
                    "The transaction has no identity of this kind. Pass one of Transaction.identityKinds.",
                    "kind"
                )
            );
    }

    /// <summary>The identity of this kind that a transaction has; null when it has none.</summary>
    public static IdentityToLink? Find(TransactionRow transaction, IdentityKind kind)
    {
        var (token, provider) = kind switch
        {
            IdentityKind.Card => (transaction.CardToken, transaction.Provider),
            IdentityKind.Customer => (transaction.CustomerToken, transaction.Provider),
            IdentityKind.Email => (transaction.EmailToken, (Provider?)null),
            _ => (transaction.PhoneToken, null),
        };
        return token is null ? null : new IdentityToLink(transaction.VenueId, kind, token, provider);
    }
}
