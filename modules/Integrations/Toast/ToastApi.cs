using Integrations.Connections;
using Integrations.Contracts.Connections;
using PosModular.Kernel.Errors;

namespace Integrations.Toast;

/// <summary>Calls Toast for a restaurant with a valid token. A token that Toast no longer accepts is replaced by a new login
/// once.</summary>
internal sealed class ToastApi(ToastHttp http, ToastTokens tokens)
{
    public async Task<ProviderResult<ToastResponse>> GetAsync(PosCredentials credentials, string path, CancellationToken cancellationToken)
    {
        var token = await tokens.GetAsync(credentials, null, cancellationToken);
        if (token.Fault is { } tokenFault)
            return tokenFault;
        var answer = await SendAsync(credentials, token.Value!, path, cancellationToken);
        if (!IsTokenRejected(answer))
            return answer;
        var newToken = await tokens.GetAsync(credentials, token.Value, cancellationToken);
        if (newToken.Fault is { } newTokenFault)
            return newTokenFault;
        answer = await SendAsync(credentials, newToken.Value!, path, cancellationToken);
        return IsTokenRejected(answer) ? new ProviderFault(ToastErrors.NewTokenRefused(credentials.Environment)) : answer;
    }

    private Task<ProviderResult<ToastResponse>> SendAsync(
        PosCredentials credentials,
        string token,
        string path,
        CancellationToken cancellationToken
    ) => http.SendAsync(credentials.Environment, token, credentials.LocationId, path, null, cancellationToken);

    private static bool IsTokenRejected(ProviderResult<ToastResponse> answer) => answer.Fault?.Error.Code == ErrorCode.InvalidCredentials;
}
