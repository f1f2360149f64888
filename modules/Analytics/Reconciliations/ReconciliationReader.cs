using Ingestion.Contracts;
using Integrations.Contracts.Calendar;
using Integrations.Contracts.Connections;
using Integrations.Contracts.Venues;
using Microsoft.EntityFrameworkCore;
using NodaTime;
using PosModular.Kernel.Time;

namespace Analytics.Reconciliations;

/// <summary>Reads the reconciliations of a venue.</summary>
internal sealed class ReconciliationReader(
    IDbContextFactory<AnalyticsDb> dbFactory,
    IPosConnections connections,
    IProviderComparison comparison,
    IClock clock
)
{
    /// <summary>One reconciliation for each business date from the first to the last that has ended and either was compared or belongs to
    /// a connection, newest first.</summary>
    public Task<IReadOnlyList<Reconciliation>> ReadAsync(
        IVenue venue,
        LocalDate first,
        LocalDate last,
        CancellationToken cancellationToken
    ) =>
        ReadAsync(
            venue,
            Enumerable.Range(0, Math.Max(0, Period.DaysBetween(first, last) + 1)).Select(first.PlusDays).ToHashSet(),
            cancellationToken
        );

    /// <summary>The same for single dates.</summary>
    public async Task<IReadOnlyList<Reconciliation>> ReadAsync(
        IVenue venue,
        IReadOnlyCollection<LocalDate> dates,
        CancellationToken cancellationToken
    )
    {
        if (dates.Count == 0)
            return [];
        var connected = (await connections.ListConnectedAsync(venue.Id, cancellationToken))
            .Where(c => comparison.IsSupported(c.Details.Provider))
            .ToArray();
        await using var db = await dbFactory.CreateDbContextAsync(cancellationToken);
        var rows = (
            await db.Set<ReconciliationRow>()
                .AsNoTracking()
                .Where(r => r.VenueId == venue.Id && dates.Contains(r.BusinessDate))
                .ToListAsync(cancellationToken)
        ).ToLookup(r => r.BusinessDate);
        var today = venue.BusinessDateOf(clock.Now());
        var found = new List<Reconciliation>();
        foreach (var date in dates.Where(d => d < today).OrderDescending())
        {
            var (ofDate, end) = (rows[date].ToArray(), venue.StartOf(date.PlusDays(1)));
            var expected = connected.Where(c => c.ConnectedAt < end).Select(c => c.Details.ConnectionId).ToArray();
            if (ofDate.Length == 0 && expected.Length == 0)
                continue;
            var isIncomplete = expected.Except(ofDate.Select(r => r.ConnectionId)).Any();
            found.Add(Reconciliation.Of(venue.Id, date, ofDate, isIncomplete));
        }
        return found;
    }
}
