using Integrations.Calls;
using Integrations.Credentials;
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
internal sealed partial class ConnectionKeeper(
    IDbContextFactory<IntegrationsDb> dbs,
    PosProviders providers,
    WebhookSetup webhooks,
    Renewals renewals,
    ConnectionHealth health,
    TillDirectory tills,
    IntegrationsSettings settings,
    IClock clock,
    TimeProvider time,
    ILogger<ConnectionKeeper> log
) : BackgroundService
{
    /// <summary>From one look to the next.</summary>
    public static readonly Duration Interval = Duration.FromMinutes(15);

    private static readonly Duration NamesGoodFor = Duration.FromDays(1);
    private const int AtOnce = 20;
    private static readonly TimeSpan Poll = TimeSpan.FromSeconds(1);

    // Their provider sends to another address than this host's; and of them, those not looked at since the start.
    private readonly HashSet<Guid> _moved = [];
    private readonly HashSet<Guid> _unseen = [];

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var begun = false;
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                if (!begun)
                    await FindMovedAsync(stoppingToken);
                begun = true;
                while (await RunAsync(stoppingToken) > 0) { }
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                Stumbled(log, e.Message);
            }
            await time.DelayAsync(Poll, stoppingToken);
        }
    }

    // At the start only: two hosts with different addresses, in the middle of an update, must not take turns in changing it.
    private async Task FindMovedAsync(CancellationToken cancellationToken)
    {
        await using var db = await dbs.CreateDbContextAsync(cancellationToken);
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
        _moved.UnionWith(rows.Where(c => c.NotificationUrl != settings.WebhookUrl(c.Provider, c.Id)).Select(c => c.Id));
        _unseen.UnionWith(_moved);
    }

    /// <summary>Looks after those that are due; answers how many that were.</summary>
    public async Task<int> RunAsync(CancellationToken cancellationToken)
    {
        var (now, unseen) = (clock.Now(), _unseen.ToArray());
        await using var db = await dbs.CreateDbContextAsync(cancellationToken);
        // The next time is set first: it is the lease, and a crash only postpones.
        var due = await db
            .Connections.FromSql(
                $"""
                update integrations.pos_connections set next_check_at = {now + Interval} where id in (
                  select id from integrations.pos_connections where (next_check_at <= {now} or id = any({unseen})) and (disconnected_at is null or subscription_id is not null)
                  order by next_check_at limit {AtOnce} for update skip locked)
                returning *
                """
            )
            .ToListAsync(cancellationToken);
        _unseen.ExceptWith(due.Select(c => c.Id));
        foreach (var connection in due)
        {
            try
            {
                await LookAfterAsync(db, connection, cancellationToken);
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                Missed(log, connection.Id, e.GetBaseException().GetType().Name);
            }
        }
        return due.Count;
    }

    private async Task LookAfterAsync(IntegrationsDb db, TillConnection connection, CancellationToken cancellationToken)
    {
        if (connection.Open(settings.Vault) is not { } credentials)
            return;
        var provider = providers.Of(connection.Provider);
        if (connection.DisconnectedAt is not null)
        {
            if (await webhooks.RemoveAsync(db, connection, provider, credentials, cancellationToken) is null)
            {
                connection.ForgetCredentials();
                await db.SaveChangesAsync(cancellationToken);
            }
            return;
        }
        credentials = await renewals.FreshAsync(connection, credentials, provider, cancellationToken);
        var began = connection.NextCheckAt - Interval;
        if (
            connection.LastErrorCode is not null
            || began - (connection.LastGoodCallAt ?? Instant.MinValue) > Interval / 2
            || began - (connection.LocationReadAt ?? Instant.MinValue) >= NamesGoodFor
        )
        {
            var location = await provider.ValidateAsync(credentials, cancellationToken);
            await health.NoteAsync(connection, location.Fault, cancellationToken);
            if (location.Value is not { } known)
                return;
            // Shown as the provider has it; the venue's own time zone and day are its own.
            var renamed = connection.Learn(known, clock.Now());
            await db.SaveChangesAsync(cancellationToken);
            if (renamed)
                tills.Changed(connection.VenueId);
        }
        // What an operator must do by hand (a key to paste) is not tried again and again.
        if (
            connection.WebhookEnabled
            && provider.Subscriptions is not null
            && (
                connection.SubscriptionId is not null
                || (
                    connection.SignatureKey is null
                    && connection.AttentionCode is ErrorCode.ProviderUnavailable or ErrorCode.RateLimitExceeded
                )
            )
        )
            await webhooks.SubscribeAsync(
                db,
                connection,
                provider,
                credentials,
                cancellationToken,
                mayMove: _moved.Contains(connection.Id)
            );
        if (connection.NotificationUrl == settings.WebhookUrl(connection.Provider, connection.Id))
            _moved.Remove(connection.Id);
    }

    [LoggerMessage(LogLevel.Warning, "Connections could not be looked after just now: {Reason}")]
    private static partial void Stumbled(ILogger log, string reason);

    [LoggerMessage(LogLevel.Warning, "Connection {Connection} could not be looked after: {Reason}")]
    private static partial void Missed(ILogger log, Guid connection, string reason);
}
