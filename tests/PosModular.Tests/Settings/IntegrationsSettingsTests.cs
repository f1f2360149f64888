using System.Text;
using Integrations;
using Integrations.Contracts.Connections;
using Integrations.Credentials;
using Microsoft.Extensions.Configuration;
using PosModular.Kernel.Settings;
using Shouldly;
using Xunit;

namespace PosModular.Tests.Settings;

/// <summary>Settings are checked once, at the start. An error is one line that names the setting and hides the secret.</summary>
public sealed class IntegrationsSettingsTests
{
    private const string Key = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
    private const string OtherKey = "ff0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
    private static readonly string PublishedKey = "70ae1da1" + new string('0', 56);

    private static IntegrationsSettings Read(bool production, params (string Name, string? Value)[] settings) =>
        IntegrationsSettings.Read(
            new ConfigurationBuilder()
                .AddInMemoryCollection(
                    new Dictionary<string, string?> { ["POS_ENCRYPTION_KEY"] = Key, ["Pos:PublicBaseUrl"] = "https://pos.example.com" }
                        .Concat(settings.Select(s => KeyValuePair.Create(s.Name, s.Value)))
                        .GroupBy(s => s.Key)
                        .Select(g => g.Last())
                )
                .Build(),
            production
        );

    private static void ShouldBeRefused(string variable, string? secret, params (string Name, string? Value)[] settings)
    {
        var error = Should.Throw<SettingException>(() => Read(production: true, settings));
        error.Message.ShouldStartWith(variable + ": ");
        error.Message.ShouldNotContain("\n");
        error.Message.Length.ShouldBeLessThan(200);
        if (!string.IsNullOrEmpty(secret))
            error.ToString().ShouldNotContain(secret, Case.Insensitive);
    }

    [Fact]
    public void A_setting_that_is_left_out_has_its_documented_default()
    {
        var settings = Read(production: true);

        settings.PublicBaseUrl.ShouldBe("https://pos.example.com");
        settings.SquareBaseUrls[PosEnvironment.Production].ShouldBe(new Uri("https://connect.squareup.com"));
        settings.SquareBaseUrls[PosEnvironment.Sandbox].ShouldBe(new Uri("https://connect.squareupsandbox.com"));
        settings.SquareVersion.ShouldBe("2024-12-18");
        settings.SquareApplicationSignatureKey.ShouldBeNull();
        (settings.AllowsPrivateWebhookAddresses, settings.DeliveryRetention).ShouldBe((false, NodaTime.Duration.FromDays(30)));
        Read(production: false).AllowsPrivateWebhookAddresses.ShouldBeTrue();
    }

    [Fact]
    public void Outgoing_webhooks_may_go_to_private_addresses_only_where_that_is_wanted()
    {
        const string name = "Pos:OutgoingWebhooks:AllowPrivateAddresses";

        Read(production: true, (name, "true")).AllowsPrivateWebhookAddresses.ShouldBeTrue();
        Read(production: false, (name, "false")).AllowsPrivateWebhookAddresses.ShouldBeFalse();
        ShouldBeRefused("Pos__OutgoingWebhooks__AllowPrivateAddresses", null, (name, "yes"));
        Read(production: true, ("Pos:OutgoingWebhooks:KeepDays", "0")).DeliveryRetention.ShouldBeNull();
        ShouldBeRefused("Pos__OutgoingWebhooks__KeepDays", null, ("Pos:OutgoingWebhooks:KeepDays", "-1"));
    }

    [Fact]
    public void A_setting_that_is_given_is_used()
    {
        var settings = Read(
            production: true,
            ("Pos:PublicBaseUrl", "https://pos.example.com/in/"),
            ("Pos:Square:BaseUrls:Sandbox", "http://simulator:9090"),
            ("Pos:Square:Version", "2025-08-20"),
            ("Pos:Square:WebhookSignatureKey", "kéy")
        );

        settings.PublicBaseUrl.ShouldBe("https://pos.example.com/in");
        settings.SquareBaseUrls[PosEnvironment.Sandbox].ShouldBe(new Uri("http://simulator:9090"));
        settings.SquareVersion.ShouldBe("2025-08-20");
        settings.SquareApplicationSignatureKey.ShouldBe(Encoding.UTF8.GetBytes("kéy"));
    }

