using System.Collections.Concurrent;
using Integrations.Connections;
using Integrations.Providers;
using Microsoft.EntityFrameworkCore;
using NodaTime;
using PosModular.Kernel.Time;

namespace Integrations.Credentials;

/// <summary>Renews expiring credentials after a week or half of their lifetime, whichever comes first. A refresh token may be valid for
/// one use only, so concurrent callers, in this process and on other hosts, share one renewal.</summary>
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

    /// <summary>The credentials to use now: renewed ones when a renewal was due and succeeded, the same ones otherwise.</summary>
    public async Task<PosCredentials> EnsureFreshAsync(
        PosConnectionRow connection,
        PosCredentials credentials,
        IPosProvider provider,
        CancellationToken cancellationToken
    ) =>
        IsDue(connection, clock.Now())
            ? await RenewAsync(connection, credentials, provider, cancellationToken) ?? credentials
            : credentials;

    /// <summary>Whether a renewal is due: after half of the lifetime or a week, whichever comes first. A pure function.</summary>
    public static bool IsDue(PosConnectionRow connection, Instant now) =>
        connection is { RefreshToken: not null, CredentialsExpireAt: { } expiresAt }
        && connection.CredentialsIssuedAt is var issuedAt
        && now
            >= Instant.Min(
                (issuedAt ?? expiresAt - MaxCredentialAge) + MaxCredentialAge,
                (issuedAt ?? expiresAt - MaxCredentialAge) + (expiresAt - (issuedAt ?? expiresAt - MaxCredentialAge)) / 2
            );

    /// <summary>Renews the credentials that the caller holds; null when they cannot be renewed. Credentials that someone else has renewed
    /// or replaced meanwhile are returned as they are.</summary>
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
                // The condition on the access token makes sure that a renewal which ended between this reading and this update is not
                // repeated.
                var acquired =
                    await db
                        .Connections.Where(c =>
                            c.Id == connection.Id
                            && c.AccessToken == row.AccessToken
                            && (c.RenewalLeaseUntil == null || c.RenewalLeaseUntil < now)
                        )
                        .ExecuteUpdateAsync(c => c.SetProperty(x => x.RenewalLeaseUntil, now + RenewalLease), cancellationToken) == 1;
                if (acquired)
                    // Not cancellable: the provider returns the new credentials only once.
                    return await RenewAsync(db, row, current, provider, CancellationToken.None);
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
            // When the location was connected again in the meantime, its new credentials stay.
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
