using Integrations.Webhooks;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using PosModular.Kernel.Time;

namespace Integrations.Credentials;

/// <summary>Seals anew, in the background, what was sealed with an old encryption key, so that the old key can be retired. A value that cannot be opened is
/// reported and left exactly as it is; one that changes meanwhile too.</summary>
internal sealed partial class Resealing(
    IDbContextFactory<IntegrationsDb> dbs,
    IntegrationsSettings settings,
    TillDirectory tills,
    TimeProvider time,
    ILogger<Resealing> log
) : BackgroundService
{
    private static readonly TimeSpan Pause = TimeSpan.FromMinutes(5);
    private int _reported;

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
                Stumbled(log, e.Message);
            }
            await time.DelayAsync(Pause, stoppingToken);
        }
    }

    /// <summary>One pass over everything that is sealed; answers how many values were sealed anew and how many cannot be opened.</summary>
    public async Task<(int Resealed, int Quarantined)> RunAsync(CancellationToken cancellationToken)
    {
        var (resealed, quarantined) = (0, 0);
        await using var db = await dbs.CreateDbContextAsync(cancellationToken);
        foreach (var id in await db.Connections.AsNoTracking().OrderBy(c => c.Id).Select(c => c.Id).ToListAsync(cancellationToken))
        {
            // Under the row's lock: nobody changes a secret between our reading and our writing.
            await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
            var row = await db
                .Connections.FromSql($"select * from integrations.pos_connections where id = {id} for update")
                .SingleOrDefaultAsync(cancellationToken);
            var before = resealed;
            foreach (var (value, purpose, replace) in row?.Sealed().ToArray() ?? [])
            {
                if (settings.Vault.IsCurrent(value) && settings.Vault.Open(value, purpose) is not null)
                    continue;
                if (settings.Vault.Open(value, purpose) is { } secret)
                {
                    replace(settings.Vault.Seal(secret, purpose));
                    resealed++;
                }
                else
                    quarantined++;
            }
            await db.SaveChangesAsync(cancellationToken);
            await transaction.CommitAsync(cancellationToken);
            if (resealed > before)
                tills.Changed(row!.VenueId);
            db.ChangeTracker.Clear();
        }
        if (resealed > 0)
            Resealed(log, resealed);
        if (quarantined > 0 && Interlocked.Exchange(ref _reported, quarantined) != quarantined)
            Quarantined(log, quarantined);
        return (resealed, quarantined);
    }

    [LoggerMessage(LogLevel.Information, "{Count} secrets were sealed anew with the current encryption key")]
    private static partial void Resealed(ILogger log, int count);

    [LoggerMessage(
        LogLevel.Error,
        "{Count} secrets cannot be opened with any key in POS_ENCRYPTION_KEY and POS_ENCRYPTION_KEYS_OLD. They are left as they are; add the key that sealed them, or connect those tills again"
    )]
    private static partial void Quarantined(ILogger log, int count);

    [LoggerMessage(LogLevel.Warning, "Secrets could not be sealed anew just now: {Reason}")]
    private static partial void Stumbled(ILogger log, string reason);
}
