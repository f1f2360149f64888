using System.Text;
using PosModular.Host.Development;
using PosModular.Kernel.Settings;

namespace PosModular.Host.Auth;

/// <summary>
/// Who may sign tokens: either the owner of a shared key (HS256) or an OpenID Connect authority. Both at once are refused, because a
/// forgotten test key beside the authority would open production.
/// </summary>
internal sealed record JwtSettings(byte[]? SigningKey, string? Authority, string? Issuer, string? Audience)
{
    public const string SigningKeySetting = "Auth:Jwt:SigningKey";
    public const string AuthoritySetting = "Auth:Jwt:Authority";

    /// <summary>HS256 requires a key at least as long as its hash (RFC 7518 §3.2).</summary>
    private const int MinKeyBytes = 32;

    /// <exception cref="SettingException">Neither or both are set, the key is too short, or the authority is not a URL.</exception>
    public static JwtSettings Read(IConfiguration configuration, IHostEnvironment environment, string dataDirectory)
    {
        var key = ReadText(configuration, SigningKeySetting);
        var authority = ReadText(configuration, AuthoritySetting);
        var issuer = ReadText(configuration, "Auth:Jwt:Issuer");
        var audience = ReadText(configuration, "Auth:Jwt:Audience");

        if (key is not null && authority is not null)
            throw new SettingException(SigningKeySetting, "set this or Auth__Jwt__Authority, not both.");

        if (authority is not null && audience is null)
            throw new SettingException(
                "Auth:Jwt:Audience",
                "set it to the audience of your tokens: without it every token of the identity provider would be accepted."
            );

        if (authority is not null)
            return new JwtSettings(null, ValidateAuthority(authority, AuthoritySetting, environment), issuer, audience);

        if (key is null && !environment.IsDevelopment())
            throw new SettingException(
                SigningKeySetting,
                "set a secret of 32 bytes or more (openssl rand -hex 32), or set Auth__Jwt__Authority to your identity provider."
            );

        var bytes = Encoding.UTF8.GetBytes(key ?? new DataDirectory(dataDirectory).ReadOrCreateSecret("jwt-signing-key"));
        return bytes.Length < MinKeyBytes
            ? throw new SettingException(
                SigningKeySetting,
                $"is {bytes.Length} bytes, must be {MinKeyBytes} or more; make one with: openssl rand -hex 32"
            )
            : new JwtSettings(bytes, null, issuer, audience);
    }

    /// <summary>Returns the address of an identity provider; it must be https outside of Development.</summary>
    public static string ValidateAuthority(string authority, string setting, IHostEnvironment environment)
    {
        if (!Uri.TryCreate(authority, UriKind.Absolute, out var address) || address.Scheme is not ("https" or "http"))
            throw new SettingException(setting, "must be a URL such as https://login.example.com/realm");

        return address.Scheme == "http" && !environment.IsDevelopment()
            ? throw new SettingException(setting, "must be https outside of Development.")
            : authority;
    }

    private static string? ReadText(IConfiguration configuration, string setting) =>
        configuration[setting] is { } text && !string.IsNullOrWhiteSpace(text) ? text.Trim() : null;
}
