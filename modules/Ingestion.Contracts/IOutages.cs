using NodaTime;

namespace Ingestion.Contracts;

/// <summary>The outages that syncs have made up for, as the module that syncs answers other modules.</summary>
public interface IOutages
{
    /// <summary>The outages whose gap was synced at or after an instant.</summary>
    Task<IReadOnlyList<Outage>> ListAsync(Instant since, CancellationToken cancellationToken);
}

/// <summary>An outage of the hosts, the database or the provider.</summary>
/// <param name="ConnectionId">The connection that was not served.</param>
/// <param name="From">The start of the gap.</param>
/// <param name="To">The end of the gap.</param>
/// <param name="SyncedAt">When the sync of the gap was completed.</param>
public sealed record Outage(Guid ConnectionId, Instant From, Instant To, Instant SyncedAt);
