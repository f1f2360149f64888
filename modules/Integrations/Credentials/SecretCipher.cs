using System.Security.Cryptography;
using System.Text;

namespace Integrations.Credentials;

/// <summary>The table, row and column to which a secret belongs. An encrypted value that is moved elsewhere cannot be decrypted
/// there.</summary>
internal readonly record struct SecretPurpose(string Table, Guid RowId, string Column)
{
    public static SecretPurpose AccessToken(Guid connectionId) => new("pos_connections", connectionId, "access_token");

    public static SecretPurpose RefreshToken(Guid connectionId) => new("pos_connections", connectionId, "refresh_token");

    public static SecretPurpose ClientSecret(Guid connectionId) => new("pos_connections", connectionId, "client_secret");

    public static SecretPurpose ContactKey(Guid keyId) => new("contact_keys", keyId, "encrypted_key");

    public static SecretPurpose PreviousSignatureKey(Guid connectionId) => new("pos_connections", connectionId, "previous_signature_key");

    public static SecretPurpose ProviderToken(Guid tokenId) => new("provider_tokens", tokenId, "token");

    public static SecretPurpose SignatureKey(Guid connectionId) => new("pos_connections", connectionId, "signature_key");

    public static SecretPurpose EndpointSecret(Guid endpointId) => new("webhook_endpoints", endpointId, "secret");

    public static SecretPurpose PreviousEndpointSecret(Guid endpointId) => new("webhook_endpoints", endpointId, "previous_secret");
}

/// <summary>Encrypts secrets for storage in the database, with AES-256-CBC and a fresh random IV, authenticated by HMAC-SHA256 over key
/// id, purpose, IV and ciphertext.</summary>
/// <remarks>The format is <c>v1:key id:IV hex:ciphertext hex:MAC hex</c>. The key id is the first 8 hex characters of the key's SHA-256
/// hash. The encryption and authentication keys are derived from each master key with HKDF (RFC 5869). The first master key encrypts; all
/// of them decrypt.</remarks>
internal sealed class SecretCipher
{
    private readonly Dictionary<string, DerivedKeys> _keysById = [];
    private readonly string _currentKeyId;

    /// <param name="masterKeys">The master keys, 32 bytes each; the first one encrypts.</param>
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
        var mac = Mac(keys, _currentKeyId, purpose, iv, cipher);
        return $"v1:{_currentKeyId}:{Convert.ToHexStringLower(iv)}:{Convert.ToHexStringLower(cipher)}:{Convert.ToHexStringLower(mac)}";
    }

    /// <summary>The decrypted secret; null when the value was encrypted with an unknown key or for another purpose, or has been
    /// altered.</summary>
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
        // The MAC is verified first, so that nothing is decrypted that this application did not write.
        if (iv.Length != 16 || !CryptographicOperations.FixedTimeEquals(mac, Mac(keys, keyId, purpose, iv, cipher)))
            return null;
        using var aes = Aes.Create();
        aes.Key = keys.EncryptionKey;
        return Encoding.UTF8.GetString(aes.DecryptCbc(cipher, iv));
    }

    /// <summary>Whether the value was encrypted with the current key. Any other value must be encrypted again before its old key can be
    /// retired.</summary>
    public bool UsesCurrentKey(string encryptedValue) => encryptedValue.StartsWith($"v1:{_currentKeyId}:", StringComparison.Ordinal);

    public static string KeyIdOf(byte[] masterKey) => Convert.ToHexStringLower(SHA256.HashData(masterKey))[..8];

    private static byte[] Mac(DerivedKeys keys, string keyId, SecretPurpose purpose, byte[] iv, byte[] cipher)
    {
        using var mac = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, keys.AuthenticationKey);
        // The parts cannot contain line feeds, so two different purposes never result in the same text.
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
