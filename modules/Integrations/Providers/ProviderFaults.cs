using System.Net;
using System.Text.Json;
using Integrations.Contracts.Connections;
using PosModular.Kernel.Errors;

namespace Integrations.Providers;

/// <summary>The faults that every provider can have alike.</summary>
internal static class ProviderFaults
{
    /// <summary>A response of status 200 that has another form than documented. Nothing in it is used.</summary>
    public static ProviderFault Unreadable(string provider, string what) =>
        new(
            new UserError(
                ErrorCode.ProviderUnavailable,
                $"{provider} answers in a form that it does not document: {what}. Nothing was changed; try again in a minute."
            )
        )
        {
            IsUnreadable = true,
        };

    /// <summary>A redirection, which is not followed, because the credentials would be sent to wherever it leads.</summary>
    public static UserError Redirected(string provider, HttpStatusCode status) =>
        new(
            ErrorCode.ProviderUnavailable,
            $"{provider} redirects the call to another address (status {(int)status}). Redirections are not followed, because the "
                + $"credentials would go there too. Check Pos__{provider}__BaseUrls, and whether a proxy stands between this host and "
                + $"{provider}."
        );

    /// <summary>The name of a JSON value's kind in a sentence.</summary>
    public static string NameOf(JsonValueKind kind) =>
        kind switch
        {
            JsonValueKind.Array => "a list",
            JsonValueKind.Object => "an object",
            JsonValueKind.String => "a text",
            JsonValueKind.Number => "a number",
            JsonValueKind.True or JsonValueKind.False => "a truth value",
            _ => "empty",
        };
}
