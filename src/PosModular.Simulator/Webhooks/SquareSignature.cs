using System.Security.Cryptography;
using System.Text;

namespace PosModular.Simulator.Webhooks;

/// <summary>
/// base64(HMAC-SHA256(key, notification URL followed by the raw body)); the key's text is used as UTF-8, never decoded
/// (Square docs, Webhooks › Validate Notifications; Square's .NET SDK, WebhooksHelper).
/// </summary>
public static class SquareSignature
{
    /// <summary>The header that carries the signature.</summary>
    public const string Header = "x-square-hmacsha256-signature";

    /// <summary>The signature of a body sent to a URL.</summary>
    public static string Compute(string key, string notificationUrl, ReadOnlySpan<byte> body)
    {
        using var hmac = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, Encoding.UTF8.GetBytes(key));
        hmac.AppendData(Encoding.UTF8.GetBytes(notificationUrl));
        hmac.AppendData(body);
        return Convert.ToBase64String(hmac.GetHashAndReset());
    }
}
