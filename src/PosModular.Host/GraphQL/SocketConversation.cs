using PosModular.Host.Auth;

namespace PosModular.Host.GraphQL;

/// <summary>
/// The server's part of graphql-transport-ws (enisdenjo/graphql-ws, PROTOCOL.md): init within ten seconds and once, a good
/// token in it, then operations until someone closes. The token's end is the conversation's end.
/// </summary>
internal sealed class SocketConversation(SocketLine line, SocketOperations operations, BearerTokens tokens, ResultJson json, TimeProvider clock)
{
    private bool initialised;
    private TokenVerdict? caller;
    private ITimer? expiry;

    /// <summary>Returns when the connection is over and every operation of it has ended.</summary>
    public async Task Run()
    {
        var hurry = clock.CreateTimer(_ => CloseUnlessInitialised(), null, Limits.InitWait, Timeout.InfiniteTimeSpan);
        using var stopping = line.Closing.UnsafeRegister(_ => _ = operations.StopAll(), null);
        try
        {
            while (await line.Receive() is { } bytes)
            {
                // After our close frame only the peer's is awaited.
                if (!line.Closing.IsCancellationRequested)
                    await Hear(SocketMessage.Read(bytes, json));
            }
        }
        catch (SocketClosure closure)
        {
            await line.Close(closure.Code, closure.Message);
            await line.Drain();
        }
        catch (OperationCanceledException)
        {
            // The peer vanished while we answered it.
        }
        catch (Exception)
        {
            await line.Close(SocketClosure.InternalError, "Internal error");
            throw;
        }
        finally
        {
            await hurry.DisposeAsync();
            expiry?.Dispose();
            await line.Close(SocketClosure.Normal, "");
            await operations.StopAll();
        }
    }

    private ValueTask Hear(SocketMessage message)
    {
        switch (message)
        {
            case SocketMessage.Init init:
                return Initialise(init);
            case SocketMessage.Ping ping:
                return line.Send(SocketText.Pong(ping.Payload), line.Closing);
            case SocketMessage.Subscribe subscribe:
                var user = caller?.User ?? throw new SocketClosure(SocketClosure.Unauthorized, "Unauthorized");
                operations.Start(subscribe.Id, subscribe.Request, user);
                return default;
            case SocketMessage.Complete complete:
                operations.Stop(complete.Id);
                return default;
            default:
                return default;
        }
    }

    private async ValueTask Initialise(SocketMessage.Init init)
    {
        if (initialised)
            throw new SocketClosure(SocketClosure.TooManyInits, "Too many initialisation requests");
        initialised = true;

        var verdict = await tokens.Read(init.Authorization, line.Closing);
        if (!verdict.Accepted)
            throw new SocketClosure(SocketClosure.Forbidden, verdict.Problem);

        caller = verdict;
        expiry = verdict.WhenExpired(clock, () => _ = line.Close(SocketClosure.Forbidden, "The token has expired"));
        await line.Send(SocketText.Ack, line.Closing);
    }

    private void CloseUnlessInitialised()
    {
        if (!initialised)
            _ = line.Close(SocketClosure.InitTimeout, "Connection initialisation timeout");
    }
}
