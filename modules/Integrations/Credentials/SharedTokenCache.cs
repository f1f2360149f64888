using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using Integrations.Connections;
using Integrations.Contracts.Connections;
using Microsoft.EntityFrameworkCore;
using NodaTime;
using NodaTime.Text;
using PosModular.Kernel.Errors;
using PosModular.Kernel.Time;

namespace Integrations.Credentials;

/// <summary>How to log in with given credentials.</summary>
/// <param name="Id">The same id for the same credentials, see <see cref="SharedTokenCache.IdOf"/>.</param>
/// <param name="Provider">The provider.</param>
/// <param name="LogInAsync">Performs the login. The fault is ProviderUnavailable or RateLimitExceeded when the provider did not answer,
/// and any other error when it refused the credentials.</param>
internal sealed record TokenLogin(Guid Id, Provider Provider, Func<CancellationToken, Task<ProviderResult<IssuedToken>>> LogInAsync);

/// <summary>A token that a login returned.</summary>
/// <param name="Token">The decrypted token.</param>
/// <param name="Lifetime">How long the token is valid.</param>
internal sealed record IssuedToken(string Token, Duration Lifetime)
{
    /// <summary>Contains no secret.</summary>
    public override string ToString() => $"for {Lifetime}";
}

/// <summary>Tokens obtained by logins with client credentials. They are stored encrypted and shared by all connections and hosts with the
/// same credentials until shortly before they expire. A lease makes sure that concurrent callers, here and on other hosts, share one
/// login, and at most two answered logins per hour are made: providers may lock the credentials of clients that log in more
/// often.</summary>
/// <remarks>Source: Toast developer guide, Authentication rate limit: never more than twice an hour.</remarks>
internal sealed class SharedTokenCache(
    IDbContextFactory<IntegrationsDb> dbFactory,
    IntegrationsSettings settings,
    IClock clock,
    TimeProvider time
)
{
    private static readonly Duration LoginLimitWindow = Duration.FromHours(1);

    // The maximum duration of a login with its retries. When a host dies during a login, the others continue after this time.
    private static readonly Duration LoginLease = Duration.FromSeconds(60);

    private static readonly Duration ExpiryMargin = Duration.FromMinutes(5);
    private static readonly Duration UnusedTokenRetention = Duration.FromDays(7);
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(100);
    private readonly ConcurrentDictionary<Guid, PendingLogin> _pendingLogins = new();

    /// <summary>The first 16 bytes of a SHA-256 hash, which reveals nothing of its input. Neither client id nor secret can contain a line
    /// feed.</summary>
    public static Guid IdOf(Provider provider, PosCredentials credentials) =>
        new(
            SHA256
                .HashData(
                    Encoding.UTF8.GetBytes($"{provider}\n{credentials.Environment}\n{credentials.ClientId}\n{credentials.ClientSecret}")
                )
                .AsSpan(0, 16)
        );

    /// <summary>A token to use now. When both logins of an hour are used up, the fault is RATE_LIMIT_EXCEEDED with the remaining time or,
    /// after a refusal, that refusal.</summary>
    /// <param name="login">How to obtain a token.</param>
    /// <param name="rejectedToken">The token that the provider has just rejected; it is discarded unless it was replaced in the meantime.
    /// Null at first.</param>
    /// <param name="cancellationToken">Stops the waiting; a login that has begun continues.</param>
    public async Task<ProviderResult<string>> GetAsync(TokenLogin login, string? rejectedToken, CancellationToken cancellationToken)
    {
        var requestedAt = time.GetTimestamp();
        await using (var db = await dbFactory.CreateDbContextAsync(cancellationToken))
            if (UsableToken(await ReadAsync(db, login.Id, cancellationToken), rejectedToken) is { } token)
                return ProviderResult.Success(token);
        var pending = _pendingLogins.GetOrAdd(login.Id, static _ => new PendingLogin());
        pending.AddWaiter();
        try
        {
            await pending.Semaphore.WaitAsync(cancellationToken);
            try
            {
                // The result of a login that ended while this caller waited counts for it too, even a failure. Otherwise each waiting
                // caller would try once more.
                return pending.ResultSince(requestedAt, rejectedToken)
                    ?? pending.SetResult(await LogInOnceAsync(login, rejectedToken, cancellationToken), time.GetTimestamp());
            }
            finally
            {
                pending.Semaphore.Release();
            }
        }
        finally
        {
            pending.RemoveWaiter();
        }
    }

    private async Task<ProviderResult<string>> LogInOnceAsync(TokenLogin login, string? rejectedToken, CancellationToken cancellationToken)
    {
        while (true)
        {
            await using var db = await dbFactory.CreateDbContextAsync(cancellationToken);
            var (row, now) = (await ReadAsync(db, login.Id, cancellationToken), clock.Now());
            if (UsableToken(row, rejectedToken) is { } token)
                return ProviderResult.Success(token);
            var knownToken = row?.Token;
            if (knownToken is not null && rejectedToken is not null && Decrypt(row!) == rejectedToken)
            {
                // The rejected token is cleared even when no new login is allowed now, so that no one uses it again.
                await db
                    .ProviderTokens.Where(t => t.Id == login.Id && t.Token == knownToken)
                    .ExecuteUpdateAsync(t => t.SetProperty(x => x.Token, (string?)null), cancellationToken);
                knownToken = null;
            }
            if (row is { PreviousLoginAt: { } previousLoginAt } && previousLoginAt > now - LoginLimitWindow && !(row.LoginLeaseUntil > now))
                return LoginLimitFault(login, row, previousLoginAt + LoginLimitWindow, now);
            var lease = now + LoginLease;
            var acquired = await db
                .ProviderTokens.FromSql(
                    $"""
                    insert into integrations.provider_tokens as t (id, login_lease_until) values ({login.Id}, {lease})
                    on conflict (id) do update set login_lease_until = excluded.login_lease_until
                    where (t.login_lease_until is null or t.login_lease_until <= {now}) and t.token is not distinct from {knownToken}::text
                      and (t.previous_login_at is null or t.previous_login_at <= {now - LoginLimitWindow})
                    returning *
                    """
                )
                .AsNoTracking()
                .ToListAsync(cancellationToken);
            if (acquired.Count == 1)
                return await LogInAsync(db, login, lease, CancellationToken.None); // not cancellable: the issued token must be stored
            await time.DelayAsync(PollInterval, cancellationToken);
            cancellationToken.ThrowIfCancellationRequested();
        }
    }

    private async Task<ProviderResult<string>> LogInAsync(
        IntegrationsDb db,
        TokenLogin login,
        Instant lease,
        CancellationToken cancellationToken
    )
    {
        var answer = await login.LogInAsync(cancellationToken);
        var (now, row) = (clock.Now(), db.ProviderTokens.Where(t => t.Id == login.Id));
        if (answer.Fault?.Error.Code is ErrorCode.ProviderUnavailable or ErrorCode.RateLimitExceeded)
        {
            await row.Where(t => t.LoginLeaseUntil == lease)
                .ExecuteUpdateAsync(t => t.SetProperty(x => x.LoginLeaseUntil, (Instant?)null), cancellationToken);
            return answer.Fault;
        }
        var token = answer.Value is { } issued ? settings.SecretCipher.Encrypt(issued.Token, SecretPurpose.ProviderToken(login.Id)) : null;
        var expiresAt = answer.Value is { Lifetime: var lifetime }
            ? now + lifetime - Duration.Min(ExpiryMargin, lifetime / 10)
            : (Instant?)null;
        await row.ExecuteUpdateAsync(
            t =>
                t.SetProperty(x => x.Token, token)
                    .SetProperty(x => x.ExpiresAt, expiresAt)
                    .SetProperty(x => x.PreviousLoginAt, x => x.LastLoginAt)
                    .SetProperty(x => x.LastLoginAt, now)
                    .SetProperty(x => x.LoginLeaseUntil, x => x.LoginLeaseUntil == lease ? null : x.LoginLeaseUntil),
            cancellationToken
        );
        // These tokens belong to credentials that are no longer used, or were mistyped once.
        var unusedSince = now - UnusedTokenRetention;
        await db
            .ProviderTokens.Where(t =>
                t.LastLoginAt < unusedSince && (t.ExpiresAt == null || t.ExpiresAt < now) && t.LoginLeaseUntil == null
            )
            .ExecuteDeleteAsync(cancellationToken);
        return answer.Value is null ? answer.Fault! : ProviderResult.Success(answer.Value.Token);
    }

    private static Task<ProviderToken?> ReadAsync(IntegrationsDb db, Guid id, CancellationToken cancellationToken) =>
        db.ProviderTokens.AsNoTracking().SingleOrDefaultAsync(t => t.Id == id, cancellationToken);

    // A token that cannot be decrypted was encrypted with another key; a new login replaces it.
    private string? UsableToken(ProviderToken? row, string? rejectedToken) =>
        row is { Token: not null, ExpiresAt: { } expiresAt }
        && expiresAt > clock.Now()
        && Decrypt(row) is { } token
        && token != rejectedToken
            ? token
            : null;

    private string? Decrypt(ProviderToken row) => settings.SecretCipher.Decrypt(row.Token!, SecretPurpose.ProviderToken(row.Id));

    // A refused login leaves no expiry behind, while a discarded token keeps its own.
    private static ProviderFault LoginLimitFault(TokenLogin login, ProviderToken row, Instant retryAt, Instant now)
    {
        var retryTime = InstantPattern.CreateWithInvariantCulture("HH':'mm").Format(retryAt + Duration.FromMinutes(1));
        return new ProviderFault(
            row is { Token: null, ExpiresAt: null }
                ? new UserError(
                    ErrorCode.InvalidCredentials,
                    $"{login.Provider} has refused these credentials twice within an hour and is not asked again before "
                        + $"{retryTime} UTC. Check clientId and clientSecret; other credentials are tried at once.",
                    "credentials.clientSecret"
                )
                : new UserError(
                    ErrorCode.RateLimitExceeded,
                    $"{login.Provider} allows two logins per hour with the same credentials, and both are used up. The next "
                        + $"login is tried at {retryTime} UTC."
                ),
            retryAt - now
        );
    }

    /// <summary>The callers that wait for a token for the same credentials at the same time. The result of the login is kept for as long
    /// as one of them waits.</summary>
    private sealed class PendingLogin
    {
        private readonly Lock _lock = new();
        private int _waiters;
        private (ProviderResult<string> Answer, long At)? _lastResult;

        public SemaphoreSlim Semaphore { get; } = new(1);

        public void AddWaiter()
        {
            lock (_lock)
                _waiters++;
        }

        public void RemoveWaiter()
        {
            lock (_lock)
                _lastResult = --_waiters == 0 ? null : _lastResult;
        }

        public ProviderResult<string>? ResultSince(long requestedAt, string? rejectedToken)
        {
            lock (_lock)
                return
                    _lastResult is { } last && last.At >= requestedAt && (last.Answer.Value is null || last.Answer.Value != rejectedToken)
                    ? last.Answer
                    : null;
        }

        public ProviderResult<string> SetResult(ProviderResult<string> result, long finishedAt)
        {
            lock (_lock)
                _lastResult = (result, finishedAt);
            return result;
        }
    }
}
