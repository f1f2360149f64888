using System.Text.RegularExpressions;
using CsCheck;
using Integrations.Credentials;
using Shouldly;
using Xunit;

namespace PosModular.Tests.Credentials;

/// <summary>What is sealed opens only with its key, in its place and unchanged.</summary>
public sealed partial class VaultTests
{
    private static readonly byte[] Key = [.. Enumerable.Range(1, 32).Select(i => (byte)i)];
    private static readonly byte[] NewKey = [.. Enumerable.Range(101, 32).Select(i => (byte)i)];
    private static readonly Guid Row = new("0193a000-0000-7000-8000-000000000001");
    private static readonly SecretPurpose Here = SecretPurpose.AccessToken(Row);
    private readonly SecretCipher _vault = new([Key]);

    [GeneratedRegex("^v1:[0-9a-f]{8}:[0-9a-f]{32}:([0-9a-f]{32})+:[0-9a-f]{64}\\z")]
    private static partial Regex Format();

    [Fact]
    public void A_secret_comes_back() =>
        Gen.String[Gen.Char['\0', '\ud7ff'], 0, 200].Sample(secret => _vault.Decrypt(_vault.Encrypt(secret, Here), Here) == secret);

    [Fact]
    public void What_is_stored_has_the_documented_form_and_not_the_secret()
    {
        var text = _vault.Encrypt("EAAA-secret", Here);

        Format().IsMatch(text).ShouldBeTrue(text);
        text.Split(':')[1].ShouldBe(SecretCipher.KeyIdOf(Key));
        text.ShouldNotContain("EAAA");
        text.ShouldNotContain(Convert.ToHexStringLower("EAAA-secret"u8));
    }

    [Fact]
    public void The_key_id_is_the_start_of_the_keys_hash() => SecretCipher.KeyIdOf(new byte[32]).ShouldBe("66687aad"); // SHA-256 of 32 zero bytes

    [Fact]
    public void Every_sealing_has_its_own_iv()
    {
        var ivs = Enumerable.Range(0, 100).Select(_ => _vault.Encrypt("the same", Here).Split(':')[2]);

        ivs.Distinct().Count().ShouldBe(100);
    }

    // Hex digits are read in either case; every other change of a character is noticed.
    [Fact]
    public void One_changed_character_and_it_does_not_open()
    {
        var text = _vault.Encrypt("EAAA-secret", Here);
        Gen.Select(Gen.Int[0, text.Length - 1], Gen.OneOf(Gen.Char["0123456789abcdef:v "], Gen.Char))
            .Where((at, other) => !Same(text[at], other))
            .Sample((at, other) => _vault.Decrypt(string.Concat(text.AsSpan(0, at), [other], text.AsSpan(at + 1)), Here) is null);

        static bool Same(char a, char b) => a == b || (char.IsAsciiHexDigit(a) && char.ToLowerInvariant(b) == a);
    }

    [Fact]
    public void Cut_short_or_drawn_out_it_does_not_open()
    {
        var text = _vault.Encrypt("EAAA-secret", Here);
        for (var length = 0; length < text.Length; length++)
            _vault.Decrypt(text[..length], Here).ShouldBeNull();
        foreach (var more in new[] { "0", "00", ":", "\n", " " })
        {
            _vault.Decrypt(text + more, Here).ShouldBeNull();
            _vault.Decrypt(more + text, Here).ShouldBeNull();
        }
    }

    [Fact]
    public void Random_text_does_not_open() =>
        Gen.String.Sample(text =>
            _vault.Decrypt(text, Here) is null
            && _vault.Decrypt($"v1:{SecretCipher.KeyIdOf(Key)}:{text}", Here) is null
            && _vault.Decrypt($"v1:{SecretCipher.KeyIdOf(Key)}:{text}::", Here) is null
        );

    [Fact]
    public void Moved_to_another_row_or_column_it_does_not_open()
    {
        var text = _vault.Encrypt("EAAA-secret", Here);

        _vault.Decrypt(text, SecretPurpose.AccessToken(Guid.NewGuid())).ShouldBeNull();
        _vault.Decrypt(text, SecretPurpose.SignatureKey(Row)).ShouldBeNull();
        _vault.Decrypt(text, Here with { Table = "venues" }).ShouldBeNull();
    }

    [Fact]
    public void An_old_key_still_reads_and_the_new_one_writes()
    {
        var old = _vault.Encrypt("EAAA-secret", Here);
        var both = new SecretCipher([NewKey, Key]);

        both.Decrypt(old, Here).ShouldBe("EAAA-secret");
        var renewed = both.Encrypt("EAAA-secret", Here);
        renewed.Split(':')[1].ShouldBe(SecretCipher.KeyIdOf(NewKey));
        new SecretCipher([NewKey]).Decrypt(renewed, Here).ShouldBe("EAAA-secret");
    }

    [Fact]
    public void Without_its_key_it_does_not_open()
    {
        var text = _vault.Encrypt("EAAA-secret", Here);

        new SecretCipher([NewKey]).Decrypt(text, Here).ShouldBeNull();
        new SecretCipher([NewKey])
            .Decrypt(text.Replace(SecretCipher.KeyIdOf(Key), SecretCipher.KeyIdOf(NewKey), StringComparison.Ordinal), Here)
            .ShouldBeNull();
    }
}
