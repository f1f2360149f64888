using System.Buffers.Binary;
using System.Buffers.Text;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;

namespace PosModular.Benchmarks.Live;

/// <summary>
/// One WebSocket with subscriptions in graphql-transport-ws. It reads frames without copying whole ones and finds the number of the payment
/// by a search of bytes, so that the client takes as little as possible of the processors that it shares with the server.
/// </summary>
internal sealed class SubscriberConnection
{
    private const int TextFrame = 0x81;
    private const int PingFrame = 0x89;
    private const int PongFrame = 0x8A;

    private readonly SubscriberSpec _spec;
    private readonly byte[] _marker;
    private readonly Action<int, long, long, byte[]> _received;
    private byte[] _partial = [];
    private bool _isAcknowledged;
    private bool _isOpened;

    /// <param name="spec">The server and the subscription.</param>
    /// <param name="index">The number of this socket.</param>
    /// <param name="received">Takes the index of the subscription, the number of the payment, the time of arrival in UTC ticks and, only on
    /// the first socket, the bytes of the event.</param>
    public SubscriberConnection(SubscriberSpec spec, int index, Action<int, long, long, byte[]> received)
    {
        (_spec, Index, _received, _marker) = (spec, index, received, Encoding.UTF8.GetBytes(spec.Marker));
        Socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    }

    public int Index { get; }

    public Socket Socket { get; }

    /// <summary>Connects, says who the user is, and subscribes.</summary>
    public void Open(byte[] buffer)
    {
        Socket.Connect(new IPEndPoint(IPAddress.Loopback, _spec.Port));
        Socket.Send(
            Encoding.ASCII.GetBytes(
                "GET /graphql HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
                    + "Sec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\nSec-WebSocket-Protocol: graphql-transport-ws\r\n\r\n"
            )
        );
        var length = 0;
        int headerEnd;
        while ((headerEnd = buffer.AsSpan(0, length).IndexOf("\r\n\r\n"u8)) < 0)
            length += Receive(buffer.AsSpan(length));
        if (!buffer.AsSpan(0, length).StartsWith("HTTP/1.1 101"u8))
            throw Unexpected(buffer.AsSpan(0, length));
        _partial = buffer[(headerEnd + 4)..length];

        var token = _spec.Tokens[Index % _spec.Tokens.Count];
        Send(JsonSerializer.SerializeToUtf8Bytes(new { type = "connection_init", payload = new { authorization = $"Bearer {token}" } }));
        while (!_isAcknowledged)
            Read(buffer);
        for (var i = 0; i < _spec.OperationsPerSocket; i++)
            Send(
                JsonSerializer.SerializeToUtf8Bytes(
                    new
                    {
                        id = $"{i}",
                        type = "subscribe",
                        payload = new { query = _spec.Query },
                    }
                )
            );
        // Its response means that the subscriptions before it are no longer waiting to start. The server limits those that wait.
        Send("""{"id":"opened","type":"subscribe","payload":{"query":"{ __typename }"}}"""u8);
        while (!_isOpened)
            Read(buffer);
    }

    /// <summary>Reads once what has arrived, which blocks while there is nothing.</summary>
    public void Read(byte[] buffer)
    {
        _partial.CopyTo(buffer, 0);
        var length = _partial.Length;
        length += Receive(buffer.AsSpan(length));
        var arrivedAt = TimeProvider.System.GetUtcNow().UtcTicks;
        var at = 0;
        while (TryReadFrame(buffer.AsSpan(at, length - at), out var opcode, out var payload, out var size))
        {
            Handle(opcode, buffer.AsSpan(at, size)[payload..], arrivedAt);
            at += size;
        }
        _partial = at == length ? [] : buffer[at..length];
    }

    private int Receive(Span<byte> buffer) =>
        Socket.Receive(buffer) is > 0 and var count ? count : throw new InvalidOperationException("The server has closed the connection.");

    // Frames of servers are not masked (RFC 6455 §5.2).
    private static bool TryReadFrame(ReadOnlySpan<byte> bytes, out int opcode, out int payload, out int size)
    {
        (opcode, payload, size) = (0, 2, 0);
        if (bytes.Length < 2)
            return false;
        opcode = bytes[0];
        var length = bytes[1] & 0x7F;
        if (length == 126)
        {
            payload = 4;
            if (bytes.Length < payload)
                return false;
            length = BinaryPrimitives.ReadUInt16BigEndian(bytes[2..]);
        }
        else if (length == 127)
            throw new InvalidOperationException("An event has more than 64 KB.");
        size = payload + length;
        return bytes.Length >= size;
    }

    private void Handle(int opcode, ReadOnlySpan<byte> payload, long arrivedAt)
    {
        if (opcode == PingFrame)
            SendFrame(PongFrame, payload);
        else if (opcode != TextFrame)
            throw Unexpected(payload);
        else if (payload.StartsWith("{\"id\":\"opened\",\"type\":\"complete\""u8))
            _isOpened = true;
        else if (payload.StartsWith("{\"id\":\"opened\",\"type\":\"next\""u8))
            return;
        else if (payload.StartsWith("{\"id\":\""u8))
            HandleEvent(payload, arrivedAt);
        else if (payload.StartsWith("{\"type\":\"connection_ack\""u8))
            _isAcknowledged = true;
        else
            throw Unexpected(payload);
    }

    private void HandleEvent(ReadOnlySpan<byte> payload, long arrivedAt)
    {
        var id = payload["{\"id\":\"".Length..];
        if (!Utf8Parser.TryParse(id, out int operation, out var digits) || !id[digits..].StartsWith("\",\"type\":\"next\""u8))
            throw Unexpected(payload);
        var marker = payload.IndexOf(_marker);
        if (marker < 0 || !Utf8Parser.TryParse(payload[(marker + _marker.Length)..], out long number, out _))
            throw Unexpected(payload);
        _received(Index * _spec.OperationsPerSocket + operation, number, arrivedAt, Index == 0 ? payload.ToArray() : []);
    }

    private void Send(ReadOnlySpan<byte> text) => SendFrame(TextFrame, text);

    // Frames of clients are masked. The mask is 0, which leaves the bytes as they are.
    private void SendFrame(int opcode, ReadOnlySpan<byte> payload)
    {
        byte[] header =
            payload.Length < 126
                ? [(byte)opcode, (byte)(0x80 | payload.Length), 0, 0, 0, 0]
                : [(byte)opcode, 0x80 | 126, (byte)(payload.Length >> 8), (byte)payload.Length, 0, 0, 0, 0];
        Socket.Send([.. header, .. payload]);
    }

    private static InvalidOperationException Unexpected(ReadOnlySpan<byte> bytes) =>
        new($"The server sent something unexpected: {Encoding.UTF8.GetString(bytes)}");
}
