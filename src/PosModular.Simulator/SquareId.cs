using System.Security.Cryptography;
using System.Text;

namespace PosModular.Simulator;

/// <summary>Ids that look like Square's. They are random and not seeded, so they do not repeat after a restart.</summary>
internal static class SquareId
{
    private const string Alphanumerics = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

    /// <summary>Payments and orders: 29 letters and digits that end in ZY.</summary>
    public static string Payment() => RandomNumberGenerator.GetString(Alphanumerics, 27) + "ZY";

    /// <summary>A refund's id starts with its payment's.</summary>
    public static string Refund(string paymentId) => $"{paymentId}_{RandomNumberGenerator.GetString(Alphanumerics, 43)}";

    /// <summary>Merchants and locations: 13 capitals and digits.</summary>
    public static string MerchantOrLocation() => RandomNumberGenerator.GetString(Alphanumerics.AsSpan()[..26], 12) + "7";

    public static string Application() => "sq0idp-" + RandomNumberGenerator.GetString(Alphanumerics, 22);

    public static string AccessToken() => "EAAA" + RandomNumberGenerator.GetString(Alphanumerics, 60);

    public static string RefreshToken() => "EQAA" + RandomNumberGenerator.GetString(Alphanumerics, 60);

    public static string ApplicationSecret() => "sq0csp-" + RandomNumberGenerator.GetString(Alphanumerics, 43);

    public static string Subscription() => "wbhk_" + RandomNumberGenerator.GetHexString(32, lowercase: true);

    /// <summary>22 characters. The signature uses the key's text and never decodes it.</summary>
    public static string SignatureKey() => RandomNumberGenerator.GetString(Alphanumerics, 22);

    /// <summary>An opaque hash of the text, up to 86 characters long; the same text always gives the same hash.</summary>
    public static string OpaqueHash(string text, int length) =>
        Convert.ToBase64String(SHA512.HashData(Encoding.UTF8.GetBytes(text))).Replace('+', '-').Replace('/', '_')[..length];
}
