using System.Buffers;
using System.Net.WebSockets;
using System.Text;
using PosModular.Host.GraphQL.Execution;

namespace PosModular.Host.GraphQL.WebSockets;

/// <summary>
/// A WebSocket that receives whole messages, sends one message at a time and performs the closing handshake once.
/// There is no outgoing queue: senders wait for their turn, so a slow peer slows the subscriptions down instead of filling the memory.
/// </summary>
internal sealed class WebSocketConnection(WebSocket socket, LargeMessages largeMessages, TimeProvider time) : IDisposable
{
    private const int InitialBufferBytes = 4096;

    private readonly SemaphoreSlim _sendLock = new(1, 1);
    private readonly LargeMessage _size = new(largeMessages);
    private ArrayBufferWriter<byte> _incoming = new(InitialBufferBytes);
    private readonly CancellationTokenSource _closing = new();
    private readonly CancellationTokenSource _aborted = new();
    private ITimer? _closeTimer;

    /// <summary>The largest message that is accepted, in bytes. It is small until the peer has said who it is.</summary>
    public int MaxMessageBytes { get; set; } = Limits.MaxInitMessageBytes;

    /// <summary>Cancelled when the connection starts to close, from either side.</summary>
    public CancellationToken Closing => _closing.Token;

    /// <summary>Returns the next message, which is valid until the next call; null when the peer has closed or lost the
    /// connection.</summary>
    /// <exception cref="WebSocketCloseException">The message is too large or is not text.</exception>
    public async ValueTask<ReadOnlyMemory<byte>?> ReceiveAsync()
    {
        _size.Dispose();
        if (_incoming.Capacity > Limits.LargeMessageBytes)
            _incoming = new ArrayBufferWriter<byte>(InitialBufferBytes);
        _incoming.ResetWrittenCount();
        try
        {
            while (true)
            {
                var part = await socket.ReceiveAsync(_incoming.GetMemory(InitialBufferBytes), _aborted.Token);
                if (part.MessageType == WebSocketMessageType.Close)
                    return null;

                _incoming.Advance(part.Count);
                if (_incoming.WrittenCount > MaxMessageBytes)
                    throw new WebSocketCloseException(
                        WebSocketCloseException.MessageTooBig,
                        $"This message may have {MaxMessageBytes} bytes"
                    );
                if (!_size.TryGrowTo(_incoming.WrittenCount))
                    throw new WebSocketCloseException(
                        WebSocketCloseException.TryAgainLater,
                        $"Too many messages of more than {Limits.LargeMessageBytes} bytes arrive now. Try again."
                    );
                if (part.MessageType != WebSocketMessageType.Text)
                    throw new WebSocketCloseException(WebSocketCloseException.BadRequest, "Invalid message: it is not text");
                if (part.EndOfMessage)
                    return _incoming.WrittenMemory;
            }
        }
        catch (Exception exception) when (exception is WebSocketException or OperationCanceledException)
        {
            return null;
        }
    }

    /// <summary>Returns when the network has accepted the message. <paramref name="cancellationToken"/> cancels the wait for the turn,
    /// but never a message that is being sent.</summary>
    public async ValueTask SendAsync(ReadOnlyMemory<byte> message, CancellationToken cancellationToken)
    {
        await _sendLock.WaitAsync(cancellationToken);
        try
        {
            Closing.ThrowIfCancellationRequested();
            var sending = socket.SendAsync(message, WebSocketMessageType.Text, endOfMessage: true, _aborted.Token);
            if (!sending.IsCompletedSuccessfully)
                await sending.AsTask().WaitAsync(Limits.PeerTimeout, time, CancellationToken.None);
        }
        catch (Exception exception) when (exception is TimeoutException or WebSocketException)
        {
            Abort();
            throw new OperationCanceledException("The peer does not read the messages sent to it.", exception);
        }
        finally
        {
            _sendLock.Release();
        }
    }

    /// <summary>Only the first call has an effect. The peer has five seconds to respond before the connection is aborted.</summary>
    public async Task CloseAsync(int code, string reason)
    {
        lock (_closing)
        {
            if (_closing.IsCancellationRequested)
                return;
            _closing.Cancel();
        }

        _closeTimer = time.CreateTimer(_ => Abort(), null, Limits.CloseTimeout, Timeout.InfiniteTimeSpan);
        try
        {
            await _sendLock.WaitAsync(_aborted.Token);
            if (socket.State is WebSocketState.Open or WebSocketState.CloseReceived)
                await socket.CloseOutputAsync((WebSocketCloseStatus)code, TruncateReason(reason), _aborted.Token);
        }
        catch (Exception exception) when (exception is WebSocketException or OperationCanceledException or ObjectDisposedException)
        {
            Abort();
        }
    }

    /// <summary>The reason in a close frame is limited to 123 bytes (RFC 6455 §5.5).</summary>
    private static string TruncateReason(string reason)
    {
        while (Encoding.UTF8.GetByteCount(reason) > 123)
            reason = reason[..Math.Min(reason.Length - 1, 123)];
        return reason;
    }

    /// <summary>Reads and discards messages until the peer's close frame or the timeout.</summary>
    public async Task DrainAsync()
    {
        var open = true;
        while (open)
        {
            try
            {
                open = await ReceiveAsync() is not null;
            }
            catch (WebSocketCloseException)
            {
                // The rest of an oversized message. It must be read, or the reset of the connection would overtake our close frame.
            }
        }
    }

    private void Abort()
    {
        _closing.Cancel();
        _aborted.Cancel();
        socket.Abort();
    }

    public void Dispose()
    {
        _size.Dispose();
        _closeTimer?.Dispose();
        socket.Dispose();
    }
}
