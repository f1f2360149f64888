using System.Text;
using Integrations.Contracts.Webhooks;
using Integrations.Providers;

namespace Integrations.Webhooks;

/// <summary>Tells an operator what a refused webhook looked like: without a signature, signed for another address, with another connection's key, or
/// checked with something that is no key. It only helps to set things up right; nothing that it finds lets an event in.</summary>
internal sealed class SignatureDiagnostics(IntegrationsSettings settings, TimeProvider time)
{
    // A flood of forged requests is not looked into one by one.
    private static readonly TimeSpan MinInterval = TimeSpan.FromMilliseconds(200);
    private const int MaxOtherConnections = 2_000;
    private long _lastAt;

    /// <summary>One or two sentences; null when another one was examined just before.</summary>
    public string? Diagnose(IPosProvider provider, PosConnectionSnapshot connections, PosConnectionEntry connection, WebhookRequest request)
    {
        var last = Volatile.Read(ref _lastAt);
        if (
            last != 0 && time.GetElapsedTime(last) < MinInterval
            || Interlocked.CompareExchange(ref _lastAt, time.GetTimestamp(), last) != last
        )
            return null;
        var expectedUrl = Encoding.UTF8.GetString(connection.Urls[0]);
        if (string.IsNullOrEmpty(request.Signature))
            return "It came without a signature header. It was not sent by the provider, or something between drops the header.";
        if (connection.Keys.Count == 0)
            return "No signature key is known for this connection. Pass the subscription's key as webhookSignatureKey (updatePosConnection).";
        foreach (var url in CandidateUrls(request, expectedUrl))
        foreach (var key in connection.Keys)
            if (IsSignedFor(provider, key, url, request))
                return $"It was signed for {url}, but the connection expects {expectedUrl}. Set the subscription's address to {expectedUrl}, or Pos__PublicBaseUrl to what the provider calls.";
        foreach (
            var other in connections
                .AllOf(provider.Provider)
                .Where(t => t.Details.ConnectionId != connection.Details.ConnectionId)
                .Take(MaxOtherConnections)
        )
        foreach (var key in other.Keys)
            if (connection.Urls.Concat(other.Urls).Any(url => provider.IsSignatureValid(key, url, request.Body.Span, request.Signature)))
                return $"It was signed with the key of another connection ({other.Details.ConnectionId}). Its subscription sends to this connection's address {expectedUrl}; give each connection a subscription of its own.";
        if (
            settings.SquareApplicationSignatureKey is { } applicationKey
            && connection.Urls.Any(url => provider.IsSignatureValid(applicationKey, url, request.Body.Span, request.Signature))
        )
            return $"It was signed with the application's key (Pos__Square__WebhookSignatureKey), whose subscription belongs to {settings.WebhookUrl(provider.Provider)}.";
        if (connection.Keys.Any(LooksLikeAccessToken))
            return "The stored signature key looks like an access token. Copy the signature key from the webhook subscription in the provider's dashboard and pass it as webhookSignatureKey.";
        return $"It was signed with another key, or changed on its way. The connection expects a signature for {expectedUrl}; copy the subscription's key again, or connect the till again.";
    }

    private static bool IsSignedFor(IPosProvider provider, byte[] key, string url, WebhookRequest request) =>
        provider.IsSignatureValid(key, Encoding.UTF8.GetBytes(url), request.Body.Span, request.Signature);

    // What somebody may have typed into the provider's dashboard instead.
    private IEnumerable<string> CandidateUrls(WebhookRequest request, string expectedUrl)
    {
        var path = Uri.TryCreate(expectedUrl, UriKind.Absolute, out var uri) ? uri.AbsolutePath : "";
        string[] candidates =
        [
            request.RequestUrl,
            expectedUrl,
            settings.WebhookUrl(request.Provider),
            .. OriginOf(request.RequestUrl) is { } origin ? new[] { origin + path } : [],
        ];
        return candidates
            .SelectMany(s => new[] { s, s.TrimEnd('/') + "/", s.TrimEnd('/') })
            .SelectMany(s => new[] { s, WithOtherScheme(s) })
            .Distinct()
            .Where(s => s != expectedUrl);
    }

    private static string? OriginOf(string url) =>
        Uri.TryCreate(url, UriKind.Absolute, out var uri) ? uri.GetLeftPart(UriPartial.Authority) : null;

    private static string WithOtherScheme(string url) =>
        url.StartsWith("https:", StringComparison.Ordinal) ? "http:" + url[6..]
        : url.StartsWith("http:", StringComparison.Ordinal) ? "https:" + url[5..]
        : url;

    /// <remarks>Square's access tokens begin with EAAA (or sq0atp-, sandbox-sq0), application secrets with sq0csp-.</remarks>
    private static bool LooksLikeAccessToken(byte[] key) =>
        Encoding.UTF8.GetString(key) is var text
        && (
            text.StartsWith("EAAA", StringComparison.Ordinal)
            || text.StartsWith("sq0", StringComparison.Ordinal)
            || text.StartsWith("sandbox-sq0", StringComparison.Ordinal)
        );
}
