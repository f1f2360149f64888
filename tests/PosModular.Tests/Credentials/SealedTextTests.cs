using Integrations.Credentials;
using Shouldly;
using Xunit;

namespace PosModular.Tests.Credentials;

/// <summary>A sealed value has one spelling.</summary>
public sealed class SealedTextTests
{
    [Fact]
    public void A_sealed_value_in_capitals_does_not_open()
    {
        var vault = new Vault([new byte[32]]);
        var purpose = Purpose.AccessToken(Guid.NewGuid());
        var text = vault.Seal("secret", purpose).Split(':');
        text[4] = text[4].ToUpperInvariant();
        vault.Open(string.Join(':', text), purpose).ShouldBeNull();
    }
}
