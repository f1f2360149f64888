using GraphQL;
using Integrations.Contracts.Access;
using Integrations.Contracts.Venues;
using NodaTime;
using PosModular.Kernel.Schema;

namespace Analytics.Reconciliations;

/// <summary>Our figures beside the providers' own for one business date. Null for a date that has not ended, and for one from before the
/// first connection unless reconcileDay was run for it. For owners of the venue and HEAD_MODERATOR; the figures are for owners.</summary>
internal sealed class VenueReconciliation(ReconciliationReader reader)
{
    /// <param name="businessDate">The business date.</param>
    public async Task<Reconciliation?> ReconciliationAsync(
        [Parent] IVenue venue,
        LocalDate businessDate,
        IResolveFieldContext context,
        CancellationToken cancellationToken
    )
    {
        context.Caller().Demand(Right.ViewVenue, venue);
        return (await reader.ReadAsync(venue, businessDate, businessDate, cancellationToken)).SingleOrDefault();
    }
}
