using System.Collections.Concurrent;
using Integrations.Connections;
using Integrations.Providers;
using Microsoft.EntityFrameworkCore;
using NodaTime;
using PosModular.Kernel.Time;

namespace Integrations.Credentials;

/// <summary>Renews credentials that end, ahead of their end: after a week or half of their life, whichever is sooner. Once for all who ask, in this process
/// and on other hosts: a refresh token may be good for one use only.</summary>
/// <remarks>Source: Square docs, OAuth API › Refresh, revoke and limit scope: renew every 7 days or less.</remarks>
internal sealed class CredentialRenewal(
    IDbContextFactory<IntegrationsDb> dbFactory,
    ConnectionHealth health,
    IntegrationsSettings settings,
    IClock clock,
    TimeProvider time
)
{
    private static readonly Duration MaxCredentialAge = Duration.FromDays(7);
    private static readonly Duration RenewalLease = Duration.FromSeconds(60);
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(100);
    private readonly ConcurrentDictionary<Guid, SemaphoreSlim> _locks = new();

    /// <summary>The credentials to use now: the same, unless they are due and could be renewed.</summary>
    public async Task<PosCredentials> EnsureFreshAsync(
        PosConnectionRow connection,
        PosCredentials credentials,
        IPosProvider provider,
        CancellationToken cancellationToken
    ) =>
        IsDue(connection, clock.Now())
            ? await RenewAsync(connection, credentials, provider, cancellationToken) ?? credentials
            : credentials;

    /// <summary>A pure function of the row: half of the life or a week, whichever is sooner.</summary>
    public static bool IsDue(PosConnectionRow connection, Instant now) =>
        connection is { RefreshToken: not null, CredentialsExpireAt: { } expiresAt }
        && connection.CredentialsIssuedAt is var issuedAt
        && now
            >= Instant.Min(
                (issuedAt ?? expiresAt - MaxCredentialAge) + MaxCredentialAge,
                (issuedAt ?? expiresAt - MaxCredentialAge) + (expiresAt - (issuedAt ?? expiresAt - MaxCredentialAge)) / 2
            );

    /// <summary>Renews the credentials that somebody holds; null when they cannot be renewed. What somebody else has renewed or replaced meanwhile is taken.</summary>
    public async Task<PosCredentials?> RenewAsync(
        PosConnectionRow connection,
        PosCredentials heldCredentials,
        IPosProvider provider,
        CancellationToken cancellationToken
    )
    {
        if (heldCredentials.RefreshToken is null)
            return null;
        var connectionLock = _locks.GetOrAdd(connection.Id, static _ => new SemaphoreSlim(1));
        await connectionLock.WaitAsync(cancellationToken);
        try
        {
            while (true)
            {
                await using var db = await dbFactory.CreateDbContextAsync(cancellationToken);
                var now = clock.Now();
                var row = await db.Connections.SingleOrDefaultAsync(c => c.Id == connection.Id, cancellationToken);
                if (row?.DecryptCredentials(settings.SecretCipher) is not { } current)
                    return null;
                if (current.AccessToken != heldCredentials.AccessToken)
                    return current;
                // Whoever was renewing may have ended between the look and this: what he has put there is not renewed again.
                var acquired =
                    await db
                        .Connections.Where(c =>
                            c.Id == connection.Id
                            && c.AccessToken == row.AccessToken
                            && (c.RenewalLeaseUntil == null || c.RenewalLeaseUntil < now)
                        )
                        .ExecuteUpdateAsync(c => c.SetProperty(x => x.RenewalLeaseUntil, now + RenewalLease), cancellationToken) == 1;
                if (acquired)
                    return await RenewAsync(db, row, current, provider, CancellationToken.None); // what the provider gives once must be kept
                await time.DelayAsync(PollInterval, cancellationToken);
                cancellationToken.ThrowIfCancellationRequested();
            }
        }
        finally
        {
            connectionLock.Release();
        }
    }

    private async Task<PosCredentials?> RenewAsync(
        IntegrationsDb db,
        PosConnectionRow row,
        PosCredentials current,
        IPosProvider provider,
        CancellationToken cancellationToken
    )
    {
        var answer = await provider.RenewAsync(current, cancellationToken);
        var (oldAccessToken, now) = (row.AccessToken, clock.Now());
        if (answer.Value is { } renewed)
        {
            row.StoreCredentials(renewed, settings.SecretCipher, now);
            // Unless somebody has connected the till anew in between: his credentials stay.
            await db
                .Connections.Where(c => c.Id == row.Id && c.AccessToken == oldAccessToken)
                .ExecuteUpdateAsync(
                    c =>
                        c.SetProperty(x => x.AccessToken, row.AccessToken)
                            .SetProperty(x => x.RefreshToken, row.RefreshToken)
                            .SetProperty(x => x.CredentialsIssuedAt, now)
                            .SetProperty(x => x.CredentialsExpireAt, row.CredentialsExpireAt)
                            .SetProperty(x => x.RenewalLeaseUntil, (Instant?)null),
                    cancellationToken
                );
            return renewed;
        }
        await db
            .Connections.Where(c => c.Id == row.Id)
            .ExecuteUpdateAsync(c => c.SetProperty(x => x.RenewalLeaseUntil, (Instant?)null), cancellationToken);
        await health.RecordAsync(row, answer.Fault, cancellationToken);
        return null;
    }
}
