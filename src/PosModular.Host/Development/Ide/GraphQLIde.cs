using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.Extensions.FileProviders;
using PosModular.Host.GraphQL;
using PosModular.Host.GraphQL.Http;

namespace PosModular.Host.Development.Ide;

/// <summary>
/// Serves the GraphQL IDE Banana Cake Pop to browsers that open <c>/graphql</c>. The build fetches its files, and they connect to this
/// host only (docs/adr/0009-the-ide.md).
/// </summary>
internal static partial class GraphQLIde
{
    private const string PathPrefix = GraphQLEndpoint.Path + "/";
    private const string OpenDocumentScript = "open-document.js";

    private static readonly JsonSerializerOptions ConfigJsonOptions = new(JsonSerializerDefaults.Web)
    {
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    };

    /// <summary>Must be registered before the GraphQL endpoint, which matches the same paths.</summary>
    public static void UseGraphQLIde(this WebApplication app)
    {
        var settings = IdeSettings.Read(app.Configuration, app.Environment);
        if (!settings.Enabled)
            return;
        if (!File.Exists(Path.Combine(settings.Folder, "index.html")))
        {
            LogMissingFiles(app.Services.GetRequiredService<ILoggerFactory>().CreateLogger("PosModular.Host.Ide"), GraphQLEndpoint.Path);
            app.Use((context, next) => IsPageRequest(context.Request) ? ExplainMissingFilesAsync(context) : next(context));
            return;
        }

        var files = new PhysicalFileProvider(settings.Folder);
        var page = ReadPage(files, opensDocument: settings.Document is not null);
        app.Use((context, next) => IsPageRequest(context.Request) ? ServePageAsync(context, page) : next(context));
        app.UseStaticFiles(
            new StaticFileOptions
            {
                FileProvider = files,
                RequestPath = GraphQLEndpoint.Path,
                ServeUnknownFileTypes = true, // LICENSE
                DefaultContentType = "text/plain; charset=utf-8",
                OnPrepareResponse = file => SetSecurityHeaders(file.Context),
            }
        );
        app.MapGet(PathPrefix + OpenDocumentScript, WriteScriptAsync);
        app.MapGet(PathPrefix + "bcp-config.json", context => WriteConfigAsync(context, settings));
    }

    private static bool IsPageRequest(HttpRequest request) =>
        (
            request.Path.Equals(GraphQLEndpoint.Path, StringComparison.OrdinalIgnoreCase)
            || request.Path.Equals(PathPrefix, StringComparison.OrdinalIgnoreCase)
        ) && BrowserRequest.IsPageRequest(request);

    // The page refers to its files by relative paths, so its own path must end in a slash.
    private static Task ServePageAsync(HttpContext context, string page)
    {
        if (!context.Request.Path.Value!.EndsWith('/'))
        {
            context.Response.Redirect(
                context.Request.PathBase.Add(PathPrefix).ToUriComponent() + context.Request.QueryString.ToUriComponent()
            );
            return Task.CompletedTask;
        }
        SetSecurityHeaders(context);
        context.Response.ContentType = "text/html; charset=utf-8";
        context.Response.Headers.CacheControl = "no-cache";
        return context.Response.WriteAsync(page, context.RequestAborted);
    }

    // Without a document of its own the IDE shows a welcome, and the operations that are set for it appear only once somebody creates a
    // document.
    private static string ReadPage(PhysicalFileProvider files, bool opensDocument)
    {
        var page = File.ReadAllText(files.GetFileInfo("index.html").PhysicalPath!);
        return opensDocument
            ? page.Replace("</head>", $"<script defer src=\"{OpenDocumentScript}\"></script></head>", StringComparison.OrdinalIgnoreCase)
            : page;
    }

    private static Task WriteScriptAsync(HttpContext context)
    {
        SetSecurityHeaders(context);
        context.Response.ContentType = "text/javascript; charset=utf-8";
        context.Response.Headers.CacheControl = "no-cache";
        return context.Response.WriteAsync(
            """
            // Creates the first document as soon as the welcome offers it. A browser that has documents shows them and no welcome.
            const observer = new MutationObserver(() => {
              const label = [...document.querySelectorAll('button, a, span, div')]
                .find((element) => element.childElementCount === 0 && element.textContent.trim() === 'Create Document');
              if (!label) return;
              observer.disconnect();
              label.click();
            });
            observer.observe(document.documentElement, { childList: true, subtree: true });
            setTimeout(() => observer.disconnect(), 30_000);

            """,
            context.RequestAborted
        );
    }

    private static Task ExplainMissingFilesAsync(HttpContext context)
    {
        context.Response.StatusCode = StatusCodes.Status404NotFound;
        context.Response.ContentType = "text/plain; charset=utf-8";
        return context.Response.WriteAsync(
            """
            This is a GraphQL endpoint: POST {"query": "..."} as application/json with Authorization: Bearer <token>.
            This build lacks the IDE that browsers see here. Install Node.js with npm and build again.

            """,
            context.RequestAborted
        );
    }

    // The IDE sends these headers with its queries and its WebSockets.
    private static Task WriteConfigAsync(HttpContext context, IdeSettings settings)
    {
        SetSecurityHeaders(context);
        context.Response.Headers.CacheControl = "no-store";
        return context.Response.WriteAsJsonAsync(
            new
            {
                Title = "PosModular",
                DisableTelemetry = true,
                UseBrowserUrlAsEndpoint = true,
                HttpHeaders = settings.Token is { } token ? new Dictionary<string, string> { ["Authorization"] = $"Bearer {token}" } : null,
                GraphQLDocument = settings.Document,
            },
            ConfigJsonOptions,
            context.RequestAborted
        );
    }

    // Keeps the browser from connecting to other hosts for what the IDE does unasked: sign-in, tunnels, telemetry.
    private static void SetSecurityHeaders(HttpContext context)
    {
        var headers = context.Response.Headers;
        var host = context.Request.Host;
        // Not every browser regards WebSockets of the same host as 'self'.
        var sockets = Uri.CheckHostName(host.Host) is UriHostNameType.Dns or UriHostNameType.IPv4 ? $" ws://{host} wss://{host}" : "";
        // The IDE compiles JSON schemas into functions, which needs unsafe-eval.
        headers.ContentSecurityPolicy =
            "default-src 'self'; script-src 'self' 'unsafe-eval'; worker-src 'self' blob:; "
            + "style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self' data:; "
            + $"connect-src 'self'{sockets}; object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
        headers.XContentTypeOptions = "nosniff";
        headers["Referrer-Policy"] = "no-referrer";
    }

    [LoggerMessage(
        LogLevel.Information,
        "This build lacks the GraphQL IDE that browsers see at {Path}, because Node.js was missing; everything else works"
    )]
    private static partial void LogMissingFiles(ILogger log, string path);
}
