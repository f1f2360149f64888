using System.Buffers;
using System.Net.WebSockets;
using System.Text;

namespace PosModular.Host.GraphQL;

/// <summary>
/// A WebSocket as the conversation needs it: whole messages in, one message out at a time, closed once and politely.
/// There is no outgoing queue: whoever has something to say waits for its turn, so a slow reader holds back the
/// enumerations behind it and never fills the memory.
/// </summary>
internal sealed class SocketLine(WebSocket socket, TimeProvider clock) : IDisposable
{
    private readonly SemaphoreSlim turn = new(1, 1);
    private readonly ArrayBufferWriter<byte> incoming = new(4096);
    private readonly CancellationTokenSource closing = new();
    private readonly CancellationTokenSource gone = new();
    private ITimer? farewell;

    /// <summary>Cancelled when the line starts to close, from either side.</summary>
    public CancellationToken Closing => closing.Token;

    /// <summary>The next message, valid until the next call; null when the peer has closed or vanished.</summary>
    /// <exception cref="SocketClosure">The message is too big or not text.</exception>
    public async ValueTask<ReadOnlyMemory<byte>?> Receive()
    {
        incoming.ResetWrittenCount();
        try
        {
            while (true)
            {
                var part = await socket.ReceiveAsync(incoming.GetMemory(4096), gone.Token);
                if (part.MessageType == WebSocketMessageType.Close)
                    return null;

                incoming.Advance(part.Count);
                if (incoming.WrittenCount > Limits.MessageBytes)
                    throw new SocketClosure(SocketClosure.TooBig, $"Messages may have {Limits.MessageBytes} bytes");
                if (part.MessageType != WebSocketMessageType.Text)
                    throw new SocketClosure(SocketClosure.BadRequest, "Invalid message: it is not text");
                if (part.EndOfMessage)
                    return incoming.WrittenMemory;
            }
        }
        catch (Exception exception) when (exception is WebSocketException or OperationCanceledException)
        {
            return null;
        }
    }

    /// <summary>Returns when the network has taken the message. <paramref name="cancellation"/> gives up the wait for the turn, never a message half sent.</summary>
    public async ValueTask Send(ReadOnlyMemory<byte> message, CancellationToken cancellation)
    {
        await turn.WaitAsync(cancellation);
        try
        {
            Closing.ThrowIfCancellationRequested();
            var sending = socket.SendAsync(message, WebSocketMessageType.Text, endOfMessage: true, gone.Token);
            if (!sending.IsCompletedSuccessfully)
                await sending.AsTask().WaitAsync(Limits.Patience, clock, CancellationToken.None);
        }
        catch (Exception exception) when (exception is TimeoutException or WebSocketException)
        {
            Abandon();
            throw new OperationCanceledException("The peer does not read.", exception);
        }
        finally
        {
            turn.Release();
        }
    }

    /// <summary>The first call counts. The peer has five seconds to answer, then the connection is cut.</summary>
    public async Task Close(int code, string reason)
    {
        lock (closing)
        {
            if (closing.IsCancellationRequested)
                return;
            closing.Cancel();
        }

        farewell = clock.CreateTimer(_ => Abandon(), null, Limits.Farewell, Timeout.InfiniteTimeSpan);
        try
        {
            await turn.WaitAsync(gone.Token);
            if (socket.State is WebSocketState.Open or WebSocketState.CloseReceived)
                await socket.CloseOutputAsync((WebSocketCloseStatus)code, Fitting(reason), gone.Token);
        }
        catch (Exception exception) when (exception is WebSocketException or OperationCanceledException or ObjectDisposedException)
        {
            Abandon();
        }
    }

    /// <summary>A close frame holds 123 bytes of reason (RFC 6455 §5.5).</summary>
    private static string Fitting(string reason)
    {
        while (Encoding.UTF8.GetByteCount(reason) > 123)
            reason = reason[..Math.Min(reason.Length - 1, 123)];
        return reason;
    }

    /// <summary>Hears the peer out without listening, until its close frame or the end of our patience.</summary>
    public async Task Drain()
    {
        var open = true;
        while (open)
        {
            try
            {
                open = await Receive() is not null;
            }
            catch (SocketClosure)
            {
                // The rest of a message that was too big; it must be read, or the reset would overtake our close frame.
            }
        }
    }

    private void Abandon()
    {
        closing.Cancel();
        gone.Cancel();
        socket.Abort();
    }

    public void Dispose()
    {
        farewell?.Dispose();
        socket.Dispose();
    }
}
