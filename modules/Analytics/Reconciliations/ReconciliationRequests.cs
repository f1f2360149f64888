using Ingestion.Contracts;
using Integrations.Contracts.Connections;
using Integrations.Contracts.Venues;
using NodaTime;
using Npgsql;
using PosModular.Kernel.Time;

namespace Analytics.Reconciliations;

/// <summary>Requests what is to be compared by itself: each date two hours and again 36 hours after it has ended, and every ended date that
/// an outage has touched. Every host may do so at any time, because a check is requested once.</summary>
internal sealed class ReconciliationRequests(
    NpgsqlDataSource database,
    IPosConnections connections,
    IProviderComparison comparison,
    IVenues venues,
    IOutages outages,
    IClock clock
)
{
    // What this host has requested or found requested, so that it asks the database about new checks only.
    private HashSet<(ReconciliationKey, DueCheck)> _requested = [];

    /// <summary>Requests the checks that have become due, and returns whether there were any.</summary>
    public async Task<bool> RequestDueAsync(CancellationToken cancellationToken)
    {
        var now = clock.Now();
        var connected = (await connections.ListConnectedAsync(cancellationToken))
            .Where(c => comparison.IsSupported(c.Details.Provider))
            .ToArray();
        if (connected.Length == 0)
            return false;
        var venueOf = await venues.FindAsync(connected.Select(c => c.Details.VenueId).ToHashSet(), cancellationToken);
        var since = now - Duration.FromDays(ReconciliationSchedule.MaxDays);
        var outagesOf = (await outages.ListAsync(since, cancellationToken)).ToLookup(o => o.ConnectionId);
        var due = (
            from c in connected
            where venueOf.ContainsKey(c.Details.VenueId)
            let ofConnection = outagesOf[c.Details.ConnectionId].ToArray()
            from check in ReconciliationSchedule.DueChecks(venueOf[c.Details.VenueId], c.ConnectedAt, ofConnection, now)
            select (Key: new ReconciliationKey(c.Details.VenueId, check.BusinessDate, c.Details.ConnectionId), Check: check)
        ).ToHashSet();
        var unknown = due.Where(d => !_requested.Contains(d)).ToArray();
        var requested = unknown.Length > 0 ? await ReconciliationSql.RequestDueAsync(database, unknown, now, cancellationToken) : 0;
        _requested = due;
        return requested > 0;
    }
}