    [Fact]
    public void The_webhook_url_names_the_provider_and_if_given_the_connection()
    {
        var id = new Guid("0193a000-0000-7000-8000-000000000001");

        Read(production: true).WebhookUrl(Provider.Square).ShouldBe("https://pos.example.com/api/pos/webhooks/square");
        Read(production: true)
            .WebhookUrl(Provider.Square, id)
            .ShouldBe("https://pos.example.com/api/pos/webhooks/square/0193a000-0000-7000-8000-000000000001");
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    public void A_missing_public_base_url_stops_production_only(string? address)
    {
        ShouldBeRefused("Pos__PublicBaseUrl", null, ("Pos:PublicBaseUrl", address));
        Read(production: false, ("Pos:PublicBaseUrl", address)).PublicBaseUrl.ShouldBe("http://localhost:8080");
    }

    [Theory]
    [InlineData("pos.example.com")]
    [InlineData("ftp://pos.example.com")]
    [InlineData("https://")]
    [InlineData("/api")]
    [InlineData("https://pos.example.com?x=1")]
    [InlineData("not an address")]
    public void A_malformed_base_url_is_refused(string address)
    {
        ShouldBeRefused("Pos__PublicBaseUrl", null, ("Pos:PublicBaseUrl", address));
        ShouldBeRefused("Pos__Square__BaseUrls__Production", null, ("Pos:Square:BaseUrls:Production", address));
        ShouldBeRefused("Pos__Square__BaseUrls__Sandbox", null, ("Pos:Square:BaseUrls:Sandbox", address));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("secret")]
    [InlineData("000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1")]
    [InlineData("000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f00")]
    [InlineData("000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1exx")]
    [InlineData("0x0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f")]
    [InlineData(" 00102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f")]
    public void A_key_that_is_missing_or_not_64_hex_characters_is_refused_and_not_shown(string? key) =>
        ShouldBeRefused("POS_ENCRYPTION_KEY", key, ("POS_ENCRYPTION_KEY", key));

    [Theory]
    [InlineData("secret")]
    [InlineData(OtherKey + ",short")]
    public void An_old_key_that_is_malformed_is_refused_and_not_shown(string keys) =>
        ShouldBeRefused("POS_ENCRYPTION_KEYS_OLD", keys.Split(',')[^1], ("POS_ENCRYPTION_KEYS_OLD", keys));

    [Fact]
    public void The_published_key_is_refused_in_production_only()
    {
        ShouldBeRefused("POS_ENCRYPTION_KEY", PublishedKey, ("POS_ENCRYPTION_KEY", PublishedKey));
        ShouldBeRefused("POS_ENCRYPTION_KEY", PublishedKey, ("POS_ENCRYPTION_KEY", PublishedKey.ToUpperInvariant()));
        Read(production: false, ("POS_ENCRYPTION_KEY", PublishedKey)).SecretCipher.ShouldNotBeNull();
    }

    [Fact]
    public void Old_keys_decrypt_and_the_first_key_encrypts()
    {
        var purpose = SecretPurpose.AccessToken(Guid.NewGuid());
        var old = Read(production: true, ("POS_ENCRYPTION_KEY", OtherKey)).SecretCipher.Encrypt("EAAA", purpose);
        var now = Read(production: true, ("POS_ENCRYPTION_KEYS_OLD", $" {OtherKey} , {OtherKey},")).SecretCipher;

        now.Decrypt(old, purpose).ShouldBe("EAAA");
        now.Encrypt("EAAA", purpose).ShouldStartWith("v1:" + SecretCipher.KeyIdOf(Convert.FromHexString(Key)) + ":");
        Read(production: true).SecretCipher.Decrypt(old, purpose).ShouldBeNull();
    }
}
