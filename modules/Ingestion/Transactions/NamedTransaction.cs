using Integrations.Contracts.Access;
using Integrations.Contracts.Venues;
using Microsoft.EntityFrameworkCore;
using PosModular.Kernel.Errors;

namespace Ingestion.Transactions;

/// <summary>Finds the transaction that an input names beside its venue.</summary>
internal static class NamedTransaction
{
    /// <summary>The transaction, or the error for the field transactionId: NOT_FOUND, or INVALID_INPUT when it belongs to another venue
    /// that the caller may see.</summary>
    public static async Task<(TransactionRow? Row, UserError? Error)> FindTransactionAsync(
        this IngestionDb db,
        IVenue venue,
        string transactionId,
        IVenues venues,
        Caller caller,
        CancellationToken cancellationToken
    )
    {
        var owningVenueId = Guid.TryParse(transactionId, out var id)
            ? await db.TransactionVersions.Where(v => v.TransactionId == id).Select(v => v.VenueId).FirstOrDefaultAsync(cancellationToken)
            : null;
        if (owningVenueId == venue.Id)
            return (await db.Transactions.AsNoTracking().SingleAsync(t => t.VenueId == venue.Id && t.Id == id, cancellationToken), null);
        return
            owningVenueId is not null
            && await venues.FindAsync(owningVenueId, cancellationToken) is { } owningVenue
            && caller.May(Right.ViewVenue, owningVenue)
            ? (null, UserError.Invalid("This transaction belongs to another venue. Pass its own venueId.", "transactionId"))
            : (null, new UserError(ErrorCode.NotFound, "The venue has no such transaction. Pass Transaction.id.", "transactionId"));
    }
}
