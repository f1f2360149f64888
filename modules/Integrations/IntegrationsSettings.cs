using System.Text;
using Integrations.Contracts.Connections;
using Integrations.Credentials;
using Microsoft.Extensions.Configuration;
using NodaTime;
using PosModular.Kernel.Settings;

namespace Integrations;

/// <summary>The module's settings, read and validated once at start.</summary>
internal sealed record IntegrationsSettings
{
    /// <summary>The start of the example key in the product's public documentation. Production refuses it.</summary>
    private const string PublishedKeyPrefix = "70ae1da1";

    /// <summary>The base URL at which providers reach this server, without a slash at the end. Webhook signatures are computed over URLs
    /// that start with it.</summary>
    public required string PublicBaseUrl { get; init; }

    public required IReadOnlyDictionary<PosEnvironment, Uri> SquareBaseUrls { get; init; }

    /// <summary>The Square API version, sent as Square-Version and as the api_version of webhook subscriptions.</summary>
    public required string SquareVersion { get; init; }

    /// <summary>The signature key of an application-level webhook subscription, which sends to the general webhook path; null when there
    /// is none.</summary>
    public required byte[]? SquareApplicationSignatureKey { get; init; }

    /// <summary>The secret of the application that sellers authorize; renews their OAuth tokens. Null when there is none.</summary>
    public string? SquareApplicationSecret { get; init; }

    /// <summary>The number of calls that one Square token may make in 10 seconds; 0 for no limit. Square publishes no figure.</summary>
    public required int SquareCallsPer10Seconds { get; init; }

    public required IReadOnlyDictionary<PosEnvironment, Uri> ToastBaseUrls { get; init; }

    /// <summary>The number of calls per second that one Toast client may make; 0 for no limit.</summary>
    public required int ToastCallsPerSecond { get; init; }

    /// <summary>The number of order pages per second and restaurant, within the limit for all calls; 0 for no extra limit.</summary>
    public required int ToastOrdersBulkPerSecond { get; init; }

    public required SecretCipher SecretCipher { get; init; }

    /// <summary>Whether events may be sent to private addresses and without TLS.</summary>
    public bool AllowsPrivateWebhookAddresses { get; init; }

    /// <summary>How long finished deliveries of outgoing webhooks are kept; null keeps them for ever.</summary>
    public Duration? DeliveryRetention { get; init; } = Duration.FromDays(30);

    /// <summary>Whether this host sends outgoing webhooks. False leaves them to other hosts.</summary>
    public bool SendsWebhooks { get; init; } = true;

    public string WebhookUrl(Provider provider, Guid? connectionId = null) =>
        $"{PublicBaseUrl}/api/pos/webhooks/{provider.ToString().ToLowerInvariant()}" + (connectionId is null ? "" : "/" + connectionId);

