using GraphQL;
using Ingestion.Cards;
using Ingestion.Ledger;
using Ingestion.Members;
using Integrations.Contracts.Access;
using Integrations.Contracts.Venues;
using Microsoft.EntityFrameworkCore;
using PosModular.Kernel.Errors;

namespace Ingestion.Transactions;

/// <summary>The transaction to assign and its user.</summary>
internal sealed record AssignTransactionInput
{
    /// <summary>The venue.</summary>
    [Id]
    public required string VenueId { get; init; }

    /// <summary>The transaction's id.</summary>
    [Id]
    public required string TransactionId { get; init; }

    /// <summary>The user's id: the sub claim of their token. Null assigns the transaction to nobody.</summary>
    [Id]
    public string? UserId { get; init; }
}

/// <summary>The result of assigning a transaction.</summary>
/// <param name="Transaction">The transaction; null when there are errors or when the caller may not view the venue's transactions.</param>
/// <param name="Errors">What was wrong with the input; empty on success.</param>
internal sealed record TransactionPayload(Transaction? Transaction, IReadOnlyList<UserError> Errors)
{
    public static TransactionPayload Failed(UserError error) => new(null, [error]);
}

/// <summary>Assigns one transaction to a user by hand, for example when a guest shows a receipt. A userId of null assigns it to nobody. An
/// assignment by hand stays, whatever cards are linked later. The change is recorded in the audit log. For owners of the venue and
/// HEAD_MODERATOR. Errors: NOT_FOUND; INVALID_INPUT, also for a transaction of another venue; CONFLICT when its guest was
/// forgotten.</summary>
internal sealed class AssignTransaction(
    IDbContextFactory<IngestionDb> dbFactory,
    TransactionAssigner assigner,
    IVenues venues,
    IAuditLog auditLog
)
{
    /// <param name="input">The transaction and its user.</param>
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
        var (transaction, error) = await db.FindTransactionAsync(venue, input.TransactionId, venues, caller, cancellationToken);
        if (transaction is not { Id: var id, UserId: var before })
            return TransactionPayload.Failed(error!);
        if (transaction.IsForgotten)
            return TransactionPayload.Failed(ForgottenGuest.Error);

        await assigner.AssignAsync(
            venue.Id,
            VersionCause.Hand,
            caller.UserId,
            (_, _) => Task.FromResult<IReadOnlyList<Assignment>>([Assignment.OfTransaction(id, userId, MatchedBy.Hand)]),
            (connection, count) =>
                count == 0
                    ? Task.CompletedTask
                    : auditLog.RecordAsync(
                        connection,
                        caller,
                        venue.Id,
                        "assignTransaction",
                        id.ToString(),
                        $"{before ?? "nobody"} → {userId ?? "nobody"}",
                        cancellationToken
                    ),
            cancellationToken
        );
        // A HEAD_MODERATOR may assign a transaction without viewing it.
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
