using System.Text.Json;
using Integrations.Connections;
using Integrations.Contracts;
using Integrations.Credentials;
using NodaTime;
using PosModular.Kernel.Errors;

namespace Integrations.Toast;

/// <summary>The bearer token of a call to Toast: a login's, shared by all who use the same client, or the ready one that was given instead.</summary>
/// <remarks>Source: Toast Authentication API: OAuth2 client credentials; a token lives about a day (expiresIn, seconds).</remarks>
internal sealed class ToastTokens(ToastHttp http, SharedTokens shared)
{
    private static readonly Duration Usually = Duration.FromDays(1);

    /// <summary>Whether tokens are fetched with these credentials; else a ready one is used as it is.</summary>
    public static bool LogsIn(PosCredentials who) => who is { ClientId: not null, ClientSecret: not null };

    /// <param name="who">The client.</param>
    /// <param name="refused">The token that Toast has just refused; null at first.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public async Task<Fetched<string>> GetAsync(PosCredentials who, string? refused, CancellationToken cancellationToken) =>
        LogsIn(who)
            ? await shared.GetAsync(
                new TokenLogin(SharedTokens.IdOf(Provider.Toast, who), Provider.Toast, login => LogInAsync(who, login)),
                refused,
                cancellationToken
            )
        : who.AccessToken is { } ready && ready != refused ? Fetched.Of(ready)
        : new FetchFault(ToastErrors.TokenRefused(who.Environment));

    private async Task<Fetched<GivenToken>> LogInAsync(PosCredentials who, CancellationToken cancellationToken)
    {
        var answer = await http.SendAsync(
            who.Environment,
            null,
            null,
            "/authentication/v1/authentication/login",
            new
            {
                clientId = who.ClientId,
                clientSecret = who.ClientSecret,
                userAccessType = "TOAST_MACHINE_CLIENT",
            },
            cancellationToken
        );
        if (answer.Fault is { } fault)
            return fault.Error.Code is ErrorCode.ProviderUnavailable or ErrorCode.RateLimitExceeded
                ? fault
                : new FetchFault(ToastErrors.LoginRefused(who.Environment));
        using var given = answer.Value!;
        return Given(given.Json.RootElement) is { } token ? Fetched.Of(token) : new FetchFault(ToastErrors.Away);
    }

    private static GivenToken? Given(JsonElement answer)
    {
        if (
            answer.ValueKind != JsonValueKind.Object
            || !answer.TryGetProperty("token", out var given)
            || given.ValueKind != JsonValueKind.Object
            || !given.TryGetProperty("accessToken", out var token)
            || token.ValueKind != JsonValueKind.String
            || token.GetString() is not { } text
            || !ToastProvider.IsHeaderText(text)
        )
            return null;
        var life =
            given.TryGetProperty("expiresIn", out var seconds)
            && seconds.ValueKind == JsonValueKind.Number
            && seconds.TryGetInt64(out var number)
            && number is > 0 and < 1_000_000_000
                ? Duration.FromSeconds(number)
                : Usually;
        return new GivenToken(text, life);
    }
}
