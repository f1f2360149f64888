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
    public async Task<IReadOnlyList<Reconciliation>> ReadAsync(
        IVenue venue,
        LocalDate first,
        LocalDate last,
        CancellationToken cancellationToken
    )
    {
        var connected = (await connections.ListConnectedAsync(venue.Id, cancellationToken))
            .Where(c => comparison.IsSupported(c.Details.Provider))
            .ToArray();
        await using var db = await dbFactory.CreateDbContextAsync(cancellationToken);
        var rows = (
            await db.Set<ReconciliationRow>()
                .AsNoTracking()
                .Where(r => r.VenueId == venue.Id && r.BusinessDate >= first && r.BusinessDate <= last)
                .ToListAsync(cancellationToken)
        ).ToLookup(r => r.BusinessDate);
        var ended = venue.BusinessDateOf(clock.Now()).PlusDays(-1);
        var found = new List<Reconciliation>();
        for (var date = last < ended ? last : ended; date >= first; date = date.PlusDays(-1))
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
