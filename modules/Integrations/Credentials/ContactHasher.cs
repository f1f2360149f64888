using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace Integrations.Credentials;

/// <summary>Hashes e-mail addresses and phone numbers with a secret key (HMAC-SHA256), so that a guest is recognised by them and the
/// database does not reveal them: without the key a guessed address cannot be compared with a hash. The key is loaded at the
/// start.</summary>
internal sealed class ContactHasher
{
    public const int KeySize = 32;
    private const int MinPhoneDigits = 7;
    private const int MaxPhoneDigits = 15;
    private const int MaxEmailLength = 320;
    private byte[]? _key;

    public ContactHasher() { }

    public ContactHasher(byte[] key) => _key = key;

    /// <summary>Sets the key that all hashes of this host are computed with.</summary>
    public void UseKey(byte[] key) => _key = key;

    /// <summary>The hash of an e-mail address, whatever its case and the spaces around it; null for text that is no address.</summary>
    public string? HashEmail(string? address)
    {
        var normal = address?.Trim().ToLowerInvariant();
        var at = normal?.LastIndexOf('@') ?? -1;
        return at > 0 && at < normal!.Length - 1 && normal.Length <= MaxEmailLength ? Hash("email", normal) : null;
    }

    /// <summary>The hash of a phone number, of which only the digits count; null for text that is no number and for one such as 000-0000,
    /// which is entered where a number is demanded.</summary>
    /// <param name="number">The number as the provider reports it.</param>
    /// <param name="countryCode">The country code, for a number that does not begin with one; null when it is unknown.</param>
    public string? HashPhone(string? number, string? countryCode)
    {
        if (number is null)
            return null;
        var digits = DigitsOf(number);
        if (countryCode is not null && !number.TrimStart().StartsWith('+'))
            digits = DigitsOf(countryCode) + digits;
        return digits.Length is >= MinPhoneDigits and <= MaxPhoneDigits && digits[^MinPhoneDigits..].Distinct().Count() > 1
            ? Hash("phone", digits)
            : null;
    }

    private static string DigitsOf(string text) => string.Concat(text.Where(char.IsAsciiDigit));

    // The kind is part of the hash, so that no text has the same hash as an address and as a number.
    private string Hash(string kind, string value) =>
        Base64Url.EncodeToString(
            HMACSHA256.HashData(
                _key ?? throw new InvalidOperationException("The key for e-mail addresses and phone numbers has not been loaded."),
                Encoding.UTF8.GetBytes($"{kind}\n{value}")
            )
        );
}
