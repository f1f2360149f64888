using Integrations.Connections;
using Integrations.Contracts.Connections;
using NodaTime.Text;
using PosModular.Kernel.Errors;

namespace Integrations.Square;

/// <summary>Renews OAuth access tokens with their refresh tokens.</summary>
/// <remarks>Source: Square docs, OAuth API › Refresh, revoke and limit scope: a token is valid for 30 days. The application secret is
/// required unless the token was obtained with PKCE, whose refresh tokens change with each use.</remarks>
internal sealed class SquareTokenRenewal(SquareApi api, IntegrationsSettings settings)
{
    public async Task<ProviderResult<PosCredentials>> RenewAsync(PosCredentials old, CancellationToken cancellationToken)
    {
        if (old.RefreshToken is null)
            return ProviderResult.Success(old);
        var body = new Dictionary<string, string?>
        {
            ["grant_type"] = "refresh_token",
            ["refresh_token"] = old.RefreshToken,
            ["client_id"] = old.ClientId,
        };
        if ((old.ClientSecret ?? settings.SquareApplicationSecret) is { } secret)
            body["client_secret"] = secret;
        var answer = await api.SendAsync(old.Environment, null, HttpMethod.Post, "/oauth2/token", body, cancellationToken);
        if (answer.Fault is { } fault)
            return fault.Error.Code is ErrorCode.ProviderUnavailable or ErrorCode.RateLimitExceeded
                ? fault
                : new ProviderFault(
                    new UserError(
                        ErrorCode.InvalidCredentials,
                        "Square does not renew the access token: the refresh token is no longer valid, "
                            + "or Pos__Square__ApplicationSecret is not the secret of its application. "
                            + "Have the application authorized again and connect the location with the new tokens.",
                        "credentials.refreshToken"
                    )
                );
        using var json = answer.Value!;
        return SquareApi.ReadText(json.RootElement, "access_token") is not { } token
            ? new ProviderFault(SquareErrors.Unavailable)
            : ProviderResult.Success(
                old with
                {
                    AccessToken = token,
                    RefreshToken = SquareApi.ReadText(json.RootElement, "refresh_token") ?? old.RefreshToken,
                    ExpiresAt =
                        SquareApi.ReadText(json.RootElement, "expires_at") is { } end
                        && OffsetDateTimePattern.ExtendedIso.Parse(end) is { Success: true } at
                            ? at.Value.ToInstant()
                            : null,
                }
            );
    }
}
