using Integrations.Credentials;
using Shouldly;
using Xunit;

namespace PosModular.Tests.Credentials;

/// <summary>A sealed value has one spelling.</summary>
public sealed class SecretCipherCaseTests
{
    [Fact]
    public void A_ciphertext_in_capitals_does_not_decrypt()
    {
        var vault = new SecretCipher([new byte[32]]);
        var purpose = SecretPurpose.AccessToken(Guid.NewGuid());
        var text = vault.Encrypt("secret", purpose).Split(':');
        text[4] = text[4].ToUpperInvariant();
        vault.Decrypt(string.Join(':', text), purpose).ShouldBeNull();
    }
}