    public static IntegrationsSettings Read(IConfiguration configuration, bool isProduction) =>
        new()
        {
            PublicBaseUrl = ReadUrl(configuration, "Pos:PublicBaseUrl", isProduction ? null : "http://localhost:8080"),
            SquareBaseUrls = new Dictionary<PosEnvironment, Uri>
            {
                [PosEnvironment.Production] = new(ReadUrl(configuration, "Pos:Square:BaseUrls:Production", "https://connect.squareup.com")),
                [PosEnvironment.Sandbox] = new(
                    ReadUrl(configuration, "Pos:Square:BaseUrls:Sandbox", "https://connect.squareupsandbox.com")
                ),
            },
            SquareVersion = configuration["Pos:Square:Version"] is { Length: > 0 } version ? version : "2024-12-18",
            SquareApplicationSignatureKey = configuration["Pos:Square:WebhookSignatureKey"] is { Length: > 0 } key
                ? Encoding.UTF8.GetBytes(key)
                : null,
            SquareApplicationSecret = configuration["Pos:Square:ApplicationSecret"] is { Length: > 0 } secret ? secret : null,
            SquareCallsPer10Seconds = ReadCount(configuration, "Pos:Square:CallsPer10Seconds", 100),
            ToastBaseUrls = new Dictionary<PosEnvironment, Uri>
            {
                [PosEnvironment.Production] = new(ReadUrl(configuration, "Pos:Toast:BaseUrls:Production", "https://ws-api.toasttab.com")),
                [PosEnvironment.Sandbox] = new(
                    ReadUrl(configuration, "Pos:Toast:BaseUrls:Sandbox", "https://ws-sandbox-api.eng.toasttab.com")
                ),
            },
            ToastCallsPerSecond = ReadCount(configuration, "Pos:Toast:CallsPerSecond", 20),
            ToastOrdersBulkPerSecond = ReadCount(configuration, "Pos:Toast:OrdersBulkPerSecond", 5),
            SecretCipher = new SecretCipher(ReadKeys(configuration, isProduction)),
            AllowsPrivateWebhookAddresses = ReadSwitch(configuration, "Pos:OutgoingWebhooks:AllowPrivateAddresses", !isProduction),
            DeliveryRetention = ReadCount(configuration, "Pos:OutgoingWebhooks:KeepDays", 30, "days", "for ever") is > 0 and var days
                ? Duration.FromDays(days)
                : null,
            SendsWebhooks = configuration["Pos:Relays"] != "false",
        };

    private static bool ReadSwitch(IConfiguration configuration, string setting, bool defaultValue) =>
        configuration[setting] switch
        {
            null or "" => defaultValue,
            "true" => true,
            "false" => false,
            _ => throw new SettingException(setting, "it is neither true nor false."),
        };

    private static int ReadCount(
        IConfiguration configuration,
        string setting,
        int defaultCount,
        string unit = "",
        string zero = "no limit"
    ) =>
        configuration[setting] is not { Length: > 0 } text ? defaultCount
        : int.TryParse(text, System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out var count)
        && count <= 100_000
            ? count
        : throw new SettingException(
            setting,
            $"it is not a whole number {(unit.Length > 0 ? $"of {unit} " : "")}from 0 ({zero}) to 100000."
        );

    private static string ReadUrl(IConfiguration configuration, string setting, string? defaultUrl)
    {
        var url = configuration[setting] is { Length: > 0 } text
            ? text
            : defaultUrl
                ?? throw new SettingException(
                    setting,
                    "it is missing. Set it to the address at which Square can reach this server, e.g. " + "https://pos.example.com."
                );
        return
            Uri.TryCreate(url, UriKind.Absolute, out var uri)
            && uri.Scheme is "http" or "https"
            && uri.Query.Length == 0
            && uri.Fragment.Length == 0
            && uri.UserInfo.Length == 0
            ? url.TrimEnd('/')
            : throw new SettingException(
                setting,
                "it is not an http or https address without query and user name. Use one such as https://pos.example.com."
            );
    }

    private static IReadOnlyList<byte[]> ReadKeys(IConfiguration configuration, bool isProduction)
    {
        const string name = "POS_ENCRYPTION_KEY";
        var currentKey = configuration[name] is { Length: > 0 } text
            ? text
            : throw new SettingException(name, "it is missing. Create a key with the command keygen, keep it in a safe place and set it.");
        if (isProduction && currentKey.StartsWith(PublishedKeyPrefix, StringComparison.OrdinalIgnoreCase))
            throw new SettingException(name, "this key is printed in public documents. Create your own with the command keygen.");
        var oldKeys = (configuration["POS_ENCRYPTION_KEYS_OLD"] ?? "").Split(
            ',',
            StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries
        );
        return [ParseKey(name, currentKey), .. oldKeys.Select(k => ParseKey("POS_ENCRYPTION_KEYS_OLD", k))];
    }

    private static byte[] ParseKey(string name, string hex)
    {
        try
        {
            if (hex.Length == 64)
                return Convert.FromHexString(hex);
        }
        catch (FormatException) { }
        throw new SettingException(name, "a key consists of 64 hex characters (32 bytes). Create one with the command keygen.");
    }
}
