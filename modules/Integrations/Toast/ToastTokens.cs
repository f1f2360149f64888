using System.Text.Json;
using Integrations.Connections;
using Integrations.Contracts.Connections;
using Integrations.Credentials;
using NodaTime;
using PosModular.Kernel.Errors;

namespace Integrations.Toast;

/// <summary>Supplies the bearer token for calls to Toast: from a login that all connections with the same client share, or the ready-made
/// one that was given instead.</summary>
/// <remarks>Source: Toast Authentication API: OAuth2 client credentials; a token is valid for about a day (expiresIn, in
/// seconds).</remarks>
internal sealed class ToastTokens(ToastHttp http, SharedTokenCache shared)
{
    private static readonly Duration DefaultLifetime = Duration.FromDays(1);

    /// <summary>Whether tokens are obtained with these credentials; otherwise a ready-made token is used.</summary>
    public static bool HasClientCredentials(PosCredentials credentials) => credentials is { ClientId: not null, ClientSecret: not null };

    /// <param name="credentials">The credentials.</param>
    /// <param name="rejectedToken">The token that Toast has just rejected; null at first.</param>
    /// <param name="cancellationToken">Cancels the operation.</param>
    public async Task<ProviderResult<string>> GetAsync(
        PosCredentials credentials,
        string? rejectedToken,
        CancellationToken cancellationToken
    ) =>
        HasClientCredentials(credentials)
            ? await shared.GetAsync(
                new TokenLogin(SharedTokenCache.IdOf(Provider.Toast, credentials), Provider.Toast, login => LogInAsync(credentials, login)),
                rejectedToken,
                cancellationToken
            )
        : credentials.AccessToken is { } token && token != rejectedToken ? ProviderResult.Success(token)
        : new ProviderFault(ToastErrors.TokenRefused(credentials.Environment));

    private async Task<ProviderResult<IssuedToken>> LogInAsync(PosCredentials credentials, CancellationToken cancellationToken)
    {
        var result = await http.SendAsync(
            credentials.Environment,
            null,
            null,
            "/authentication/v1/authentication/login",
            new
            {
                clientId = credentials.ClientId,
                clientSecret = credentials.ClientSecret,
                userAccessType = "TOAST_MACHINE_CLIENT",
            },
            cancellationToken
        );
        if (result.Fault is { } fault)
            return fault.Error.Code is ErrorCode.ProviderUnavailable or ErrorCode.RateLimitExceeded
                ? fault
                : new ProviderFault(ToastErrors.LoginRefused(credentials.Environment));
        using var response = result.Value!;
        return ReadToken(response.Json.RootElement) is { } token
            ? ProviderResult.Success(token)
            : new ProviderFault(ToastErrors.Unavailable);
    }

    private static IssuedToken? ReadToken(JsonElement body)
    {
        if (
            body.ValueKind != JsonValueKind.Object
            || !body.TryGetProperty("token", out var tokenElement)
            || tokenElement.ValueKind != JsonValueKind.Object
            || !tokenElement.TryGetProperty("accessToken", out var token)
            || token.ValueKind != JsonValueKind.String
            || token.GetString() is not { } text
            || !ToastProvider.IsHeaderText(text)
        )
            return null;
        var lifetime =
            tokenElement.TryGetProperty("expiresIn", out var seconds)
            && seconds.ValueKind == JsonValueKind.Number
            && seconds.TryGetInt64(out var number)
            && number is > 0 and < 1_000_000_000
                ? Duration.FromSeconds(number)
                : DefaultLifetime;
        return new IssuedToken(text, lifetime);
    }
}
