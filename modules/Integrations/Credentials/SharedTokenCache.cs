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

/// <summary>How to log in with certain credentials.</summary>
/// <param name="Id">The same for the same credentials, see <see cref="SharedTokenCache.IdOf"/>.</param>
/// <param name="Provider">Whose.</param>
/// <param name="LogInAsync">The login itself: ProviderUnavailable and RateLimitExceeded when the provider did not answer it, any other error when it refused.</param>
internal sealed record TokenLogin(Guid Id, Provider Provider, Func<CancellationToken, Task<ProviderResult<IssuedToken>>> LogInAsync);

/// <summary>What a login gave.</summary>
/// <param name="Token">In clear.</param>
/// <param name="Lifetime">How long it is good.</param>
internal sealed record IssuedToken(string Token, Duration Lifetime)
{
    /// <summary>Prints no secret.</summary>
    public override string ToString() => $"for {Lifetime}";
}

/// <summary>The tokens that logins with client credentials give: kept sealed in the database and used by all connections and hosts with the same
/// credentials until shortly before their end. One login for all who ask, here and on other hosts (a lease), and at most two an hour that the provider
/// has answered: the credentials of somebody who logs in more often may be cut off.</summary>
/// <remarks>Source: Toast developer guide, Authentication rate limit: never more than twice an hour.</remarks>
internal sealed class SharedTokenCache(
    IDbContextFactory<IntegrationsDb> dbFactory,
    IntegrationsSettings settings,
    IClock clock,
    TimeProvider time
)
{
    private static readonly Duration LoginLimitWindow = Duration.FromHours(1);

    // As long as a login with its retries may take. Should a host die in the middle, the others go on after it.
    private static readonly Duration LoginLease = Duration.FromSeconds(60);

    private static readonly Duration ExpiryMargin = Duration.FromMinutes(5);
    private static readonly Duration UnusedTokenRetention = Duration.FromDays(7);
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(100);
    private readonly ConcurrentDictionary<Guid, PendingLogin> _pendingLogins = new();

    /// <summary>The first 16 bytes of a SHA-256: tells nothing of what goes in. Neither id nor secret has a line feed.</summary>
    public static Guid IdOf(Provider provider, PosCredentials credentials) =>
        new(
            SHA256
                .HashData(
                    Encoding.UTF8.GetBytes($"{provider}\n{credentials.Environment}\n{credentials.ClientId}\n{credentials.ClientSecret}")
                )
                .AsSpan(0, 16)
        );

    /// <summary>A token to use now. Over the limit: RATE_LIMIT_EXCEEDED with the time from which on it may be tried again; after a refusal it is still that refusal.</summary>
    /// <param name="login">How to get one.</param>
    /// <param name="rejectedToken">The token that the provider has just refused; it is dropped, unless somebody has replaced it already.</param>
    /// <param name="cancellationToken">Gives up waiting; a login that has begun is carried through.</param>
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
                // Whatever came out while we waited is our answer too, also that it failed: nobody tries once more for each who waits.
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
                // Whether another may be had or not, nobody shall try this one again.
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
                return await LogInAsync(db, login, lease, CancellationToken.None); // what the provider gives must be kept
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
        // Of credentials that nobody uses any more, or that were mistyped once.
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

    // One that cannot be opened here was sealed with another key: there is another to be had.
    private string? UsableToken(ProviderToken? row, string? rejectedToken) =>
        row is { Token: not null, ExpiresAt: { } expiresAt }
        && expiresAt > clock.Now()
        && Decrypt(row) is { } token
        && token != rejectedToken
            ? token
            : null;

    private string? Decrypt(ProviderToken row) => settings.SecretCipher.Decrypt(row.Token!, SecretPurpose.ProviderToken(row.Id));

    // A refused login leaves no end behind, a token that was dropped leaves its own.
    private static ProviderFault LoginLimitFault(TokenLogin login, ProviderToken row, Instant retryAt, Instant now)
    {
        var retryTime = InstantPattern.CreateWithInvariantCulture("HH':'mm").Format(retryAt + Duration.FromMinutes(1));
        return new ProviderFault(
            row is { Token: null, ExpiresAt: null }
                ? new UserError(
                    ErrorCode.InvalidCredentials,
                    $"{login.Provider} has refused these credentials twice within an hour and is not asked again before {retryTime} UTC. Check clientId and clientSecret; other ones are tried at once.",
                    "credentials.clientSecret"
                )
                : new UserError(
                    ErrorCode.RateLimitExceeded,
                    $"{login.Provider} allows two logins an hour with the same credentials, and both are used up. It is tried again from {retryTime} UTC on."
                ),
            retryAt - now
        );
    }

    /// <summary>Those who want a token for the same credentials at the same time. What came out is known for as long as one of them is here.</summary>
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
