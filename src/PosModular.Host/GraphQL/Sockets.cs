using PosModular.Host.Auth;

namespace PosModular.Host.GraphQL;

/// <summary>
/// Accepts WebSockets. When the host stops they close with 1001, so that clients connect again (elsewhere) at once instead
/// of finding out by silence.
/// </summary>
internal sealed class Sockets(BearerTokens tokens, Operations operations, ErrorMask mask, ResultJson json, TimeProvider clock, IHostApplicationLifetime lifetime)
{
    private const string Protocol = "graphql-transport-ws";

    public async Task Accept(HttpContext context)
    {
        var spoken = context.WebSockets.WebSocketRequestedProtocols.Contains(Protocol, StringComparer.Ordinal);
        var socket = await context.WebSockets.AcceptWebSocketAsync(new WebSocketAcceptContext
        {
            SubProtocol = spoken ? Protocol : null,
            KeepAliveInterval = Limits.KeepAlive,
            KeepAliveTimeout = Limits.Patience,
        });

        using var line = new SocketLine(socket, clock);
        using var stopping = lifetime.ApplicationStopping.UnsafeRegister(_ => _ = line.Close(SocketClosure.GoingAway, "The host is stopping, connect again"), null);
        if (!spoken)
        {
            // A browser cannot see why an upgrade was refused, but it does see a close code.
            await line.Close(SocketClosure.SubprotocolNotAcceptable, $"Offer the subprotocol {Protocol}");
            await line.Drain();
            return;
        }

        var running = new SocketOperations(line, operations, mask, json);
        await new SocketConversation(line, running, tokens, json, clock).Run();
    }
}
