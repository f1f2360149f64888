using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using PosModular.Kernel.Time;

namespace Integrations.Credentials;

/// <summary>Encrypts secrets again in the background that were encrypted with an old key, so that the old key can be retired. A value
/// that cannot be decrypted is reported and left unchanged, and so is one that changes meanwhile.</summary>
internal sealed partial class SecretReencryption(
    IDbContextFactory<IntegrationsDb> dbFactory,
    IntegrationsSettings settings,
    ChangePublisher publisher,
    TimeProvider time,
    ILogger<SecretReencryption> log
) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromMinutes(5);
    private int _reportedUnreadable;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await RunAsync(stoppingToken);
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                LogRunFailed(log, e.Message);
            }
            await time.DelayAsync(Interval, stoppingToken);
        }
    }

    /// <summary>Checks every encrypted value once. Returns how many were encrypted again and how many cannot be decrypted.</summary>
    public async Task<(int Resealed, int Quarantined)> RunAsync(CancellationToken cancellationToken)
    {
        var (reencrypted, unreadable) = (0, 0);
        await using var db = await dbFactory.CreateDbContextAsync(cancellationToken);
        foreach (var id in await db.Connections.AsNoTracking().OrderBy(c => c.Id).Select(c => c.Id).ToListAsync(cancellationToken))
        {
            // The row is locked, so that no secret changes between reading and writing it.
            await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
            var row = await db
                .Connections.FromSql($"select * from integrations.pos_connections where id = {id} for update")
                .SingleOrDefaultAsync(cancellationToken);
            var before = reencrypted;
            Reencrypt(row?.EncryptedSecrets());
            await db.SaveChangesAsync(cancellationToken);
            await transaction.CommitAsync(cancellationToken);
            if (reencrypted > before)
                await publisher.ConnectionChangedAsync(row!.VenueId);
            db.ChangeTracker.Clear();
        }
        foreach (var id in await db.WebhookEndpoints.AsNoTracking().OrderBy(e => e.Id).Select(e => e.Id).ToListAsync(cancellationToken))
        {
            await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
            var row = await db
                .WebhookEndpoints.FromSql($"select * from integrations.webhook_endpoints where id = {id} for update")
                .SingleOrDefaultAsync(cancellationToken);
            Reencrypt(row?.EncryptedSecrets());
            await db.SaveChangesAsync(cancellationToken);
            await transaction.CommitAsync(cancellationToken);
            db.ChangeTracker.Clear();
        }
        foreach (var key in await db.ContactKeys.OrderBy(k => k.Id).ToListAsync(cancellationToken))
            Reencrypt([(key.EncryptedKey, SecretPurpose.ContactKey(key.Id), value => key.EncryptedKey = value)]);
        await db.SaveChangesAsync(cancellationToken);
        if (reencrypted > 0)
            LogReencrypted(log, reencrypted);
        if (unreadable > 0 && Interlocked.Exchange(ref _reportedUnreadable, unreadable) != unreadable)
            LogUnreadable(log, unreadable);
        return (reencrypted, unreadable);

        void Reencrypt(IEnumerable<(string Value, SecretPurpose Purpose, Action<string> Replace)>? secrets)
        {
            foreach (var (value, purpose, replace) in secrets?.ToArray() ?? [])
            {
                if (settings.SecretCipher.UsesCurrentKey(value) && settings.SecretCipher.Decrypt(value, purpose) is not null)
                    continue;
                if (settings.SecretCipher.Decrypt(value, purpose) is { } secret)
                {
                    replace(settings.SecretCipher.Encrypt(secret, purpose));
                    reencrypted++;
                }
                else
                    unreadable++;
            }
        }
    }

    [LoggerMessage(LogLevel.Information, "{Count} secrets were encrypted again with the current encryption key")]
    private static partial void LogReencrypted(ILogger log, int count);

    [LoggerMessage(
        LogLevel.Error,
        "{Count} secrets cannot be decrypted with any key in POS_ENCRYPTION_KEY and POS_ENCRYPTION_KEYS_OLD. They are "
            + "left as they are; add the key that encrypted them, or connect those locations again"
    )]
    private static partial void LogUnreadable(ILogger log, int count);

    [LoggerMessage(LogLevel.Warning, "Encrypting old secrets with the current key failed and is retried in 5 minutes: {Reason}")]
    private static partial void LogRunFailed(ILogger log, string reason);
}
