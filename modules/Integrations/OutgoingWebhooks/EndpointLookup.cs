using Integrations.Contracts.Access;
using Integrations.Contracts.Venues;
using Microsoft.EntityFrameworkCore;

namespace Integrations.OutgoingWebhooks;

internal static class EndpointLookup
{
    /// <summary>The endpoint with this id, tracked by the context; null when there is none or the caller may not see the venue's
    /// transactions, which an endpoint receives.</summary>
    public static async Task<WebhookEndpointRow?> FindEndpointAsync(
        this IntegrationsDb db,
        string endpointId,
        IVenues venues,
        Caller caller,
        CancellationToken cancellationToken
    )
    {
        if (
            !Guid.TryParse(endpointId, out var id)
            || await db.WebhookEndpoints.SingleOrDefaultAsync(e => e.Id == id, cancellationToken) is not { } endpoint
            || await venues.FindAsync(endpoint.VenueId, cancellationToken) is not { } venue
        )
            return null;
        return caller.May(Right.ViewTransactions, venue) ? endpoint : null;
    }
}
