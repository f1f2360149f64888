using Integrations.Contracts.Venues;
using MediatR;

namespace Integrations.Venues;

/// <summary>Drops a changed venue, and with it its owners' rights, from the cache.</summary>
internal sealed class DropCachedVenue(VenueDirectory directory) : INotificationHandler<VenueChanged>
{
    public Task Handle(VenueChanged notification, CancellationToken cancellationToken)
    {
        directory.Drop(notification.VenueId);
        return Task.CompletedTask;
    }
}
