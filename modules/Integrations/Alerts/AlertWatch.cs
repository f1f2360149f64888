using Integrations.Contracts.Venues;
using Integrations.Contracts.Webhooks;
using Integrations.OutgoingWebhooks;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using NodaTime;
using NodaTime.Text;
using Npgsql;
using PosModular.Kernel.Feed;
using PosModular.Kernel.Time;

namespace Integrations.Alerts;

/// <summary>Asks every ten seconds, on one host at a time, what is wrong, raises what is new and clears what is over. An alert and the
/// outgoing webhooks about it are one commit.</summary>
internal sealed partial class AlertWatch(
    IEnumerable<IAlertSource> sources,
    IDbContextFactory<IntegrationsDb> dbFactory,
    FeedSignal signal,
    DeliverySignal deliverySignal,
    IntegrationsSettings settings,
    IClock clock,
    TimeProvider time,
    ILogger<AlertWatch> log
) : BackgroundService
{
    private const long AdvisoryLockKey = 0x706f736d_616c6572; // "posmaler"
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(10);

    /// <summary>The alerts that other systems hear of, each with the type of its event.</summary>
    private static readonly Dictionary<string, string> EventTypes = new()
    {
        [AlertKinds.ConnectionNeedsAttention] = VenueEventTypes.ConnectionNeedsAttention,
        [AlertKinds.ConnectionQuiet] = VenueEventTypes.ConnectionQuiet,
        [AlertKinds.ReconciliationDiffers] = VenueEventTypes.ReconciliationDiffers,
    };

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (settings.SendsWebhooks && !stoppingToken.IsCancellationRequested)
        {
            try
            {
                await RunAsync(stoppingToken);
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                LogRunFailed(log, e.Message);
            }
            catch (OperationCanceledException)
            {
                return;
            }
            await time.DelayAsync(Interval, stoppingToken);
        }
    }

    /// <summary>Asks all sources once. Does nothing while another host does.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        await using var db = await dbFactory.CreateDbContextAsync(cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        if (
            !await db
                .Database.SqlQuery<bool>($"""select pg_try_advisory_xact_lock({AdvisoryLockKey}) as "Value" """)
                .SingleAsync(cancellationToken)
        )
            return;
        var (found, unknownKinds) = await FindAsync(cancellationToken);
        var open = await db.Alerts.Where(a => a.ClearedAt == null).ToListAsync(cancellationToken);
        var now = clock.Now();
        var known = open.ToDictionary(a => (a.VenueId, a.Kind, a.Subject));
        var raised = new List<AlertRow>();
        foreach (var alert in found.DistinctBy(a => (a.VenueId, a.Kind, a.Subject)))
        {
            if (known.Remove((alert.VenueId, alert.Kind, alert.Subject), out var row))
                row.Message = alert.Message;
            else
                raised.Add(RowOf(alert, now));
        }
        // A source that could not tell clears nothing.
        foreach (var over in known.Values.Where(a => !unknownKinds.Contains(a.Kind)))
            over.ClearedAt = now;
        db.AddRange(raised);
        await db.SaveChangesAsync(cancellationToken);
        await QueueDeliveriesAsync(db, raised, now, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        if (raised.Count == 0)
            return;
        signal.Raise(LiveAlertFeed.Feed, [.. raised.Select(a => a.VenueId).Distinct()]);
        deliverySignal.Set();
    }

    private async Task<(List<FoundAlert> Found, HashSet<string> UnknownKinds)> FindAsync(CancellationToken cancellationToken)
    {
        var (found, unknownKinds) = (new List<FoundAlert>(), new HashSet<string>());
        foreach (var source in sources)
        {
            try
            {
                found.AddRange(await source.FindAsync(cancellationToken));
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                unknownKinds.UnionWith(source.Kinds);
                LogSourceFailed(log, string.Join(", ", source.Kinds), e.Message);
            }
        }
        return (found, unknownKinds);
    }

    private static AlertRow RowOf(FoundAlert alert, Instant now) =>
        new()
        {
            Id = now.NewId(),
            VenueId = alert.VenueId,
            Kind = alert.Kind,
            Subject = alert.Subject,
            Since = alert.Since ?? now,
            Message = alert.Message,
            ConnectionId = alert.ConnectionId,
            EndpointId = alert.EndpointId,
            BusinessDate = alert.BusinessDate,
            RaisedAt = now,
        };

    private static async Task QueueDeliveriesAsync(
        IntegrationsDb db,
        IReadOnlyList<AlertRow> raised,
        Instant now,
        CancellationToken cancellationToken
    )
    {
        var venueIds = raised.Where(a => EventTypes.ContainsKey(a.Kind)).Select(a => a.VenueId).Distinct().ToArray();
        if (venueIds.Length == 0)
            return;
        var endpoints = await db
            .WebhookEndpoints.AsNoTracking()
            .Where(e => venueIds.Contains(e.VenueId) && e.Enabled)
            .ToListAsync(cancellationToken);
        var deliveries = raised
            .SelectMany(a =>
                EventTypes.TryGetValue(a.Kind, out var type)
                    ? endpoints
                        .Where(e => e.VenueId == a.VenueId && e.Types.Contains(type))
                        .Select(e => new NewDelivery(e.Id, EventOf(a, type)))
                    : []
            )
            .ToArray();
        if (deliveries.Length == 0)
            return;
        await using var insert = QueueDeliveries.InsertOf((NpgsqlConnection)db.Database.GetDbConnection(), deliveries, now);
        await insert.ExecuteNonQueryAsync(cancellationToken);
    }

    private static VenueEvent EventOf(AlertRow alert, string type) =>
        VenueEvent.Of(
            alert.VenueId,
            type,
            "connection:" + alert.ConnectionId,
            alert.RaisedAt,
            alert.BusinessDate is { } date
                ? new
                {
                    venueId = alert.VenueId,
                    connectionId = alert.ConnectionId,
                    businessDate = LocalDatePattern.Iso.Format(date),
                    since = alert.Since,
                    message = alert.Message,
                }
                : (object)
                    new
                    {
                        venueId = alert.VenueId,
                        connectionId = alert.ConnectionId,
                        since = alert.Since,
                        message = alert.Message,
                    }
        );

    [LoggerMessage(LogLevel.Warning, "The alerts could not be brought up to date; the next attempt is in ten seconds: {Reason}")]
    private static partial void LogRunFailed(ILogger log, string reason);

    [LoggerMessage(LogLevel.Warning, "It is not known which alerts of the kind {Kinds} hold; the next attempt is in ten seconds: {Reason}")]
    private static partial void LogSourceFailed(ILogger log, string kinds, string reason);
}
