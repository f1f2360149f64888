using System.Security.Cryptography;
using System.Text;

namespace PosModular.Simulator.Toast;

/// <summary>
/// base64(HMAC-SHA256(secret, raw body followed by the message's timestamp)), all as UTF-8 (Toast docs, Message signing). We assume that
/// the timestamp is the one printed in the body.
/// </summary>
public static class ToastSignature
{
    /// <summary>The header that carries the signature.</summary>
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
