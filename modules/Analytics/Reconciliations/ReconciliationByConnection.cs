using GraphQL;
using GraphQL.DataLoader;
using Ingestion.Contracts;
using Integrations.Contracts.Access;
using Integrations.Contracts.Venues;
using Microsoft.EntityFrameworkCore;
using NodaTime;
using PosModular.Kernel.Batching;
using PosModular.Kernel.Schema;

namespace Analytics.Reconciliations;

/// <summary>The figures of each connection and currency. Requires an owner of the venue; FORBIDDEN otherwise.</summary>
internal sealed class ReconciliationByConnection(IDbContextFactory<AnalyticsDb> dbFactory, IVenues venues)
{
    public async Task<IDataLoaderResult<IEnumerable<ReconciledConnection>>> ByConnectionAsync(
        [Parent] Reconciliation reconciliation,
        IResolveFieldContext context,
        CancellationToken cancellationToken
    )
    {
        var venue = await venues.DemandAsync(reconciliation.VenueId, Right.ViewTransactions, context.Caller(), cancellationToken);
        return BatchLoaders.Load<LocalDate, IEnumerable<ReconciledConnection>>(
            context,
            (typeof(ReconciliationByConnection), venue.Id),
            reconciliation.BusinessDate,
            async (dates, token) =>
            {
                await using var db = await dbFactory.CreateDbContextAsync(token);
                var sums = await db.Set<ReconciledSumsRow>()
                    .AsNoTracking()
                    .Where(s => s.VenueId == venue.Id && dates.Contains(s.BusinessDate))
                    .OrderBy(s => s.ConnectionId)
                    .ThenBy(s => s.Currency)
                    .ToListAsync(token);
                var differences = (
                    await db.Set<ReconciliationDifferenceRow>()
                        .AsNoTracking()
                        .Where(d => d.VenueId == venue.Id && dates.Contains(d.BusinessDate))
                        .OrderBy(d => d.ExternalId)
                        .ThenBy(d => d.IsRefund)
                        .ToListAsync(token)
                ).ToLookup(d => (d.BusinessDate, d.ConnectionId, Currency: d.TheirCurrency ?? d.OurCurrency!));
                return sums.GroupBy(s => s.BusinessDate)
                    .ToDictionary(
                        g => g.Key,
                        g => g.Select(s => Of(s, differences[(s.BusinessDate, s.ConnectionId, s.Currency)])).ToArray().AsEnumerable()
                    );
            },
            []
        );
    }

    private static ReconciledConnection Of(ReconciledSumsRow s, IEnumerable<ReconciliationDifferenceRow> differences) =>
        new(
            s.ConnectionId,
            s.Currency,
            ReconciledSums.Of(s.Currency, s.OurCount, s.OurTotalMinor, s.OurTipMinor, s.OurRefundedMinor),
            ReconciledSums.Of(s.Currency, s.BeforeCount, s.BeforeTotalMinor, s.BeforeTipMinor, s.BeforeRefundedMinor),
            ReconciledSums.Of(s.Currency, s.TheirCount, s.TheirTotalMinor, s.TheirTipMinor, s.TheirRefundedMinor),
            [.. differences.Take(ComparedDay.MaxDifferences).Select(ReconciledPayment.Of)]
        );
}
