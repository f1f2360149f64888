using System.Text;
using Integrations.Contracts.Webhooks;
using Integrations.Providers;

namespace Integrations.Webhooks;

/// <summary>Explains to an operator why a webhook was rejected: it has no signature, was signed for another URL or with another
/// connection's key, or the stored key is not a signature key. It only helps with the setup; its findings never cause an event to be
/// accepted.</summary>
internal sealed class SignatureDiagnostics(IntegrationsSettings settings, TimeProvider time)
{
    public const string MissingSignature =
        "The request has no signature header. Either the provider did not send it, or a proxy removes the header.";

    // One request is examined at a time and only a few per second, each with a bounded number of keys and bytes, so that forged requests
    // cannot consume the CPU: a key costs one HMAC over the whole body.
    private static readonly TimeSpan MinInterval = TimeSpan.FromMilliseconds(200);
    private const int MaxOtherKeys = 200;
    private const int MaxExaminedBytes = 64 * 1024;
    private readonly Lock _examining = new();
    private long _lastAt;

    /// <summary>A diagnosis in one or two sentences; null when another request is being examined or was shortly before.</summary>
    public string? Diagnose(IPosProvider provider, PosConnectionSnapshot connections, PosConnectionEntry connection, WebhookRequest request)
    {
        if (!_examining.TryEnter())
            return null;
        try
        {
            if (_lastAt != 0 && time.GetElapsedTime(_lastAt) < MinInterval)
                return null;
            var diagnosis = Examine(provider, connections, connection, request);
            _lastAt = time.GetTimestamp();
            return diagnosis;
        }
        finally
        {
            _examining.Exit();
        }
    }

    private string Examine(IPosProvider provider, PosConnectionSnapshot connections, PosConnectionEntry connection, WebhookRequest request)
    {
        var expectedUrl = Encoding.UTF8.GetString(connection.Urls[0]);
        if (string.IsNullOrEmpty(request.Signature))
            return MissingSignature;
        if (connection.Keys.Count == 0)
            return "No signature key is known for this connection. Pass the subscription's key as webhookSignatureKey with "
                + "updatePosConnection.";
        if (request.Body.Length > MaxExaminedBytes)
            return $"The signature of a body of {request.Body.Length} bytes does not match; bodies of more than {MaxExaminedBytes} "
                + $"bytes are not examined further. The connection expects a signature for {expectedUrl}.";
        foreach (var url in CandidateUrls(request, expectedUrl))
        foreach (var key in connection.Keys)
            if (IsSignedFor(provider, key, url, request))
                return $"The request was signed for {url}, but the connection expects {expectedUrl}. Set the subscription's URL to "
                    + $"{expectedUrl}, or Pos__PublicBaseUrl to the address that the provider calls.";
        foreach (
            var (other, key) in connections
                .AllOf(provider.Provider)
                .Where(other => other.Details.ConnectionId != connection.Details.ConnectionId)
                .SelectMany(other => other.Keys.Select(key => (other, key)))
                .Take(MaxOtherKeys)
        )
            if (connection.Urls.Concat(other.Urls).Any(url => provider.IsSignatureValid(key, url, request.Body.Span, request.Signature)))
                return $"The request was signed with the key of another connection ({other.Details.ConnectionId}), whose "
                    + $"subscription sends to this connection's URL {expectedUrl}. Create a separate subscription for each "
                    + "connection.";
        if (
            settings.SquareApplicationSignatureKey is { } applicationKey
            && connection.Urls.Any(url => provider.IsSignatureValid(applicationKey, url, request.Body.Span, request.Signature))
        )
            return "The request was signed with the application's key (Pos__Square__WebhookSignatureKey). The subscription of that "
                + $"key must send to {settings.WebhookUrl(provider.Provider)}.";
        if (connection.Keys.Any(LooksLikeAccessToken))
            return "The stored signature key looks like an access token. Copy the signature key from the webhook subscription in "
                + "the provider's dashboard and pass it as webhookSignatureKey.";
        return "The request was signed with another key, or altered on its way. The connection expects a signature for "
            + $"{expectedUrl}. Copy the subscription's key again and pass it as webhookSignatureKey, or connect the location "
            + "again.";
    }

    private static bool IsSignedFor(IPosProvider provider, byte[] key, string url, WebhookRequest request) =>
        provider.IsSignatureValid(key, Encoding.UTF8.GetBytes(url), request.Body.Span, request.Signature);

    // URLs that someone may have entered in the provider's dashboard by mistake.
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

    /// <remarks>Source: Square docs: access tokens begin with EAAA, sq0atp- or sandbox-sq0, application secrets with sq0csp-.</remarks>
    private static bool LooksLikeAccessToken(byte[] key) =>
        Encoding.UTF8.GetString(key) is var text
        && (
            text.StartsWith("EAAA", StringComparison.Ordinal)
            || text.StartsWith("sq0", StringComparison.Ordinal)
            || text.StartsWith("sandbox-sq0", StringComparison.Ordinal)
        );
}
