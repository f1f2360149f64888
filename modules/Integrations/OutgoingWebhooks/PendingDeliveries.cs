using System.Diagnostics.Metrics;
using Integrations.Contracts.Webhooks;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Hosting;
using PosModular.Kernel.Time;

namespace Integrations.OutgoingWebhooks;

/// <summary>Counts, every ten seconds, the deliveries that wait to be sent, for the gauge <c>pos.webhooks.pending</c>.</summary>
internal sealed class PendingDeliveries : BackgroundService
{
    private static readonly TimeSpan CountInterval = TimeSpan.FromSeconds(10);
    private readonly IDbContextFactory<IntegrationsDb> _dbFactory;
    private readonly TimeProvider _time;
    private long _count;

    public PendingDeliveries(IDbContextFactory<IntegrationsDb> dbFactory, IMeterFactory meters, TimeProvider time)
    {
        (_dbFactory, _time) = (dbFactory, time);
        meters
            .Create(OutgoingWebhookMetrics.MeterName)
            .CreateObservableGauge(
                "pos.webhooks.pending",
                () => Interlocked.Read(ref _count),
                "{delivery}",
                "Outgoing webhooks that wait for their first or next attempt."
            );
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await using var db = await _dbFactory.CreateDbContextAsync(stoppingToken);
                Interlocked.Exchange(
                    ref _count,
                    await db.WebhookDeliveries.LongCountAsync(d => d.Status == DeliveryStatus.Pending, stoppingToken)
                );
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                // The gauge keeps its last value while the database is unreachable, which /health/ready reports.
            }
            await _time.DelayAsync(CountInterval, stoppingToken);
        }
    }
}
