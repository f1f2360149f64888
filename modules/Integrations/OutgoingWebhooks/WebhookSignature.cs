using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using NodaTime;

namespace Integrations.OutgoingWebhooks;

/// <summary>Signs deliveries.</summary>
/// <remarks>Source: Standard Webhooks specification 1.0.0, Signature scheme: HMAC-SHA256 over id, timestamp and body, joined by full stops;
/// the key is what follows <c>whsec_</c>, decoded from Base64. Several signatures are separated by spaces.</remarks>
internal static class WebhookSignature
{
    private const string Prefix = "whsec_";
    private const int KeyBytes = 32;

    public static string NewSecret() => Prefix + Convert.ToBase64String(RandomNumberGenerator.GetBytes(KeyBytes));

    /// <summary>The value of the header <c>webhook-timestamp</c>: seconds since 1970.</summary>
    public static string Timestamp(Instant at) => at.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);

    /// <summary>The value of the header <c>webhook-signature</c>, with one signature for each secret.</summary>
    public static string Sign(string id, string timestamp, string body, IEnumerable<string> secrets)
    {
        var content = Encoding.UTF8.GetBytes($"{id}.{timestamp}.{body}");
        return string.Join(
            ' ',
            secrets.Select(s => "v1," + Convert.ToBase64String(HMACSHA256.HashData(Convert.FromBase64String(s[Prefix.Length..]), content)))
        );
    }
}
