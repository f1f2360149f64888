using System.Security.Cryptography;
using System.Text;

namespace Integrations.Credentials;

/// <summary>What a secret is for: the table, the row and the column it belongs to. A value moved to another place does not open there.</summary>
internal readonly record struct SecretPurpose(string Table, Guid RowId, string Column)
{
    public static SecretPurpose AccessToken(Guid connectionId) => new("pos_connections", connectionId, "access_token");

    public static SecretPurpose RefreshToken(Guid connectionId) => new("pos_connections", connectionId, "refresh_token");

    public static SecretPurpose ClientSecret(Guid connectionId) => new("pos_connections", connectionId, "client_secret");

    public static SecretPurpose PreviousSignatureKey(Guid connectionId) => new("pos_connections", connectionId, "previous_signature_key");

    public static SecretPurpose ProviderToken(Guid tokenId) => new("provider_tokens", tokenId, "token");

    public static SecretPurpose SignatureKey(Guid connectionId) => new("pos_connections", connectionId, "signature_key");
}

/// <summary>Seals secrets for the database: AES-256-CBC with a fresh random IV, then HMAC-SHA256 over key id, purpose, IV and ciphertext.</summary>
/// <remarks>Stored as <c>v1:key id:IV hex:ciphertext hex:MAC hex</c>; the key id is the first 8 hex characters of the key's SHA-256. The
/// encrypting and the authenticating key are drawn from each master key by HKDF (RFC 5869). The first key writes, all of them read.</remarks>
internal sealed class SecretCipher
{
    private readonly Dictionary<string, DerivedKeys> _keysById = [];
    private readonly string _currentKeyId;

    /// <param name="masterKeys">32 bytes each; the first one writes.</param>
    public SecretCipher(IReadOnlyList<byte[]> masterKeys)
    {
        foreach (var key in masterKeys)
            _keysById.TryAdd(KeyIdOf(key), DerivedKeys.Derive(key));
        _currentKeyId = KeyIdOf(masterKeys[0]);
    }

    public string Encrypt(string secret, SecretPurpose purpose)
    {
        var keys = _keysById[_currentKeyId];
        var iv = RandomNumberGenerator.GetBytes(16);
        using var aes = Aes.Create();
        aes.Key = keys.EncryptionKey;
        var cipher = aes.EncryptCbc(Encoding.UTF8.GetBytes(secret), iv);
        return $"v1:{_currentKeyId}:{Convert.ToHexStringLower(iv)}:{Convert.ToHexStringLower(cipher)}:{Convert.ToHexStringLower(Mac(keys, _currentKeyId, purpose, iv, cipher))}";
    }

    /// <summary>The secret; null when it was sealed with a key that is not here, for another place, or changed since.</summary>
    public string? Decrypt(string encryptedValue, SecretPurpose purpose)
    {
        var parts = encryptedValue.Split(':');
        if (
            parts is not ["v1", var keyId, var ivHex, var cipherHex, var macHex]
            || encryptedValue.Any(char.IsAsciiLetterUpper)
            || !_keysById.TryGetValue(keyId, out var keys)
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
        aes.Key = keys.EncryptionKey;
        return Encoding.UTF8.GetString(aes.DecryptCbc(cipher, iv));
    }

    /// <summary>Whether it was sealed with the key that writes; any other is to be sealed anew, so that an old key can be retired.</summary>
    public bool UsesCurrentKey(string encryptedValue) => encryptedValue.StartsWith($"v1:{_currentKeyId}:", StringComparison.Ordinal);

    public static string KeyIdOf(byte[] masterKey) => Convert.ToHexStringLower(SHA256.HashData(masterKey))[..8];

    private static byte[] Mac(DerivedKeys keys, string keyId, SecretPurpose purpose, byte[] iv, byte[] cipher)
    {
        using var mac = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, keys.AuthenticationKey);
        // Line feeds cannot occur in the parts, so no two purposes read the same.
        mac.AppendData(Encoding.UTF8.GetBytes($"v1\n{keyId}\n{purpose.Table}\n{purpose.RowId:N}\n{purpose.Column}\n"));
        mac.AppendData(iv);
        mac.AppendData(cipher);
        return mac.GetHashAndReset();
    }

    private sealed record DerivedKeys(byte[] EncryptionKey, byte[] AuthenticationKey)
    {
        public static DerivedKeys Derive(byte[] masterKey) =>
            new(
                HKDF.DeriveKey(HashAlgorithmName.SHA256, masterKey, 32, info: "posmodular/v1/encrypt"u8.ToArray()),
                HKDF.DeriveKey(HashAlgorithmName.SHA256, masterKey, 32, info: "posmodular/v1/authenticate"u8.ToArray())
            );
    }
}
