using System.Security.Cryptography;
using System.Text;

namespace Integrations.Credentials;

/// <summary>What a secret is for: the table, the row and the column it belongs to. A value moved to another place does not open there.</summary>
internal readonly record struct Purpose(string Table, Guid Row, string Column)
{
    public static Purpose AccessToken(Guid connection) => new("pos_connections", connection, "access_token");

    public static Purpose RefreshToken(Guid connection) => new("pos_connections", connection, "refresh_token");

    public static Purpose ClientSecret(Guid connection) => new("pos_connections", connection, "client_secret");

    public static Purpose PreviousSignatureKey(Guid connection) => new("pos_connections", connection, "previous_signature_key");

    public static Purpose ProviderToken(Guid token) => new("provider_tokens", token, "token");

    public static Purpose SignatureKey(Guid connection) => new("pos_connections", connection, "signature_key");
}

/// <summary>Seals secrets for the database: AES-256-CBC with a fresh random IV, then HMAC-SHA256 over key id, purpose, IV and ciphertext.</summary>
/// <remarks>Stored as <c>v1:key id:IV hex:ciphertext hex:MAC hex</c>; the key id is the first 8 hex characters of the key's SHA-256. The
/// encrypting and the authenticating key are drawn from each master key by HKDF (RFC 5869). The first key writes, all of them read.</remarks>
internal sealed class Vault
{
    private readonly Dictionary<string, Keys> _keys = [];
    private readonly string _writes;

    /// <param name="masterKeys">32 bytes each; the first one writes.</param>
    public Vault(IReadOnlyList<byte[]> masterKeys)
    {
        foreach (var key in masterKeys)
            _keys.TryAdd(IdOf(key), Keys.Of(key));
        _writes = IdOf(masterKeys[0]);
    }

    public string Seal(string secret, Purpose purpose)
    {
        var keys = _keys[_writes];
        var iv = RandomNumberGenerator.GetBytes(16);
        using var aes = Aes.Create();
        aes.Key = keys.Encrypt;
        var cipher = aes.EncryptCbc(Encoding.UTF8.GetBytes(secret), iv);
        return $"v1:{_writes}:{Convert.ToHexStringLower(iv)}:{Convert.ToHexStringLower(cipher)}:{Convert.ToHexStringLower(Mac(keys, _writes, purpose, iv, cipher))}";
    }

    /// <summary>The secret; null when it was sealed with a key that is not here, for another place, or changed since.</summary>
    public string? Open(string sealedValue, Purpose purpose)
    {
        var parts = sealedValue.Split(':');
        if (
            parts is not ["v1", var keyId, var ivHex, var cipherHex, var macHex]
            || sealedValue.Any(char.IsAsciiLetterUpper)
            || !_keys.TryGetValue(keyId, out var keys)
        )
            return null;
        byte[] iv,
            cipher,
            mac;
        try
        {
            (iv, cipher, mac) = (Convert.FromHexString(ivHex), Convert.FromHexString(cipherHex), Convert.FromHexString(macHex));
        }
        catch (FormatException)
        {
            return null;
        }
        // The MAC first: nothing is decrypted that was not written here.
        if (iv.Length != 16 || !CryptographicOperations.FixedTimeEquals(mac, Mac(keys, keyId, purpose, iv, cipher)))
            return null;
        using var aes = Aes.Create();
        aes.Key = keys.Encrypt;
        return Encoding.UTF8.GetString(aes.DecryptCbc(cipher, iv));
    }

    /// <summary>Whether it was sealed with the key that writes; any other is to be sealed anew, so that an old key can be retired.</summary>
    public bool IsCurrent(string sealedValue) => sealedValue.StartsWith($"v1:{_writes}:", StringComparison.Ordinal);

    public static string IdOf(byte[] masterKey) => Convert.ToHexStringLower(SHA256.HashData(masterKey))[..8];

    private static byte[] Mac(Keys keys, string keyId, Purpose purpose, byte[] iv, byte[] cipher)
    {
        using var mac = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, keys.Authenticate);
        // Line feeds cannot occur in the parts, so no two purposes read the same.
        mac.AppendData(Encoding.UTF8.GetBytes($"v1\n{keyId}\n{purpose.Table}\n{purpose.Row:N}\n{purpose.Column}\n"));
        mac.AppendData(iv);
        mac.AppendData(cipher);
        return mac.GetHashAndReset();
    }

    private sealed record Keys(byte[] Encrypt, byte[] Authenticate)
    {
        public static Keys Of(byte[] master) =>
            new(
                HKDF.DeriveKey(HashAlgorithmName.SHA256, master, 32, info: "posmodular/v1/encrypt"u8.ToArray()),
                HKDF.DeriveKey(HashAlgorithmName.SHA256, master, 32, info: "posmodular/v1/authenticate"u8.ToArray())
            );
    }
}
