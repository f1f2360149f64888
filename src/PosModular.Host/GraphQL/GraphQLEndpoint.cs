using GraphQL;
using Microsoft.Extensions.DependencyInjection.Extensions;
using PosModular.Host.GraphQL.Errors;
using PosModular.Host.GraphQL.Execution;
using PosModular.Host.GraphQL.Http;
using PosModular.Host.GraphQL.ServerSentEvents;
using PosModular.Host.GraphQL.WebSockets;

namespace PosModular.Host.GraphQL;

/// <summary>
/// <c>/graphql</c>: queries and mutations over HTTP, subscriptions over WebSocket (graphql-transport-ws) or server-sent
/// events. GraphQL.NET parses and executes; the transports are our own and follow the public specifications.
/// </summary>
internal static class GraphQLEndpoint
{
    public const string Path = "/graphql";

    /// <summary>Requires an <c>ISchema</c> singleton and AddPosAuth.</summary>
    public static IServiceCollection AddPosGraphQL(this IServiceCollection services)
    {
        SubscriptionSource.EnsureSupported();
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton<ResultSerializer>();
        services.AddSingleton<IGraphQLTextSerializer>(provider => provider.GetRequiredService<ResultSerializer>());
        services.AddSingleton<ErrorMask>();
        services.AddSingleton<PersistedDocuments>();
        services.AddSingleton<DocumentParser>();
        services.AddSingleton<OperationLimiter>();
        services.AddSingleton<LargeMessages>();
        services.AddSingleton<EventRenderings>();
        services.AddSingleton<OperationRunner>();
        services.AddSingleton<HttpRequestReader>();
        services.AddSingleton<HttpResponseWriter>();
        services.AddSingleton<HttpTransport>();
        services.AddSingleton<EventStreamTransport>();
        services.AddSingleton<SocketLimiter>();
        services.AddSingleton<WebSocketTransport>();
        return services;
    }

    public static void MapPosGraphQL(this WebApplication app)
    {
        app.Services.GetRequiredService<OperationRunner>(); // A wrong setting stops the start.
        app.UseWebSockets();
        app.Map(Path, ServeAsync);
    }

    private static Task ServeAsync(HttpContext context)
    {
        var services = context.RequestServices;
        if (context.WebSockets.IsWebSocketRequest)
            return services.GetRequiredService<WebSocketTransport>().AcceptAsync(context);

        if (HttpMethods.IsPost(context.Request.Method))
            return services.GetRequiredService<HttpTransport>().ServeAsync(context);

        var answers = services.GetRequiredService<HttpResponseWriter>();
        if (!HttpMethods.IsGet(context.Request.Method))
        {
            context.Response.Headers.Allow = "GET, POST";
            return answers.WriteErrorAsync(context, StatusCodes.Status405MethodNotAllowed, "Use POST, or GET for queries.");
        }

        return BrowserRequest.IsPageRequest(context.Request)
            ? answers.WriteErrorAsync(
                context,
                StatusCodes.Status406NotAcceptable,
                "This is a GraphQL endpoint. POST {\"query\": …} as application/json with Authorization: Bearer <token>, "
                    + "or connect a WebSocket (graphql-transport-ws)."
            )
            : services.GetRequiredService<HttpTransport>().ServeAsync(context);
    }
}
