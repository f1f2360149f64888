using NodaTime;

namespace Integrations.Connections;

/// <summary>What came of a test event that the provider sent to the connection's address.</summary>
/// <param name="At">When the provider was asked to send it.</param>
/// <param name="Reached">Whether it came in here, signed as it must be, and the provider was told so.</param>
/// <param name="StatusCode">The HTTP status that the provider got; null when it got no answer.</param>
/// <param name="Advice">What is wrong and what to do; null when all is well.</param>
internal sealed record WebhookTest(Instant At, bool Reached, int? StatusCode, string? Advice)
{
    /// <summary>Null when none was sent.</summary>
    public static WebhookTest? Of(PosConnectionRow row) =>
        row.LastTestAt is { } testedAt ? Of(testedAt, row.LastTestStatusCode, row.LastTestArrived, row.NotificationUrl) : null;

    private static WebhookTest Of(Instant testedAt, int? status, bool arrived, string url)
    {
        var advice = (arrived, status) switch
        {
            (true, >= 200 and < 300) => null,
            (true, null) =>
                $"The event came in here, but the provider got no answer from {url} in time. Look at what stands between, and at how busy this server is, then test again.",
            (true, { } got) =>
                $"The event came in here, but the provider got {got} from {url}. Something between changes the answer, or this server could not store the event; look at its log, then test again.",
            (false, null) =>
                $"The provider got no answer from {url}: the name is unknown, the port closed, the certificate not trusted, or it took too long. Make the address reachable from outside, or set Pos__PublicBaseUrl to one that is. Until then sales come in by polling.",
            (false, >= 200 and < 300) =>
                $"Something answered {status} at {url}, but the event did not come in here: the address leads to another server. Check where its name leads, and Pos__PublicBaseUrl.",
            (false, >= 300 and < 400) =>
                $"{url} answered {status}, a redirect, which providers do not follow. Set Pos__PublicBaseUrl to the address it leads to.",
            (false, 401 or 403) =>
                $"{url} answered {status}. When this server refused the signature, webhook.lastRefusal says why: connect the till again. When it says nothing, something in front of this server asks for a login: let /api/pos/webhooks/ pass.",
            (false, 404 or 405) =>
                $"{url} answered {status}: it leads to another server, or what stands in front of this one does not pass /api/pos/webhooks/ on. Check that, and Pos__PublicBaseUrl.",
            (false, { } got) =>
                $"{url} answered {got}, and the event did not come in here. Look at what stands in front of this server, then test again.",
        };
        return new WebhookTest(testedAt, advice is null, status, advice);
    }
}
