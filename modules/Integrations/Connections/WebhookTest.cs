using NodaTime;

namespace Integrations.Connections;

/// <summary>The result of a test event that the provider sent to the connection's webhook URL.</summary>
/// <param name="At">When the provider was asked to send the event.</param>
/// <param name="Reached">Whether the event arrived here with a valid signature and the provider received a success status.</param>
/// <param name="StatusCode">The HTTP status that the provider received; null when it received no response.</param>
/// <param name="Advice">What is wrong and what to do; null when nothing is.</param>
internal sealed record WebhookTest(Instant At, bool Reached, int? StatusCode, string? Advice)
{
    /// <summary>The result of the last test; null when none was sent.</summary>
    public static WebhookTest? Of(PosConnectionRow row) =>
        row.LastTestAt is { } testedAt ? Of(testedAt, row.LastTestStatusCode, row.LastTestArrived, row.NotificationUrl) : null;

    private static WebhookTest Of(Instant testedAt, int? status, bool arrived, string url)
    {
        var advice = (arrived, status) switch
        {
            (true, >= 200 and < 300) => null,
            (true, null) => $"The event arrived, but the provider received no response from {url} in time. Check the proxies in between "
                + "and the load of this server, then test again.",
            (true, { } got) => $"The event arrived, but the provider received status {got} from {url}. A proxy changes the response, or "
                + "this server could not store the event. Check its log, then test again.",
            (false, null) => $"The provider received no response from {url}: the host name is unknown, the port is closed, the "
                + "certificate is not trusted, or the request timed out. Make the URL reachable from the internet, or set "
                + "Pos__PublicBaseUrl to one that is. Until then transactions arrive by polling.",
            (false, >= 200 and < 300) =>
                $"Another server responded with status {status} at {url}, and the event did not arrive here. Check where the "
                    + "host name points to, and Pos__PublicBaseUrl.",
            (false, >= 300 and < 400) =>
                $"{url} responded with status {status}, a redirect, which providers do not follow. Set Pos__PublicBaseUrl to "
                    + "the address to which it redirects.",
            (false, 401 or 403) => $"{url} responded with status {status}. If webhook.lastRefusal gives a reason, this server rejected the "
                + "signature: connect the location again. Otherwise a proxy in front of this server asks for a login: let "
                + "requests to /api/pos/webhooks/ pass.",
            (false, 404 or 405) =>
                $"{url} responded with status {status}: the URL points to another server, or a proxy in front of this one "
                    + "does not forward /api/pos/webhooks/. Check the proxy, and Pos__PublicBaseUrl.",
            (false, { } got) => $"{url} responded with status {got}, and the event did not arrive here. Check the proxies in front of this "
                + "server, then test again.",
        };
        return new WebhookTest(testedAt, advice is null, status, advice);
    }
}
