using Integrations.Connections;
using Integrations.Contracts;
using PosModular.Kernel;

namespace Integrations.Toast;

/// <summary>Questions to Toast about a restaurant, with a token that is good: one that Toast no longer accepts is replaced by a new login, once.</summary>
internal sealed class ToastApi(ToastHttp http, ToastTokens tokens)
{
    public async Task<Fetched<ToastAnswer>> GetAsync(PosCredentials who, string path, CancellationToken ct)
    {
        var token = await tokens.GetAsync(who, null, ct);
        if (token.Fault is { } noToken)
            return noToken;
        var answer = await AskAsync(who, token.Value!, path, ct);
        if (!IsRefused(answer))
            return answer;
        var other = await tokens.GetAsync(who, token.Value, ct);
        if (other.Fault is { } noOther)
            return noOther;
        answer = await AskAsync(who, other.Value!, path, ct);
        return IsRefused(answer) ? new FetchFault(ToastErrors.NewTokenRefused(who.Environment)) : answer;
    }

    private Task<Fetched<ToastAnswer>> AskAsync(PosCredentials who, string token, string path, CancellationToken ct) => http.SendAsync(who.Environment, token, who.LocationId, path, null, ct);

    private static bool IsRefused(Fetched<ToastAnswer> answer) => answer.Fault?.Error.Code == ErrorCode.InvalidCredentials;
}
