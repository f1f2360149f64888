using Integrations.Contracts.Venues;
using Microsoft.EntityFrameworkCore;
using NodaTime;
using PosModular.Kernel.Time;

namespace Integrations.Alerts;

/// <summary>Finds webhook endpoints that have failed for ten minutes, and those that are disabled because they failed for days.</summary>
internal sealed class EndpointAlerts(IDbContextFactory<IntegrationsDb> dbFactory, IClock clock) : IAlertSource
{
    private static readonly Duration MaxFailure = Duration.FromMinutes(10);

    public IReadOnlyList<string> Kinds { get; } = [AlertKinds.EndpointFailing];

    public async Task<IReadOnlyList<FoundAlert>> FindAsync(CancellationToken cancellationToken)
    {
        var before = clock.Now() - MaxFailure;
        await using var db = await dbFactory.CreateDbContextAsync(cancellationToken);
        var rows = await db
            .WebhookEndpoints.AsNoTracking()
            .Where(e => e.PausedAt != null || (e.Enabled && e.FailingSince <= before))
            .ToListAsync(cancellationToken);
        return rows.ConvertAll(e => new FoundAlert(
            e.VenueId,
            AlertKinds.EndpointFailing,
            e.Id.ToString(),
            e.FailingSince ?? e.PausedAt,
            e.PausedAt is null
                ? "A webhook endpoint does not accept what is sent to it. Its deliveries show the answers; they are repeated for days."
                : "A webhook endpoint has not accepted anything for days, so it is disabled. Repair the receiver, then enable it again: "
                    + "updateWebhookEndpoint(input: { endpointId, enabled: true })."
        )
        {
            EndpointId = e.Id,
        });
    }
}
