using System.Net;
using System.Security.Cryptography;
using Microsoft.Net.Http.Headers;
using PosModular.Host.Auth;
using PosModular.Host.GraphQL.Http;

namespace PosModular.Host.Console;

/// <summary>Serves the web console: its page to every browser navigation that is for no other endpoint, its files, and what it must know
/// to sign people in (docs/adr/0016-the-console.md).</summary>
internal static partial class WebConsole
{
    private const string AssetsPath = "/assets";
    private const string SettingsPath = "/console.json";
    private const string NoncePlaceholder = "__NONCE__";

    // These belong to machines; a browser that opens one of them gets their answer and not the console.
    private static readonly PathString[] OtherEndpoints = ["/graphql", "/api", "/health"];

    /// <summary>Must be registered before the endpoints, behind the IDE.</summary>
    public static void UseWebConsole(this WebApplication app, string dataDirectory)
    {
        var jwt = JwtSettings.Read(app.Configuration, app.Environment, dataDirectory);
        var settings = ConsoleSettings.Read(app.Configuration, app.Environment, jwt);
        if (!settings.Enabled)
            return;
        var files = ConsoleFiles.Read(settings.Folder);
        if (files is null)
            LogMissingFiles(app.Services.GetRequiredService<ILoggerFactory>().CreateLogger("PosModular.Host.Console"));
        var demo = app.Environment.IsDevelopment() && jwt.SigningKey is not null;
        var time = app.Services.GetRequiredService<TimeProvider>();
        app.Use(
            (context, next) =>
            {
                var request = context.Request;
                if (!HttpMethods.IsGet(request.Method) && !HttpMethods.IsHead(request.Method))
                    return next(context);
                if (request.Path == SettingsPath)
                    return WriteSettingsAsync(context, settings, demo && IsLocal(context) ? DemoTokens(jwt, time) : []);
                if (request.Path.StartsWithSegments(AssetsPath, out var rest))
                    return WriteAssetAsync(context, files?.FindAsset(rest.Value!.TrimStart('/')));
                if (!IsNavigation(request))
                    return next(context);
                return files is null ? ExplainMissingFilesAsync(context) : WritePageAsync(context, files.Page, settings);
            }
        );
    }

    private static bool IsNavigation(HttpRequest request) =>
        (request.Path == "/" || BrowserRequest.AcceptsPage(request))
        && !OtherEndpoints.Any(path => request.Path.StartsWithSegments(path, StringComparison.OrdinalIgnoreCase));

    private static Task WritePageAsync(HttpContext context, string page, ConsoleSettings settings)
    {
        var nonce = Convert.ToBase64String(RandomNumberGenerator.GetBytes(18));
        var mayBeFramed = settings.Authority is not null && IsAnswerOfProvider(context.Request);
        var response = context.Response;
        response.ContentType = "text/html; charset=utf-8";
        response.Headers.CacheControl = "no-store";
        response.Headers.ContentSecurityPolicy = PolicyOf(context.Request.Host, settings.Authority, nonce, mayBeFramed);
        response.Headers.XFrameOptions = mayBeFramed ? "SAMEORIGIN" : "DENY";
        SetCommonHeaders(response);
        return response.WriteAsync(page.Replace(NoncePlaceholder, nonce, StringComparison.Ordinal), context.RequestAborted);
    }

    // To renew a token, the console opens the identity provider in a hidden frame, and the provider redirects the frame to the console
    // with these parameters. No other page of the console may be framed.
    private static bool IsAnswerOfProvider(HttpRequest request) =>
        request.Path == "/"
        && request.Query.ContainsKey("state")
        && (request.Query.ContainsKey("code") || request.Query.ContainsKey("error"));

    // The console loads its own files and asks its own host; signing in also needs the identity provider.
    private static string PolicyOf(HostString host, Uri? authority, string nonce, bool mayBeFramed)
    {
        // Not every browser regards WebSockets of the same host as 'self'.
        var sockets = Uri.CheckHostName(host.Host) is UriHostNameType.Dns or UriHostNameType.IPv4 ? $" ws://{host} wss://{host}" : "";
        var provider = authority is null ? "" : " " + authority.GetLeftPart(UriPartial.Authority);
        return $"default-src 'none'; script-src 'self' 'nonce-{nonce}'; style-src 'self' 'nonce-{nonce}'; img-src 'self' data:; "
            + $"font-src 'self'; manifest-src 'self'; connect-src 'self'{sockets}{provider}; "
            + $"frame-src {(provider is "" ? "'none'" : "'self'" + provider)}; base-uri 'none'; form-action 'self'; "
            + $"frame-ancestors {(mayBeFramed ? "'self'" : "'none'")}";
    }

