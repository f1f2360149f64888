using GraphQL;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace PosModular.Host.GraphQL;

/// <summary>
/// <c>/graphql</c>: queries and mutations over HTTP, subscriptions over WebSocket (graphql-transport-ws) or server-sent
/// events. GraphQL.NET brings the language and its execution; the transports are ours, held to the public specifications.
/// </summary>
internal static class GraphQLEndpoint
{
    public const string Path = "/graphql";

    /// <summary>Needs an <c>ISchema</c> singleton and AddPosAuth beside it.</summary>
    public static IServiceCollection AddPosGraphQL(this IServiceCollection services)
    {
        SourceStream.EnsureReadable();
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton<ResultJson>();
        services.AddSingleton<IGraphQLTextSerializer>(provider => provider.GetRequiredService<ResultJson>());
        services.AddSingleton<ErrorMask>();
        services.AddSingleton<Documents>();
        services.AddSingleton<Operations>();
        services.AddSingleton<HttpRequests>();
        services.AddSingleton<HttpAnswers>();
        services.AddSingleton<HttpExchange>();
        services.AddSingleton<EventStreams>();
        services.AddSingleton<Sockets>();
        return services;
    }

    public static void MapPosGraphQL(this WebApplication app)
    {
        app.UseWebSockets();
        app.Map(Path, Serve);
    }

    private static Task Serve(HttpContext context)
    {
        var services = context.RequestServices;
        if (context.WebSockets.IsWebSocketRequest)
            return services.GetRequiredService<Sockets>().Accept(context);

        if (HttpMethods.IsPost(context.Request.Method))
            return services.GetRequiredService<HttpExchange>().Serve(context);

        var answers = services.GetRequiredService<HttpAnswers>();
        if (!HttpMethods.IsGet(context.Request.Method))
        {
            context.Response.Headers.Allow = "GET, POST";
            return answers.Refuse(context, StatusCodes.Status405MethodNotAllowed, "Use POST, or GET for queries.");
        }

        return BrowserVisit.Is(context.Request)
            ? answers.Refuse(context, StatusCodes.Status406NotAcceptable, "This is a GraphQL endpoint. POST {\"query\": …} as application/json with Authorization: Bearer <token>, or connect a WebSocket (graphql-transport-ws).")
            : services.GetRequiredService<HttpExchange>().Serve(context);
    }
}
