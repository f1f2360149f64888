using System.Security.Cryptography;
using System.Text;

namespace PosModular.Simulator.Toast;

/// <summary>
/// base64(HMAC-SHA256(secret, raw body followed by the message's timestamp)), all as UTF-8 (Toast docs, Message signing). That the
/// timestamp is the body's, as printed, is our reading.
/// </summary>
public static class ToastSignature
{
    /// <summary>The header it travels in.</summary>
    public const string Header = "Toast-Signature";

    /// <summary>The signature of a body.</summary>
    public static string Compute(string secret, ReadOnlySpan<byte> body, string timestamp)
    {
        using var hmac = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, Encoding.UTF8.GetBytes(secret));
        hmac.AppendData(body);
        hmac.AppendData(Encoding.UTF8.GetBytes(timestamp));
        return Convert.ToBase64String(hmac.GetHashAndReset());
    }
}