    private static Task WriteAssetAsync(HttpContext context, ConsoleFile? file)
    {
        var response = context.Response;
        SetCommonHeaders(response);
        if (file is null)
        {
            response.StatusCode = StatusCodes.Status404NotFound;
            response.ContentType = "text/plain; charset=utf-8";
            response.Headers.CacheControl = "no-store";
            return response.WriteAsync(
                "This file belongs to another version of the console. Load the page again.\n",
                context.RequestAborted
            );
        }
        var (encoding, content) = ChooseEncoding(context.Request, file);
        if (encoding is not null)
            response.Headers.ContentEncoding = encoding;
        response.Headers.Vary = HeaderNames.AcceptEncoding;
        response.Headers.CacheControl = "public, max-age=31536000, immutable";
        response.ContentType = file.ContentType;
        response.ContentLength = content.Length;
        return HttpMethods.IsHead(context.Request.Method)
            ? Task.CompletedTask
            : response.Body.WriteAsync(content, context.RequestAborted).AsTask();
    }

    private static (string? Encoding, byte[] Content) ChooseEncoding(HttpRequest request, ConsoleFile file)
    {
        var accepted = request.GetTypedHeaders().AcceptEncoding;
        return Accepts("br") && file.Brotli.Length < file.Plain.Length ? ("br", file.Brotli)
            : Accepts("gzip") && file.Gzip.Length < file.Plain.Length ? ("gzip", file.Gzip)
            : (null, file.Plain);

        bool Accepts(string encoding) =>
            accepted.Any(e => e.Value.Equals(encoding, StringComparison.OrdinalIgnoreCase) && e.Quality is not 0);
    }

    private static Task WriteSettingsAsync(HttpContext context, ConsoleSettings settings, IReadOnlyList<DemoToken> demo)
    {
        SetCommonHeaders(context.Response);
        context.Response.Headers.CacheControl = "no-store";
        var signsIn = settings.Authority is not null && settings.ClientId is not null;
        return context.Response.WriteAsJsonAsync(
            new
            {
                Authority = signsIn ? settings.Authority!.OriginalString : null,
                ClientId = signsIn ? settings.ClientId : null,
                Scope = signsIn ? settings.Scope : null,
                Demo = demo,
            },
            context.RequestAborted
        );
    }

    private static DemoToken[] DemoTokens(JwtSettings jwt, TimeProvider time)
    {
        var now = time.GetUtcNow().UtcDateTime;
        return
        [
            new("Owner", TokenCommand.CreateToken("demo-owner", [], hours: 12, jwt, now)),
            new("Moderator", TokenCommand.CreateToken("demo-moderator", ["HEAD_MODERATOR"], hours: 12, jwt, now)),
        ];
    }

    // Behind a proxy on the same machine every request comes from the loopback address, so a forwarded one counts as remote. The name
    // is checked too, because the owner of any other name can make it resolve to the loopback address.
    private static bool IsLocal(HttpContext context) =>
        context.Connection.RemoteIpAddress is { } address
        && IPAddress.IsLoopback(address)
        && context.Request.Host.Host is "localhost" or "127.0.0.1" or "[::1]"
        && !context.Request.Headers.ContainsKey("X-Forwarded-For")
        && !context.Request.Headers.ContainsKey("Forwarded");

    private static Task ExplainMissingFilesAsync(HttpContext context)
    {
        SetCommonHeaders(context.Response);
        context.Response.ContentType = "text/plain; charset=utf-8";
        return context.Response.WriteAsync(
            """
            PosModular is running. This build lacks its web console, because Node.js was missing when it was built.
            Install Node.js 20.19, or 22.12 or newer, with npm and build again. The GraphQL endpoint is at /graphql.

            """,
            context.RequestAborted
        );
    }

    private static void SetCommonHeaders(HttpResponse response)
    {
        response.Headers.XContentTypeOptions = "nosniff";
        response.Headers["Referrer-Policy"] = "no-referrer";
    }

    /// <summary>A token with which somebody looks around in Development.</summary>
    private sealed record DemoToken(string Name, string Token);

    [LoggerMessage(
        LogLevel.Information,
        "This build lacks the web console, because Node.js was missing when it was built; everything else works"
    )]
    private static partial void LogMissingFiles(ILogger log);
}
