using System.Text.RegularExpressions;
using CsCheck;
using Integrations.Credentials;
using Shouldly;
using Xunit;

namespace PosModular.Tests.Credentials;

/// <summary>A ciphertext decrypts only with its key, for its row and column, and unchanged.</summary>
public sealed partial class SecretCipherTests
{
    private static readonly byte[] Key = [.. Enumerable.Range(1, 32).Select(i => (byte)i)];
    private static readonly byte[] NewKey = [.. Enumerable.Range(101, 32).Select(i => (byte)i)];
    private static readonly Guid RowId = new("0193a000-0000-7000-8000-000000000001");
    private static readonly SecretPurpose Purpose = SecretPurpose.AccessToken(RowId);
    private readonly SecretCipher _cipher = new([Key]);

    [GeneratedRegex("^v1:[0-9a-f]{8}:[0-9a-f]{32}:([0-9a-f]{32})+:[0-9a-f]{64}\\z")]
    private static partial Regex Format();

    [Fact]
    public void Decrypting_gives_the_secret_back() =>
        Gen.String[Gen.Char['\0', '\ud7ff'], 0, 200].Sample(secret => _cipher.Decrypt(_cipher.Encrypt(secret, Purpose), Purpose) == secret);

    [Fact]
    public void The_ciphertext_has_the_documented_format_and_does_not_show_the_secret()
    {
        var text = _cipher.Encrypt("EAAA-secret", Purpose);

        Format().IsMatch(text).ShouldBeTrue(text);
        text.Split(':')[1].ShouldBe(SecretCipher.KeyIdOf(Key));
        text.ShouldNotContain("EAAA");
        text.ShouldNotContain(Convert.ToHexStringLower("EAAA-secret"u8));
    }

    [Fact] // SHA-256 of 32 zero bytes
    public void The_key_id_is_the_start_of_the_keys_hash() => SecretCipher.KeyIdOf(new byte[32]).ShouldBe("66687aad");

    [Fact]
    public void Every_encryption_uses_its_own_iv()
    {
        var ivs = Enumerable.Range(0, 100).Select(_ => _cipher.Encrypt("the same", Purpose).Split(':')[2]);

        ivs.Distinct().Count().ShouldBe(100);
    }

    [Fact]
    public void A_ciphertext_with_one_changed_character_does_not_decrypt()
    {
        var text = _cipher.Encrypt("EAAA-secret", Purpose);
        Gen.Select(Gen.Int[0, text.Length - 1], Gen.OneOf(Gen.Char["0123456789abcdefABCDEF:v "], Gen.Char))
            .Where((at, other) => text[at] != other)
            .Sample((at, other) => _cipher.Decrypt(string.Concat(text.AsSpan(0, at), [other], text.AsSpan(at + 1)), Purpose) is null);
    }

    [Fact]
    public void A_ciphertext_in_capitals_does_not_decrypt()
    {
        var parts = _cipher.Encrypt("secret", Purpose).Split(':');
        parts[4] = parts[4].ToUpperInvariant();

        _cipher.Decrypt(string.Join(':', parts), Purpose).ShouldBeNull();
    }

    [Fact]
    public void A_truncated_or_extended_ciphertext_does_not_decrypt()
    {
        var text = _cipher.Encrypt("EAAA-secret", Purpose);
        for (var length = 0; length < text.Length; length++)
            _cipher.Decrypt(text[..length], Purpose).ShouldBeNull();
        foreach (var extra in new[] { "0", "00", ":", "\n", " " })
        {
            _cipher.Decrypt(text + extra, Purpose).ShouldBeNull();
            _cipher.Decrypt(extra + text, Purpose).ShouldBeNull();
        }
    }

    [Fact]
    public void Random_text_does_not_decrypt() =>
        Gen.String.Sample(text =>
            _cipher.Decrypt(text, Purpose) is null
            && _cipher.Decrypt($"v1:{SecretCipher.KeyIdOf(Key)}:{text}", Purpose) is null
            && _cipher.Decrypt($"v1:{SecretCipher.KeyIdOf(Key)}:{text}::", Purpose) is null
        );

    [Fact]
    public void A_ciphertext_moved_to_another_row_or_column_does_not_decrypt()
    {
        var text = _cipher.Encrypt("EAAA-secret", Purpose);

        _cipher.Decrypt(text, SecretPurpose.AccessToken(Guid.NewGuid())).ShouldBeNull();
        _cipher.Decrypt(text, SecretPurpose.SignatureKey(RowId)).ShouldBeNull();
        _cipher.Decrypt(text, Purpose with { Table = "venues" }).ShouldBeNull();
    }

    [Fact]
    public void An_old_key_still_decrypts_and_the_new_one_encrypts()
    {
        var old = _cipher.Encrypt("EAAA-secret", Purpose);
        var both = new SecretCipher([NewKey, Key]);

        both.Decrypt(old, Purpose).ShouldBe("EAAA-secret");
        var renewed = both.Encrypt("EAAA-secret", Purpose);
        renewed.Split(':')[1].ShouldBe(SecretCipher.KeyIdOf(NewKey));
        new SecretCipher([NewKey]).Decrypt(renewed, Purpose).ShouldBe("EAAA-secret");
    }

    [Fact]
    public void A_ciphertext_does_not_decrypt_without_its_key()
    {
        var text = _cipher.Encrypt("EAAA-secret", Purpose);

        new SecretCipher([NewKey]).Decrypt(text, Purpose).ShouldBeNull();
        new SecretCipher([NewKey])
            .Decrypt(text.Replace(SecretCipher.KeyIdOf(Key), SecretCipher.KeyIdOf(NewKey), StringComparison.Ordinal), Purpose)
            .ShouldBeNull();
    }
}
