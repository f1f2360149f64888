using GraphQL;
using Integrations.Contracts.Access;
using Integrations.Contracts.Venues;
using NodaTime;
using PosModular.Kernel.Errors;
using PosModular.Kernel.Schema;

namespace Analytics.Reconciliations;

/// <summary>A calendar: one reconciliation for each business date of the span that has ended, newest first, at most 400 dates. Dates from
/// before the first connection are left out unless reconcileDay was run for them. For owners of the venue and HEAD_MODERATOR; the figures
/// are for owners. INVALID_INPUT for a longer span.</summary>
internal sealed class VenueReconciliations(ReconciliationReader reader)
{
    private const int MaxDates = 400;

    /// <param name="from">The first business date.</param>
    /// <param name="to">The last business date.</param>
    public async Task<IReadOnlyList<Reconciliation>> ReconciliationsAsync(
        [Parent] IVenue venue,
        LocalDate from,
        LocalDate to,
        IResolveFieldContext context,
        CancellationToken cancellationToken
    )
    {
        context.Caller().Demand(Right.ViewVenue, venue);
        if (from > to || Period.DaysBetween(from, to) >= MaxDates || from.Year < 1900 || to.Year > 2200)
            throw ApiError.InvalidInput(
                $"from must not be after to, and the span may have {MaxDates} dates at most. Ask for a shorter span."
            );
        return await reader.ReadAsync(venue, from, to, cancellationToken);
    }
}
