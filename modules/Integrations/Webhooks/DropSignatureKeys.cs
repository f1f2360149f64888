using Integrations.Contracts.Connections;
using MediatR;

namespace Integrations.Webhooks;

/// <summary>Drops the connections with their signature keys from memory, so that the next webhook is verified against the
/// stored ones.</summary>
internal sealed class DropSignatureKeys(PosConnectionDirectory directory) : INotificationHandler<ConnectionChanged>
{
    public Task Handle(ConnectionChanged notification, CancellationToken cancellationToken)
    {
        directory.Drop();
        return Task.CompletedTask;
    }
}
