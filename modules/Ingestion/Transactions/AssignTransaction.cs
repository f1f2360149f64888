using GraphQL;
using Ingestion.Cards;
using Ingestion.Ledger;
using Integrations.Contracts.Access;
using Integrations.Contracts.Venues;
using Microsoft.EntityFrameworkCore;
using PosModular.Kernel.Errors;

namespace Ingestion.Transactions;

/// <summary>A sale and the user it belongs to.</summary>
internal sealed record AssignTransactionInput
{
    /// <summary>Which venue.</summary>
    [Id]
    public required string VenueId { get; init; }

    /// <summary>Which sale.</summary>
    [Id]
    public required string TransactionId { get; init; }

    /// <summary>The sub claim of the user's token; null unties it.</summary>
    [Id]
    public string? UserId { get; init; }
}

/// <summary>The sale, or what was wrong.</summary>
/// <param name="Transaction">Null when there are errors, or when you may not see the venue's sales.</param>
/// <param name="Errors">Empty when it went well.</param>
internal sealed record TransactionPayload(Transaction? Transaction, IReadOnlyList<UserError> Errors)
{
    public static TransactionPayload Failed(UserError error) => new(null, [error]);
}

/// <summary>Ties one sale to a user by hand (a receipt at the door); userId null unties it. What is done by hand stays, whatever cards are linked
/// later. Owner or HEAD_MODERATOR. Errors: NOT_FOUND, INVALID_INPUT.</summary>
internal sealed class AssignTransaction(IDbContextFactory<IngestionDb> dbFactory, TransactionAssigner assigner, IVenues venues)
{
    /// <param name="input">The sale and its user.</param>
    public async Task<TransactionPayload> HandleAsync(
        AssignTransactionInput input,
        IResolveFieldContext context,
        CancellationToken cancellationToken
    )
    {
        var caller = context.Caller();
        var venue = await venues.DemandAsync(input.VenueId, Right.ManageMembers, caller, cancellationToken);
        var userId = input.UserId?.Trim();
        if (userId is not null && CardInputValidator.CheckUserId(userId) is { } wrong)
            return TransactionPayload.Failed(wrong);
        await using var db = await dbFactory.CreateDbContextAsync(cancellationToken);
        if (
            !Guid.TryParse(input.TransactionId, out var id)
            || !await db.Transactions.AnyAsync(t => t.VenueId == venue.Id && t.Id == id, cancellationToken)
        )
            return TransactionPayload.Failed(
                new UserError(ErrorCode.NotFound, "There is no such sale at this venue. Pass Transaction.id.", "transactionId")
            );

        await assigner.AssignAsync(
            venue.Id,
            AssignmentScope.SingleTransaction,
            id.ToString(),
            userId,
            MatchedBy.Hand,
            VersionCause.Hand,
            caller.UserId,
            null,
            cancellationToken
        );
        // A HEAD_MODERATOR may tie a sale without seeing it.
        return new TransactionPayload(
            caller.May(Right.ViewTransactions, venue)
                ? new Transaction(
                    venue,
                    await db.Transactions.AsNoTracking().SingleAsync(t => t.VenueId == venue.Id && t.Id == id, cancellationToken)
                )
                : null,
            []
        );
    }
}
