using Microsoft.Net.Http.Headers;
using PosModular.Host.GraphQL;

namespace PosModular.Host.Cors;

/// <summary>
/// Lets pages of other origins use <c>/graphql</c> and the exports under <c>/api/venues</c>. Providers and not browsers send webhooks, and
/// the files of the IDE are for its own page, so neither takes part.
/// </summary>
internal static class CorsRegistration
{
    private const string VenuesPath = "/api/venues";

    /// <summary>The longest that a browser keeps a preflight's answer (Firefox; Chromium keeps it for two hours).</summary>
    private static readonly TimeSpan PreflightMaxAge = TimeSpan.FromDays(1);

    public static void AddPosCors(this IServiceCollection services, IConfiguration configuration, IHostEnvironment environment)
    {
        services.AddSingleton(AllowedOrigins.Read(configuration, environment));
        services.AddCors();
    }

    /// <summary>Must stand before whatever refuses a request, so that the page can read the refusal.</summary>
    public static void UsePosCors(this WebApplication app)
    {
        var origins = app.Services.GetRequiredService<AllowedOrigins>();
        app.UseWhen(
            context => IsForPages(context.Request.Path),
            branch =>
                branch.UseCors(policy =>
                    policy
                        .SetIsOriginAllowed(origins.Allows)
                        .WithMethods(HttpMethods.Get, HttpMethods.Post)
                        // Clients send headers of their own, for tracing or Apollo's studio for example. None of them grants anything.
                        .AllowAnyHeader()
                        .WithExposedHeaders(HeaderNames.ContentDisposition, HeaderNames.RetryAfter, HeaderNames.TraceParent)
                        .SetPreflightMaxAge(PreflightMaxAge)
                )
        );
    }

    private static bool IsForPages(PathString path) =>
        path.StartsWithSegments(VenuesPath)
        || string.Equals(path.Value?.TrimEnd('/'), GraphQLEndpoint.Path, StringComparison.OrdinalIgnoreCase);
}
