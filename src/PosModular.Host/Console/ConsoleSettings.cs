using PosModular.Host.Auth;
using PosModular.Kernel.Settings;

namespace PosModular.Host.Console;

/// <summary>The settings of the web console, all of them optional.</summary>
internal sealed class ConsoleSettings
{
    private const string EnabledSetting = "Pos:Console:Enabled";
    private const string AuthoritySetting = "Pos:Console:Authority";

    /// <summary>Pos:Console:Enabled. Default: true.</summary>
    public required bool Enabled { get; init; }

    /// <summary>Pos:Console:Folder: the folder with the files of the console. Default: the one that the build creates beside the
    /// program.</summary>
    public required string Folder { get; init; }

    /// <summary>Pos:Console:Authority: the OpenID Connect provider at which people sign in. Default: the one whose tokens the host accepts.
    /// Null when there is none; people then use a token that they have.</summary>
    public required Uri? Authority { get; init; }

    /// <summary>Pos:Console:ClientId: how the provider knows the console.</summary>
    public required string? ClientId { get; init; }

    /// <summary>Pos:Console:Scope: what the console asks the provider for. Default: "openid profile".</summary>
    public required string Scope { get; init; }

    /// <exception cref="SettingException">A setting is malformed.</exception>
    public static ConsoleSettings Read(IConfiguration configuration, IHostEnvironment environment, JwtSettings jwt) =>
        new()
        {
            Enabled =
                ReadText(configuration, EnabledSetting) is not { } enabled
                || (bool.TryParse(enabled, out var isOn) ? isOn : throw new SettingException(EnabledSetting, "must be true or false.")),
            Folder = Path.GetFullPath(ReadText(configuration, "Pos:Console:Folder") ?? "console", AppContext.BaseDirectory),
            Authority = (ReadText(configuration, AuthoritySetting) ?? jwt.Authority) is { } authority
                ? new Uri(JwtSettings.ValidateAuthority(authority, AuthoritySetting, environment))
                : null,
            ClientId = ReadText(configuration, "Pos:Console:ClientId"),
            Scope = ReadText(configuration, "Pos:Console:Scope") ?? "openid profile",
        };

    private static string? ReadText(IConfiguration configuration, string setting) =>
        configuration[setting] is { } value && !string.IsNullOrWhiteSpace(value) ? value.Trim() : null;
}
