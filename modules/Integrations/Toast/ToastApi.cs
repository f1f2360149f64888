using Integrations.Connections;
using Integrations.Contracts;
using PosModular.Kernel.Errors;

namespace Integrations.Toast;

/// <summary>Questions to Toast about a restaurant, with a token that is good: one that Toast no longer accepts is replaced by a new login, once.</summary>
internal sealed class ToastApi(ToastHttp http, ToastTokens tokens)
{
    public async Task<Fetched<ToastAnswer>> GetAsync(PosCredentials who, string path, CancellationToken cancellationToken)
    {
        var token = await tokens.GetAsync(who, null, cancellationToken);
        if (token.Fault is { } noToken)
            return noToken;
        var answer = await AskAsync(who, token.Value!, path, cancellationToken);
        if (!IsRefused(answer))
            return answer;
        var other = await tokens.GetAsync(who, token.Value, cancellationToken);
        if (other.Fault is { } noOther)
            return noOther;
        answer = await AskAsync(who, other.Value!, path, cancellationToken);
        return IsRefused(answer) ? new FetchFault(ToastErrors.NewTokenRefused(who.Environment)) : answer;
    }

    private Task<Fetched<ToastAnswer>> AskAsync(PosCredentials who, string token, string path, CancellationToken cancellationToken) =>
        http.SendAsync(who.Environment, token, who.LocationId, path, null, cancellationToken);

    private static bool IsRefused(Fetched<ToastAnswer> answer) => answer.Fault?.Error.Code == ErrorCode.InvalidCredentials;
}
