using PosModular.Kernel.Settings;

namespace PosModular.Host.Cors;

/// <summary>
/// The origins (scheme, host and port) whose pages may call this host from a browser. Pages of the host itself always may. Cookies play
/// no part in this: every request carries its token, so an origin gains nothing but the permission to read the responses.
/// </summary>
internal sealed class AllowedOrigins
{
    private const string OriginsSetting = "Pos:Cors:Origins";
    private const string AnyOrigin = "*";
    private readonly Func<string, bool> _isListed;
    private readonly string? _ownOrigin;

    private AllowedOrigins(Func<string, bool> isListed, string? ownOrigin) => (_isListed, _ownOrigin) = (isListed, ownOrigin);

    /// <exception cref="SettingException">An origin is malformed.</exception>
    public static AllowedOrigins Read(IConfiguration configuration, IHostEnvironment environment)
    {
        var ownOrigin =
            Uri.TryCreate(configuration["Pos:PublicBaseUrl"], UriKind.Absolute, out var address) && IsWeb(address)
                ? OriginOf(address)
                : null;
        return new AllowedOrigins(ReadList(configuration[OriginsSetting], environment.IsDevelopment()), ownOrigin);
    }

    /// <summary>Whether a page of this origin may read responses. The origin is written as browsers send it.</summary>
    public bool Allows(string origin) => _isListed(origin);

    /// <summary>
    /// Whether a WebSocket may be opened. Browsers do not apply CORS to WebSockets, so the host itself has to refuse them. Only browsers
    /// send an Origin. The scheme of the host's own pages is not compared, because TLS may end at a proxy in front of the host.
    /// </summary>
    public bool AllowsWebSocket(HttpRequest request)
    {
        var origin = request.Headers.Origin.ToString();
        return origin.Length == 0
            || Allows(origin)
            || origin == _ownOrigin
            || (
                Uri.TryCreate(origin, UriKind.Absolute, out var page)
                && IsWeb(page)
                && string.Equals(page.Authority, request.Host.Value, StringComparison.OrdinalIgnoreCase)
            );
    }

    private static Func<string, bool> ReadList(string? setting, bool isDevelopment)
    {
        if (setting is null)
            return isDevelopment ? IsOnThisMachine : _ => false;
        var items = setting.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        if (items is [AnyOrigin])
            return _ => true;
        return items.Select(ReadOrigin).ToHashSet(StringComparer.Ordinal).Contains;
    }

    private static string ReadOrigin(string item) =>
        Uri.TryCreate(item, UriKind.Absolute, out var address)
        && IsWeb(address)
        && address.IsWellFormedOriginalString()
        && !item.Contains('*', StringComparison.Ordinal)
        && item.IndexOfAny(['/', '?', '#', '@'], address.Scheme.Length + Uri.SchemeDelimiter.Length) < 0
            ? OriginOf(address)
            : throw new SettingException(
                OriginsSetting,
                $"\"{item}\" is not an origin. Write scheme, host and port only, such as https://app.example.com, with commas between "
                    + "several, or * alone for every origin."
            );

    private static bool IsOnThisMachine(string origin) =>
        Uri.TryCreate(origin, UriKind.Absolute, out var address) && IsWeb(address) && address.IsLoopback;

    private static bool IsWeb(Uri address) => address.Scheme == Uri.UriSchemeHttp || address.Scheme == Uri.UriSchemeHttps;

    // As browsers write it: lower case, international names in Punycode, without the scheme's default port.
    private static string OriginOf(Uri address) =>
        address.Scheme
        + Uri.SchemeDelimiter
        + (address.HostNameType == UriHostNameType.IPv6 ? address.Host : address.IdnHost)
        + (address.IsDefaultPort ? "" : $":{address.Port}");
}
