using Integrations.Credentials;
using Integrations.Providers;
using Integrations.Webhooks;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using NodaTime;
using PosModular.Kernel.Errors;
using PosModular.Kernel.Time;

namespace Integrations.Connections;

/// <summary>Maintains every connection at regular intervals, each on one host at a time. It renews credentials, validates them when no
/// other call has done so lately, reads the location's names once a day, makes sure that the webhook subscription exists and sends to the
/// current URL, and finishes the cleanup of disconnected locations.</summary>
internal sealed partial class ConnectionMaintenance(
    IDbContextFactory<IntegrationsDb> dbFactory,
    PosProviderRegistry providers,
    WebhookSetup webhooks,
    CredentialRenewal renewal,
    ConnectionHealth health,
    ChangePublisher publisher,
    IntegrationsSettings settings,
    IClock clock,
    TimeProvider time,
    ILogger<ConnectionMaintenance> log
) : BackgroundService
{
    /// <summary>The time from one check of a connection to the next.</summary>
    public static readonly Duration Interval = Duration.FromMinutes(15);

    private static readonly Duration LocationRefreshInterval = Duration.FromDays(1);
    private const int BatchSize = 20;
    private static readonly TimeSpan PollInterval = TimeSpan.FromSeconds(1);

    // Connections whose provider sends to another URL than this host's, and those of them that have not been checked since the start.
    private readonly HashSet<Guid> _withOutdatedUrl = [];
    private readonly HashSet<Guid> _uncheckedSinceStart = [];

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var started = false;
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                if (!started)
                    await FindOutdatedUrlsAsync(stoppingToken);
                started = true;
                while (await RunAsync(stoppingToken) > 0) { }
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                LogRunFailed(log, e.Message);
            }
            await time.DelayAsync(PollInterval, stoppingToken);
        }
    }

    // Only once, at the start: during a rolling update, two hosts with different base URLs must not take turns in changing the
    // subscription.
    private async Task FindOutdatedUrlsAsync(CancellationToken cancellationToken)
    {
        await using var db = await dbFactory.CreateDbContextAsync(cancellationToken);
        var rows = await db
            .Connections.AsNoTracking()
            .Where(c => c.DisconnectedAt == null && c.SubscriptionId != null)
            .Select(c => new
            {
                c.Id,
                c.Provider,
                c.NotificationUrl,
            })
            .ToListAsync(cancellationToken);
        // Their next check is not moved forward, because a host that still has the old base URL could take them over and leave them
        // unchanged.
        _withOutdatedUrl.UnionWith(rows.Where(c => c.NotificationUrl != settings.WebhookUrl(c.Provider, c.Id)).Select(c => c.Id));
        _uncheckedSinceStart.UnionWith(_withOutdatedUrl);
    }

    /// <summary>Maintains the connections that are due and returns how many there were.</summary>
    public async Task<int> RunAsync(CancellationToken cancellationToken)
    {
        var (now, uncheckedIds) = (clock.Now(), _uncheckedSinceStart.ToArray());
        await using var db = await dbFactory.CreateDbContextAsync(cancellationToken);
        // The next check time is set first. It serves as the lease, so a crash only postpones the check.
        var due = await db
            .Connections.FromSql(
                $"""
                update integrations.pos_connections set next_check_at = {now + Interval} where id in (
                  select id from integrations.pos_connections where (next_check_at <= {now} or id = any({uncheckedIds}))
                    and (disconnected_at is null or subscription_id is not null)
                  order by next_check_at limit {BatchSize} for update skip locked)
                returning *
                """
            )
            .ToListAsync(cancellationToken);
        _uncheckedSinceStart.ExceptWith(due.Select(c => c.Id));
        foreach (var connection in due)
        {
            try
            {
                await MaintainAsync(db, connection, cancellationToken);
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                LogConnectionFailed(log, connection.Id, e.GetBaseException().GetType().Name);
            }
        }
        return due.Count;
    }

    private async Task MaintainAsync(IntegrationsDb db, PosConnectionRow connection, CancellationToken cancellationToken)
    {
        if (connection.DecryptCredentials(settings.SecretCipher) is not { } credentials)
            return;
        var provider = providers.Get(connection.Provider);
        if (connection.DisconnectedAt is not null)
        {
            if (await webhooks.RemoveAsync(db, connection, provider, credentials, cancellationToken) is null)
            {
                connection.ClearCredentials();
                await db.SaveChangesAsync(cancellationToken);
            }
            return;
        }
        credentials = await renewal.EnsureFreshAsync(connection, credentials, provider, cancellationToken);
        var checkedAt = connection.NextCheckAt - Interval;
        if (
            connection.LastErrorCode is not null
            || checkedAt - (connection.LastGoodCallAt ?? Instant.MinValue) > Interval / 2
            || checkedAt - (connection.LocationReadAt ?? Instant.MinValue) >= LocationRefreshInterval
        )
        {
            var location = await provider.ValidateAsync(credentials, cancellationToken);
            await health.RecordAsync(connection, location.Fault, cancellationToken);
            if (location.Value is not { } found)
                return;
            // The names are shown as the provider reports them. The venue's own time zone and day cut-off stay as they are.
            var changed = connection.UpdateLocation(found, clock.Now());
            await db.SaveChangesAsync(cancellationToken);
            if (changed)
                await publisher.ConnectionChangedAsync(connection.VenueId);
        }
        // What an operator must do by hand, such as passing a key, is not retried automatically.
        if (
            connection.WebhookEnabled
            && provider.Subscriptions is not null
            && (
                connection.SubscriptionId is not null
                || (
                    connection.SignatureKey is null
                    && connection.WebhookErrorCode is ErrorCode.ProviderUnavailable or ErrorCode.RateLimitExceeded
                )
            )
        )
            await webhooks.SubscribeAsync(
                db,
                connection,
                provider,
                credentials,
                cancellationToken,
                mayUpdateUrl: _withOutdatedUrl.Contains(connection.Id)
            );
        if (connection.NotificationUrl == settings.WebhookUrl(connection.Provider, connection.Id))
            _withOutdatedUrl.Remove(connection.Id);
    }

    [LoggerMessage(LogLevel.Warning, "Connection maintenance failed and starts again in a second: {Reason}")]
    private static partial void LogRunFailed(ILogger log, string reason);

    [LoggerMessage(
        LogLevel.Warning,
        "Maintenance of connection {Connection} failed; the connection is checked again at the next interval: {Reason}"
    )]
    private static partial void LogConnectionFailed(ILogger log, Guid connection, string reason);
}
