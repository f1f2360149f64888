using System.Text;
using Integrations.Contracts;
using Integrations.Credentials;
using Microsoft.Extensions.Configuration;
using PosModular.Kernel;

namespace Integrations;

/// <summary>The module's settings, read and checked once at start.</summary>
internal sealed record IntegrationsSettings
{
    /// <summary>The key printed in the product's first description; known to everybody.</summary>
    private const string PublishedKeyStart = "70ae1da1";

    /// <summary>The address that providers call, without a slash at the end; webhook signatures are computed over it.</summary>
    public required string PublicBaseUrl { get; init; }

    public required IReadOnlyDictionary<PosEnvironment, Uri> SquareBaseUrls { get; init; }

    /// <summary>Sent as Square-Version and as the subscription's api_version.</summary>
    public required string SquareVersion { get; init; }

    /// <summary>Key of an application-level subscription on the general webhook path; null without one.</summary>
    public required byte[]? SquareApplicationKey { get; init; }

    public required Vault Vault { get; init; }

    public string WebhookUrl(Provider provider, Guid? connectionId = null) =>
        $"{PublicBaseUrl}/api/pos/webhooks/{provider.ToString().ToLowerInvariant()}" + (connectionId is null ? "" : "/" + connectionId);

    public static IntegrationsSettings Read(IConfiguration configuration, bool production) => new()
    {
        PublicBaseUrl = Address(configuration, "Pos:PublicBaseUrl", production ? null : "http://localhost:8080"),
        SquareBaseUrls = new Dictionary<PosEnvironment, Uri>
        {
            [PosEnvironment.Production] = new(Address(configuration, "Pos:Square:BaseUrls:Production", "https://connect.squareup.com")),
            [PosEnvironment.Sandbox] = new(Address(configuration, "Pos:Square:BaseUrls:Sandbox", "https://connect.squareupsandbox.com")),
        },
        SquareVersion = configuration["Pos:Square:Version"] is { Length: > 0 } version ? version : "2024-12-18",
        SquareApplicationKey = configuration["Pos:Square:WebhookSignatureKey"] is { Length: > 0 } key ? Encoding.UTF8.GetBytes(key) : null,
        Vault = new Vault(ReadKeys(configuration, production)),
    };

    private static string Address(IConfiguration configuration, string setting, string? usual)
    {
        var address = configuration[setting] is { Length: > 0 } given ? given : usual
            ?? throw new SettingException(setting, "it is missing. Set it to the address that Square calls, e.g. https://pos.example.com.");
        return Uri.TryCreate(address, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https" && uri.Query.Length == 0 && uri.Fragment.Length == 0 && uri.UserInfo.Length == 0
            ? address.TrimEnd('/')
            : throw new SettingException(setting, "it is not an http or https address. Use one such as https://pos.example.com.");
    }

    private static IReadOnlyList<byte[]> ReadKeys(IConfiguration configuration, bool production)
    {
        const string name = "POS_ENCRYPTION_KEY";
        var first = configuration[name] is { Length: > 0 } given ? given
            : throw new SettingException(name, "it is missing. Make one with the command keygen, keep it safe and set it.");
        if (production && first.StartsWith(PublishedKeyStart, StringComparison.OrdinalIgnoreCase))
            throw new SettingException(name, "this key is printed in public documents. Make your own with the command keygen.");
        var old = (configuration["POS_ENCRYPTION_KEYS_OLD"] ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        return [Key(name, first), .. old.Select(k => Key("POS_ENCRYPTION_KEYS_OLD", k))];
    }

    private static byte[] Key(string name, string hex)
    {
        try
        {
            if (hex.Length == 64)
                return Convert.FromHexString(hex);
        }
        catch (FormatException)
        {
        }
        throw new SettingException(name, "a key is 64 hex characters (32 bytes). Make one with the command keygen.");
    }
}
