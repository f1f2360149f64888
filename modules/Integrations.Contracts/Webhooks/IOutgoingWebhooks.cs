using Npgsql;

namespace Integrations.Contracts.Webhooks;

/// <summary>Lets other modules take a guest out of the outgoing webhooks.</summary>
public interface IOutgoingWebhooks
{
    /// <summary>Deletes the deliveries that are about a guest, sent or not, over the connection of the change. A module whose feed names
    /// guests calls it in the commit that takes them out of the feed, so nothing that was read before is queued afterwards.</summary>
    /// <param name="connection">The connection, on which a transaction is open.</param>
    /// <param name="venueId">The venue.</param>
    /// <param name="userId">The guest.</param>
    /// <param name="cancellationToken">Cancels the writing.</param>
    Task ForgetAsync(NpgsqlConnection connection, string venueId, string userId, CancellationToken cancellationToken);
}
