using System.Net;
using PosModular.Kernel.Errors;

namespace Integrations.OutgoingWebhooks;

/// <summary>Checks the address of an endpoint as far as that is possible without resolving its name, which happens at every
/// connect.</summary>
internal static class EndpointUrl
{
    private const int MaxLength = 2_000;

    /// <returns>What is wrong with it; null when nothing is.</returns>
    public static UserError? Check(string url, bool allowsPrivateAddresses)
    {
        if (
            url.Length > MaxLength
            || !Uri.TryCreate(url, UriKind.Absolute, out var uri)
            || uri.Scheme is not ("https" or "http")
            || uri.UserInfo.Length > 0
            || uri.Fragment.Length > 0
        )
            return UserError.Invalid(
                "url must be an https address of at most 2,000 characters without user name and fragment, e.g. https://example.com/pos.",
                "url"
            );
        if (uri.Scheme != "https" && !allowsPrivateAddresses)
            return UserError.Invalid("url must begin with https://, so that nobody on the way can read the events.", "url");
        return IsPrivate(uri) && !allowsPrivateAddresses
            ? UserError.Invalid("url must not lead to this machine or a private network. Use an address on the public internet.", "url")
            : null;
    }

    private static bool IsPrivate(Uri uri) =>
        uri.IsLoopback || (IPAddress.TryParse(uri.Host.Trim('[', ']'), out var address) && !PublicAddresses.Contains(address));

    /// <summary>The address without its query, which may contain a secret.</summary>
    public static string WithoutQuery(string url) => new Uri(url).GetLeftPart(UriPartial.Path);
}
