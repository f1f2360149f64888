using PosModular.Host.Auth;
using PosModular.Host.GraphQL.Execution;

namespace PosModular.Host.GraphQL.WebSockets;

/// <summary>
/// The server side of graphql-transport-ws (enisdenjo/graphql-ws, PROTOCOL.md): one connection_init with a valid token within ten seconds,
/// then operations until either side closes. The session ends when the token expires.
/// </summary>
internal sealed class WebSocketSession(
    WebSocketConnection connection,
    SocketLimiter.Place place,
    WebSocketOperations operations,
    BearerTokenValidator tokenValidator,
    ResultSerializer serializer,
    TimeProvider time
)
{
    private bool _isInitialised;
    private BearerTokenResult? _caller;
    private ITimer? _expiryTimer;

    /// <summary>Returns when the connection is closed and all of its operations have ended.</summary>
    public async Task RunAsync()
    {
        var initTimer = time.CreateTimer(_ => CloseUnlessInitialised(), null, Limits.ConnectionInitTimeout, Timeout.InfiniteTimeSpan);
        using var stopping = connection.Closing.UnsafeRegister(_ => _ = operations.StopAllAsync(), null);
        try
        {
            while (await connection.ReceiveAsync() is { } bytes)
            {
                // After our close frame only that of the peer is awaited.
                if (!connection.Closing.IsCancellationRequested)
                    await HandleMessageAsync(ClientMessage.Parse(bytes, serializer));
            }
        }
        catch (WebSocketCloseException closure)
        {
            await connection.CloseAsync(closure.Code, closure.Message);
            await connection.DrainAsync();
        }
        catch (OperationCanceledException)
        {
            // The connection was lost while a message was being sent.
        }
        catch (Exception)
        {
            await connection.CloseAsync(WebSocketCloseException.InternalError, "Internal error");
            throw;
        }
        finally
        {
            await initTimer.DisposeAsync();
            _expiryTimer?.Dispose();
            await connection.CloseAsync(WebSocketCloseException.NormalClosure, "");
            await operations.StopAllAsync();
        }
    }

    private ValueTask HandleMessageAsync(ClientMessage message)
    {
        switch (message)
        {
            case ClientMessage.Init init:
                return InitialiseAsync(init);
            case ClientMessage.Ping ping:
                return connection.SendAsync(ServerMessages.Pong(ping.Payload), connection.Closing);
            case ClientMessage.Subscribe subscribe:
                var user = _caller?.User ?? throw new WebSocketCloseException(WebSocketCloseException.Unauthorized, "Unauthorized");
                operations.Start(subscribe.Id, subscribe.Request, user);
                return default;
            case ClientMessage.Complete complete:
                operations.Stop(complete.Id);
                return default;
            default:
                return default;
        }
    }

    private async ValueTask InitialiseAsync(ClientMessage.Init init)
    {
        if (_isInitialised)
            throw new WebSocketCloseException(WebSocketCloseException.TooManyRequests, "Too many initialisation requests");
        _isInitialised = true;

        var tokenResult = await tokenValidator.ValidateAsync(init.Authorization, connection.Closing);
        if (!tokenResult.IsAccepted)
            throw new WebSocketCloseException(WebSocketCloseException.Forbidden, tokenResult.RefusalReason);
        if (!place.TryInitialise(tokenResult.User!.FindFirst("sub")!.Value))
            throw new WebSocketCloseException(
                WebSocketCloseException.TooManyRequests,
                $"You have {Limits.MaxSocketsPerUser} open sockets. Close some"
            );

        connection.MaxMessageBytes = Limits.MaxMessageBytes;
        _caller = tokenResult;
        _expiryTimer = tokenResult.RunAtExpiry(time, () =>
            _ = connection.CloseAsync(WebSocketCloseException.Forbidden, "The token has expired")
        );
        await connection.SendAsync(ServerMessages.Ack, connection.Closing);
    }

    private void CloseUnlessInitialised()
    {
        if (!_isInitialised)
            _ = connection.CloseAsync(WebSocketCloseException.InitTimeout, "Connection initialisation timeout");
    }
}
