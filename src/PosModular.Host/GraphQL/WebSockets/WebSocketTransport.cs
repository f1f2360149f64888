using PosModular.Host.Auth;
using PosModular.Host.Cors;
using PosModular.Host.GraphQL.Errors;
using PosModular.Host.GraphQL.Execution;
using PosModular.Host.GraphQL.Http;

namespace PosModular.Host.GraphQL.WebSockets;

/// <summary>
/// Accepts WebSockets. When the host stops they close with 1001, so that clients reconnect at once, to another host, instead of waiting
/// for a timeout.
/// </summary>
internal sealed class WebSocketTransport(
    AllowedOrigins origins,
    BearerTokenValidator tokenValidator,
    OperationRunner operations,
    ErrorMask errorMask,
    ResultSerializer serializer,
    TimeProvider time,
    IHostApplicationLifetime lifetime,
    SocketLimiter sockets,
    LargeMessages largeMessages,
    HttpResponseWriter responseWriter
)
{
    private const string Subprotocol = "graphql-transport-ws";

    public async Task AcceptAsync(HttpContext context)
    {
        if (!origins.AllowsWebSocket(context.Request))
        {
            context.Response.StatusCode = StatusCodes.Status403Forbidden;
            await context.Response.WriteAsync("Pos__Cors__Origins does not list the origin of this page.", context.RequestAborted);
            return;
        }

        using var place = sockets.TryOpen();
        if (place is null)
        {
            context.Response.Headers.RetryAfter = "5";
            await responseWriter.WriteErrorAsync(
                context,
                StatusCodes.Status503ServiceUnavailable,
                "Too many WebSockets are open. Try again in a few seconds.",
                ErrorCodes.Unavailable
            );
            return;
        }

        var isSubprotocolOffered = context.WebSockets.WebSocketRequestedProtocols.Contains(Subprotocol, StringComparer.Ordinal);
        var socket = await context.WebSockets.AcceptWebSocketAsync(
            new WebSocketAcceptContext
            {
                SubProtocol = isSubprotocolOffered ? Subprotocol : null,
                KeepAliveInterval = Limits.KeepAliveInterval,
                KeepAliveTimeout = Limits.PeerTimeout,
            }
        );

        using var connection = new WebSocketConnection(socket, largeMessages, time);
        using var stopping = lifetime.ApplicationStopping.UnsafeRegister(
            _ => _ = connection.CloseAsync(WebSocketCloseException.GoingAway, "The host is stopping. Connect again."),
            null
        );
        if (!isSubprotocolOffered)
        {
            // A browser does not expose why an upgrade was refused, but it does expose a close code.
            await connection.CloseAsync(WebSocketCloseException.SubprotocolNotAcceptable, $"Offer the subprotocol {Subprotocol}");
            await connection.DrainAsync();
            return;
        }

        var runningOperations = new WebSocketOperations(connection, operations, errorMask, serializer);
        await new WebSocketSession(connection, place, runningOperations, tokenValidator, serializer, time).RunAsync();
    }
}
