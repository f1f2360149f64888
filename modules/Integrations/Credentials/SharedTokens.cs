using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using Integrations.Connections;
using Integrations.Contracts;
using Microsoft.EntityFrameworkCore;
using NodaTime;
using NodaTime.Text;
using PosModular.Kernel.Errors;
using PosModular.Kernel.Time;

namespace Integrations.Credentials;

/// <summary>How to log in with certain credentials.</summary>
/// <param name="Id">The same for the same credentials, see <see cref="SharedTokens.IdOf"/>.</param>
/// <param name="Provider">Whose.</param>
/// <param name="LogInAsync">The login itself: ProviderUnavailable and RateLimitExceeded when the provider did not answer it, any other error when it refused.</param>
internal sealed record TokenLogin(Guid Id, Provider Provider, Func<CancellationToken, Task<Fetched<GivenToken>>> LogInAsync);

/// <summary>What a login gave.</summary>
/// <param name="Token">In clear.</param>
/// <param name="Life">How long it is good.</param>
internal sealed record GivenToken(string Token, Duration Life)
{
    /// <summary>Prints no secret.</summary>
    public override string ToString() => $"for {Life}";
}

/// <summary>The tokens that logins with client credentials give: kept sealed in the database and used by all connections and hosts with the same
/// credentials until shortly before their end. One login for all who ask, here and on other hosts (a lease), and at most two an hour that the provider
/// has answered: the credentials of somebody who logs in more often may be cut off.</summary>
/// <remarks>Source: Toast developer guide, Authentication rate limit: never more than twice an hour.</remarks>
internal sealed class SharedTokens(IDbContextFactory<IntegrationsDb> dbs, IntegrationsSettings settings, IClock clock, TimeProvider time)
{
    private static readonly Duration Hour = Duration.FromHours(1);

    // As long as a login with its retries may take. Should a host die in the middle, the others go on after it.
    private static readonly Duration Lease = Duration.FromSeconds(60);

    private static readonly Duration Margin = Duration.FromMinutes(5);
    private static readonly Duration Forgotten = Duration.FromDays(7);
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(100);
    private readonly ConcurrentDictionary<Guid, Flight> _flights = new();

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
    /// <param name="refused">The token that the provider has just refused; it is dropped, unless somebody has replaced it already.</param>
    /// <param name="cancellationToken">Gives up waiting; a login that has begun is carried through.</param>
    public async Task<Fetched<string>> GetAsync(TokenLogin login, string? refused, CancellationToken cancellationToken)
    {
        var asked = time.GetTimestamp();
        await using (var db = await dbs.CreateDbContextAsync(cancellationToken))
            if (Usable(await ReadAsync(db, login.Id, cancellationToken), refused) is { } known)
                return Fetched.Of(known);
        var flight = _flights.GetOrAdd(login.Id, static _ => new Flight());
        flight.Join();
        try
        {
            await flight.One.WaitAsync(cancellationToken);
            try
            {
                // Whatever came out while we waited is our answer too, also that it failed: nobody tries once more for each who waits.
                return flight.Since(asked, refused)
                    ?? flight.Ended(await LogInOnceAsync(login, refused, cancellationToken), time.GetTimestamp());
            }
            finally
            {
                flight.One.Release();
            }
        }
        finally
        {
            flight.Leave();
        }
    }

    private async Task<Fetched<string>> LogInOnceAsync(TokenLogin login, string? refused, CancellationToken cancellationToken)
    {
        while (true)
        {
            await using var db = await dbs.CreateDbContextAsync(cancellationToken);
            var (row, now) = (await ReadAsync(db, login.Id, cancellationToken), clock.Now());
            if (Usable(row, refused) is { } known)
                return Fetched.Of(known);
            var seen = row?.Token;
            if (seen is not null && refused is not null && Open(row!) == refused)
            {
                // Whether another may be had or not, nobody shall try this one again.
                await db
                    .ProviderTokens.Where(t => t.Id == login.Id && t.Token == seen)
                    .ExecuteUpdateAsync(t => t.SetProperty(x => x.Token, (string?)null), cancellationToken);
                seen = null;
            }
            if (row is { LoggedInBefore: { } before } && before > now - Hour && !(row.LoginUntil > now))
                return Limited(login, row, before + Hour, now);
            var lease = now + Lease;
            var mine = await db
                .ProviderTokens.FromSql(
                    $"""
                    insert into integrations.provider_tokens as t (id, login_until) values ({login.Id}, {lease})
                    on conflict (id) do update set login_until = excluded.login_until
                    where (t.login_until is null or t.login_until <= {now}) and t.token is not distinct from {seen}::text
                      and (t.logged_in_before is null or t.logged_in_before <= {now - Hour})
                    returning *
                    """
                )
                .AsNoTracking()
                .ToListAsync(cancellationToken);
            if (mine.Count == 1)
                return await LogInAsync(db, login, lease, CancellationToken.None); // what the provider gives must be kept
            await time.DelayAsync(Look, cancellationToken);
            cancellationToken.ThrowIfCancellationRequested();
        }
    }

