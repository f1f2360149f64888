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

/// <summary>Looks after every connection now and then, one host at a time each: renews its credentials, asks whether they are still good when nothing else has
/// asked lately, reads once a day what the provider calls the location, sees that its webhook is there and sends to today's address, and deletes what a disconnect had to leave behind.</summary>
internal sealed partial class ConnectionMaintenance(
    IDbContextFactory<IntegrationsDb> dbFactory,
    PosProviderRegistry providers,
    WebhookSetup webhooks,
    CredentialRenewal renewal,
    ConnectionHealth health,
    PosConnectionDirectory directory,
    IntegrationsSettings settings,
    IClock clock,
    TimeProvider time,
    ILogger<ConnectionMaintenance> log
) : BackgroundService
{
    /// <summary>From one look to the next.</summary>
    public static readonly Duration Interval = Duration.FromMinutes(15);

    private static readonly Duration LocationRefreshInterval = Duration.FromDays(1);
    private const int BatchSize = 20;
    private static readonly TimeSpan PollInterval = TimeSpan.FromSeconds(1);

    // Their provider sends to another address than this host's; and of them, those not looked at since the start.
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

    // At the start only: two hosts with different addresses, in the middle of an update, must not take turns in changing it.
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
        // Not made due: a host that still has the address of before would look after them, and leave them where they are.
        _withOutdatedUrl.UnionWith(rows.Where(c => c.NotificationUrl != settings.WebhookUrl(c.Provider, c.Id)).Select(c => c.Id));
        _uncheckedSinceStart.UnionWith(_withOutdatedUrl);
    }

    /// <summary>Looks after those that are due; answers how many that were.</summary>
    public async Task<int> RunAsync(CancellationToken cancellationToken)
    {
        var (now, unseen) = (clock.Now(), _uncheckedSinceStart.ToArray());
        await using var db = await dbFactory.CreateDbContextAsync(cancellationToken);
        // The next time is set first: it is the lease, and a crash only postpones.
        var due = await db
            .Connections.FromSql(
                $"""
                update integrations.pos_connections set next_check_at = {now + Interval} where id in (
                  select id from integrations.pos_connections where (next_check_at <= {now} or id = any({unseen})) and (disconnected_at is null or subscription_id is not null)
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
            // Shown as the provider has it; the venue's own time zone and day are its own.
            var changed = connection.UpdateLocation(found, clock.Now());
            await db.SaveChangesAsync(cancellationToken);
            if (changed)
                directory.Invalidate(connection.VenueId);
        }
        // What an operator must do by hand (a key to paste) is not tried again and again.
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

    [LoggerMessage(LogLevel.Warning, "Connections could not be looked after just now: {Reason}")]
    private static partial void LogRunFailed(ILogger log, string reason);

    [LoggerMessage(LogLevel.Warning, "Connection {Connection} could not be looked after: {Reason}")]
    private static partial void LogConnectionFailed(ILogger log, Guid connection, string reason);
}
