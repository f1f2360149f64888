using Integrations.Contracts.Webhooks;
using Microsoft.EntityFrameworkCore;
using Npgsql;
using PosModular.Kernel.Data;
using PosModular.Kernel.Feed;

namespace Integrations.OutgoingWebhooks;

/// <summary>Starts and ends the following of a venue's feeds: nothing is read for a venue without an endpoint.</summary>
internal sealed class FollowedFeeds(FeedRelays relays)
{
    /// <summary>The names of the readers, each with its feed.</summary>
    public static IReadOnlyList<(string Reader, string Feed)> Readers { get; } =
    [("webhooks.transactions", VenueEventsOccurred.TransactionsFeed), ("webhooks.memberships", VenueEventsOccurred.MembershipsFeed)];

    // The first endpoint of a venue may be created while its last one is deleted.
    private const string LockSql = "select pg_advisory_xact_lock(hashtextextended('webhook endpoints of ' || $1, 0))";

    /// <summary>To be called in the transaction that creates or deletes an endpoint, before it does.</summary>
    public static async Task LockAsync(IntegrationsDb db, string venueId, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(LockSql, (NpgsqlConnection)db.Database.GetDbConnection()).AddValues(venueId);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Follows the feeds from here on, unless they are followed already.</summary>
    public async Task FollowAsync(IntegrationsDb db, string venueId, CancellationToken cancellationToken)
    {
        foreach (var (reader, _) in Readers)
            await relays.FollowAsync(reader, (NpgsqlConnection)db.Database.GetDbConnection(), venueId, cancellationToken);
    }

    /// <summary>Follows the feeds no longer.</summary>
    public async Task UnfollowAsync(IntegrationsDb db, string venueId, CancellationToken cancellationToken)
    {
        foreach (var (reader, _) in Readers)
            await relays.UnfollowAsync(reader, (NpgsqlConnection)db.Database.GetDbConnection(), venueId, cancellationToken);
    }
}