    private async Task<Fetched<string>> LogInAsync(IntegrationsDb db, TokenLogin login, Instant lease, CancellationToken cancellationToken)
    {
        var answer = await login.LogInAsync(cancellationToken);
        var (now, row) = (clock.Now(), db.ProviderTokens.Where(t => t.Id == login.Id));
        if (answer.Fault?.Error.Code is ErrorCode.ProviderUnavailable or ErrorCode.RateLimitExceeded)
        {
            await row.Where(t => t.LoginUntil == lease)
                .ExecuteUpdateAsync(t => t.SetProperty(x => x.LoginUntil, (Instant?)null), cancellationToken);
            return answer.Fault;
        }
        var token = answer.Value is { } given ? settings.Vault.Seal(given.Token, Purpose.ProviderToken(login.Id)) : null;
        var end = answer.Value is { Life: var life } ? now + life - Duration.Min(Margin, life / 10) : (Instant?)null;
        await row.ExecuteUpdateAsync(
            t =>
                t.SetProperty(x => x.Token, token)
                    .SetProperty(x => x.ExpiresAt, end)
                    .SetProperty(x => x.LoggedInBefore, x => x.LoggedInAt)
                    .SetProperty(x => x.LoggedInAt, now)
                    .SetProperty(x => x.LoginUntil, x => x.LoginUntil == lease ? null : x.LoginUntil),
            cancellationToken
        );
        // Of credentials that nobody uses any more, or that were mistyped once.
        var old = now - Forgotten;
        await db
            .ProviderTokens.Where(t => t.LoggedInAt < old && (t.ExpiresAt == null || t.ExpiresAt < now) && t.LoginUntil == null)
            .ExecuteDeleteAsync(cancellationToken);
        return answer.Value is null ? answer.Fault! : Fetched.Of(answer.Value.Token);
    }

    private static Task<ProviderToken?> ReadAsync(IntegrationsDb db, Guid id, CancellationToken cancellationToken) =>
        db.ProviderTokens.AsNoTracking().SingleOrDefaultAsync(t => t.Id == id, cancellationToken);

    // One that cannot be opened here was sealed with another key: there is another to be had.
    private string? Usable(ProviderToken? row, string? refused) =>
        row is { Token: not null, ExpiresAt: { } end } && end > clock.Now() && Open(row) is { } token && token != refused ? token : null;

    private string? Open(ProviderToken row) => settings.Vault.Open(row.Token!, Purpose.ProviderToken(row.Id));

    // A refused login leaves no end behind, a token that was dropped leaves its own.
    private static FetchFault Limited(TokenLogin login, ProviderToken row, Instant again, Instant now)
    {
        var at = InstantPattern.CreateWithInvariantCulture("HH':'mm").Format(again + Duration.FromMinutes(1));
        return new FetchFault(
            row is { Token: null, ExpiresAt: null }
                ? new UserError(
                    ErrorCode.InvalidCredentials,
                    $"{login.Provider} has refused these credentials twice within an hour and is not asked again before {at} UTC. Check clientId and clientSecret; other ones are tried at once.",
                    "credentials.clientSecret"
                )
                : new UserError(
                    ErrorCode.RateLimitExceeded,
                    $"{login.Provider} allows two logins an hour with the same credentials, and both are used up. It is tried again from {at} UTC on."
                ),
            again - now
        );
    }

    /// <summary>Those who want a token for the same credentials at the same time. What came out is known for as long as one of them is here.</summary>
    private sealed class Flight
    {
        private readonly Lock _gate = new();
        private int _aboard;
        private (Fetched<string> Answer, long At)? _last;

        public SemaphoreSlim One { get; } = new(1);

        public void Join()
        {
            lock (_gate)
                _aboard++;
        }

        public void Leave()
        {
            lock (_gate)
                _last = --_aboard == 0 ? null : _last;
        }

        public Fetched<string>? Since(long asked, string? refused)
        {
            lock (_gate)
                return _last is { } last && last.At >= asked && (last.Answer.Value is null || last.Answer.Value != refused)
                    ? last.Answer
                    : null;
        }

        public Fetched<string> Ended(Fetched<string> answer, long at)
        {
            lock (_gate)
                _last = (answer, at);
            return answer;
        }
    }
}
