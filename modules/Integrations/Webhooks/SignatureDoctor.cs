using System.Text;
using Integrations.Connections;
using Integrations.Contracts;

namespace Integrations.Webhooks;

/// <summary>Tells an operator what a refused webhook looked like: without a signature, signed for another address, with another connection's key, or
/// checked with something that is no key. It only helps to set things up right; nothing that it finds lets an event in.</summary>
internal sealed class SignatureDoctor(IntegrationsSettings settings, TimeProvider time)
{
    // A flood of forged requests is not looked into one by one.
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);
    private const int MostOthers = 2_000;
    private long _lastAt;

    /// <summary>One or two sentences; null when another one was examined just before.</summary>
    public string? Examine(IPosProvider port, Tills tills, TillEntry till, WebhookRequest request)
    {
        var last = Volatile.Read(ref _lastAt);
        if (last != 0 && time.GetElapsedTime(last) < Pause || Interlocked.CompareExchange(ref _lastAt, time.GetTimestamp(), last) != last)
            return null;
        var expected = Encoding.UTF8.GetString(till.Urls[0]);
        if (string.IsNullOrEmpty(request.Signature))
            return "It came without a signature header. It was not sent by the provider, or something between drops the header.";
        if (till.Keys.Count == 0)
            return "No signature key is known for this connection. Pass the subscription's key as webhookSignatureKey (updatePosConnection).";
        foreach (var address in Addresses(request, expected))
        foreach (var key in till.Keys)
            if (Fits(port, key, address, request))
                return $"It was signed for {address}, but the connection expects {expected}. Set the subscription's address to {expected}, or Pos__PublicBaseUrl to what the provider calls.";
        foreach (var other in tills.All(port.Provider).Where(t => t.Till.ConnectionId != till.Till.ConnectionId).Take(MostOthers))
        foreach (var key in other.Keys)
            if (till.Urls.Concat(other.Urls).Any(url => port.IsGenuine(key, url, request.Body.Span, request.Signature)))
                return $"It was signed with the key of another connection ({other.Till.ConnectionId}). Its subscription sends to this connection's address {expected}; give each connection a subscription of its own.";
        if (
            settings.SquareApplicationKey is { } application
            && till.Urls.Any(url => port.IsGenuine(application, url, request.Body.Span, request.Signature))
        )
            return $"It was signed with the application's key (Pos__Square__WebhookSignatureKey), whose subscription belongs to {settings.WebhookUrl(port.Provider)}.";
        if (till.Keys.Any(LooksLikeAccessToken))
            return "The stored signature key looks like an access token. Copy the signature key from the webhook subscription in the provider's dashboard and pass it as webhookSignatureKey.";
        return $"It was signed with another key, or changed on its way. The connection expects a signature for {expected}; copy the subscription's key again, or connect the till again.";
    }

    private static bool Fits(IPosProvider port, byte[] key, string address, WebhookRequest request) =>
        port.IsGenuine(key, Encoding.UTF8.GetBytes(address), request.Body.Span, request.Signature);

    // What somebody may have typed into the provider's dashboard instead.
    private IEnumerable<string> Addresses(WebhookRequest request, string expected)
    {
        var path = Uri.TryCreate(expected, UriKind.Absolute, out var uri) ? uri.AbsolutePath : "";
        string[] starts =
        [
            request.Address,
            expected,
            settings.WebhookUrl(request.Provider),
            .. Origin(request.Address) is { } origin ? new[] { origin + path } : [],
        ];
        return starts
            .SelectMany(s => new[] { s, s.TrimEnd('/') + "/", s.TrimEnd('/') })
            .SelectMany(s => new[] { s, Other(s) })
            .Distinct()
            .Where(s => s != expected);
    }

    private static string? Origin(string address) =>
        Uri.TryCreate(address, UriKind.Absolute, out var uri) ? uri.GetLeftPart(UriPartial.Authority) : null;

    private static string Other(string address) =>
        address.StartsWith("https:", StringComparison.Ordinal) ? "http:" + address[6..]
        : address.StartsWith("http:", StringComparison.Ordinal) ? "https:" + address[5..]
        : address;

    /// <remarks>Square's access tokens begin with EAAA (or sq0atp-, sandbox-sq0), application secrets with sq0csp-.</remarks>
    private static bool LooksLikeAccessToken(byte[] key) =>
        Encoding.UTF8.GetString(key) is var text
        && (
            text.StartsWith("EAAA", StringComparison.Ordinal)
            || text.StartsWith("sq0", StringComparison.Ordinal)
            || text.StartsWith("sandbox-sq0", StringComparison.Ordinal)
        );
}
