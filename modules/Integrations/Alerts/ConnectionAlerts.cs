using Integrations.Connections;
using Integrations.Contracts.Venues;
using Microsoft.EntityFrameworkCore;
using NodaTime;
using PosModular.Kernel.Time;

namespace Integrations.Alerts;

/// <summary>Finds connections that need attention, with the reason that their status gives.</summary>
internal sealed class ConnectionAlerts(IDbContextFactory<IntegrationsDb> dbFactory, IntegrationsSettings settings, IClock clock)
    : IAlertSource
{
    public IReadOnlyList<string> Kinds { get; } = [AlertKinds.ConnectionNeedsAttention];

    public async Task<IReadOnlyList<FoundAlert>> FindAsync(CancellationToken cancellationToken)
    {
        await using var db = await dbFactory.CreateDbContextAsync(cancellationToken);
        var rows = await db.Connections.AsNoTracking().Where(c => c.DisconnectedAt == null).ToListAsync(cancellationToken);
        var now = clock.Now();
        return
        [
            .. rows.Select(c => (Row: c, Connection: PosConnection.Of(c, settings.SecretCipher, now)))
                .Where(c => c.Connection.Status == PosConnectionStatus.NeedsAttention)
                .Select(c => new FoundAlert(
                    c.Row.VenueId,
                    AlertKinds.ConnectionNeedsAttention,
                    c.Row.Id.ToString(),
                    null,
                    $"{c.Row.LocationName ?? c.Row.ExternalLocationId}: {c.Connection.StatusReason!.Message}"
                )
                {
                    ConnectionId = c.Row.Id,
                }),
        ];
    }
}
