using System.Collections.Concurrent;
using Integrations.Calls;
using Integrations.Connections;
using Microsoft.EntityFrameworkCore;
using NodaTime;
using PosModular.Kernel.Time;

namespace Integrations.Credentials;

/// <summary>Renews credentials that end, ahead of their end: after a week or half of their life, whichever is sooner. Once for all who ask, in this process
/// and on other hosts: a refresh token may be good for one use only.</summary>
/// <remarks>Source: Square docs, OAuth API › Refresh, revoke and limit scope: renew every 7 days or less.</remarks>
internal sealed class Renewals(
    IDbContextFactory<IntegrationsDb> dbs,
    ConnectionHealth health,
    IntegrationsSettings settings,
    IClock clock,
    TimeProvider time
)
{
    private static readonly Duration Weekly = Duration.FromDays(7);
    private static readonly Duration Lease = Duration.FromSeconds(60);
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(100);
    private readonly ConcurrentDictionary<Guid, SemaphoreSlim> _one = new();

    /// <summary>The credentials to use now: the same, unless they are due and could be renewed.</summary>
    public async Task<PosCredentials> FreshAsync(
        TillConnection connection,
        PosCredentials credentials,
        IPosProvider provider,
        CancellationToken cancellationToken
    ) =>
        IsDue(connection, clock.Now())
            ? await RenewAsync(connection, credentials, provider, cancellationToken) ?? credentials
            : credentials;

    /// <summary>A pure function of the row: half of the life or a week, whichever is sooner.</summary>
    public static bool IsDue(TillConnection connection, Instant now) =>
        connection is { RefreshToken: not null, CredentialsExpireAt: { } end }
        && connection.CredentialsAt is var since
        && now >= Instant.Min((since ?? end - Weekly) + Weekly, (since ?? end - Weekly) + (end - (since ?? end - Weekly)) / 2);

    /// <summary>Renews the credentials that somebody holds; null when they cannot be renewed. What somebody else has renewed or replaced meanwhile is taken.</summary>
    public async Task<PosCredentials?> RenewAsync(
        TillConnection connection,
        PosCredentials held,
        IPosProvider provider,
        CancellationToken cancellationToken
    )
    {
        if (held.RefreshToken is null)
            return null;
        var one = _one.GetOrAdd(connection.Id, static _ => new SemaphoreSlim(1));
        await one.WaitAsync(cancellationToken);
        try
        {
            while (true)
            {
                await using var db = await dbs.CreateDbContextAsync(cancellationToken);
                var now = clock.Now();
                var row = await db.Connections.SingleOrDefaultAsync(c => c.Id == connection.Id, cancellationToken);
                if (row?.Open(settings.Vault) is not { } current)
                    return null;
                if (current.AccessToken != held.AccessToken)
                    return current;
                // Whoever was renewing may have ended between the look and this: what he has put there is not renewed again.
                var mine =
                    await db
                        .Connections.Where(c =>
                            c.Id == connection.Id && c.AccessToken == row.AccessToken && (c.RenewingUntil == null || c.RenewingUntil < now)
                        )
                        .ExecuteUpdateAsync(c => c.SetProperty(x => x.RenewingUntil, now + Lease), cancellationToken) == 1;
                if (mine)
                    return await RenewAsync(db, row, current, provider, CancellationToken.None); // what the provider gives once must be kept
                await time.DelayAsync(Look, cancellationToken);
                cancellationToken.ThrowIfCancellationRequested();
            }
        }
        finally
        {
            one.Release();
        }
    }

    private async Task<PosCredentials?> RenewAsync(
        IntegrationsDb db,
        TillConnection row,
        PosCredentials current,
        IPosProvider provider,
        CancellationToken cancellationToken
    )
    {
        var answer = await provider.RenewAsync(current, cancellationToken);
        var (was, now) = (row.AccessToken, clock.Now());
        if (answer.Value is { } renewed)
        {
            row.Keep(renewed, settings.Vault, now);
            // Unless somebody has connected the till anew in between: his credentials stay.
            await db
                .Connections.Where(c => c.Id == row.Id && c.AccessToken == was)
                .ExecuteUpdateAsync(
                    c =>
                        c.SetProperty(x => x.AccessToken, row.AccessToken)
                            .SetProperty(x => x.RefreshToken, row.RefreshToken)
                            .SetProperty(x => x.CredentialsAt, now)
                            .SetProperty(x => x.CredentialsExpireAt, row.CredentialsExpireAt)
                            .SetProperty(x => x.RenewingUntil, (Instant?)null),
                    cancellationToken
                );
            return renewed;
        }
        await db
            .Connections.Where(c => c.Id == row.Id)
            .ExecuteUpdateAsync(c => c.SetProperty(x => x.RenewingUntil, (Instant?)null), cancellationToken);
        await health.NoteAsync(row, answer.Fault, cancellationToken);
        return null;
    }
}
