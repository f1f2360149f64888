using System.Collections.Concurrent;
using System.Globalization;
using System.Net.WebSockets;
using System.Text;
using System.Threading.Channels;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace PosModular.Benchmarks.Live;

/// <summary>
/// The baseline of live subscriptions: a web server that sends the bytes of one event to every WebSocket, without a database, rights or
/// GraphQL. It speaks as much of graphql-transport-ws as the subscribers need. POST /template/{digits} stores an event and the position
/// of its twelve digits; POST /publish/{number} sends it with this number to all; GET /published lists the numbers with the times, in UTC
/// ticks, at which their fan-out began.
/// </summary>
internal static class FanOutBaseline
{
    public static async Task<int> ServeAsync(string url)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        var app = builder.Build();
        app.UseWebSockets();

        var (template, position) = (Array.Empty<byte>(), 0);
        var sockets = new ConcurrentBag<WebSocket>();
        var published = new ConcurrentQueue<(long Number, long At)>();
        var waiting = Channel.CreateUnbounded<long>();
        app.MapPost("/template/{digits:int}", async (HttpRequest request, int digits) =>
        {
            using var body = new MemoryStream();
            await request.Body.CopyToAsync(body);
            (template, position) = (body.ToArray(), digits);
        });
        app.MapPost("/publish/{number:long}", (long number) => Results.StatusCode(waiting.Writer.TryWrite(number) ? 200 : 500));
        app.MapGet("/published", () => string.Join('\n', published.Select(p => $"{p.Number} {p.At}")));
        app.MapGet("/graphql", (RequestDelegate)(http => ReceiveAsync(http, sockets)));
        var sending = SendForeverAsync();
        await Task.WhenAny(sending, app.RunAsync(url));
        await sending;
        return 0;

        async Task SendForeverAsync()
        {
            await foreach (var number in waiting.Reader.ReadAllAsync())
            {
                published.Enqueue((number, TimeProvider.System.GetUtcNow().UtcTicks));
                var bytes = (byte[])template.Clone();
                Encoding.ASCII.GetBytes(number.ToString("D12", CultureInfo.InvariantCulture)).CopyTo(bytes, position);
                foreach (var socket in sockets)
                    await socket.SendAsync(bytes, WebSocketMessageType.Text, endOfMessage: true, CancellationToken.None);
            }
        }
    }

    private static async Task ReceiveAsync(HttpContext http, ConcurrentBag<WebSocket> sockets)
    {
        using var socket = await http.WebSockets.AcceptWebSocketAsync("graphql-transport-ws");
        var buffer = new byte[8192];
        while (socket.State == WebSocketState.Open)
        {
            var received = await socket.ReceiveAsync(buffer.AsMemory(), http.RequestAborted);
            var text = buffer.AsMemory(0, received.Count);
            if (text.Span.IndexOf("\"connection_init\""u8) >= 0)
                await AnswerAsync("""{"type":"connection_ack"}"""u8.ToArray());
            else if (text.Span.IndexOf("\"opened\""u8) >= 0)
            {
                await AnswerAsync("""{"id":"opened","type":"complete"}"""u8.ToArray());
                sockets.Add(socket);
            }
        }

        Task AnswerAsync(byte[] message) =>
            socket.SendAsync(new ArraySegment<byte>(message), WebSocketMessageType.Text, endOfMessage: true, CancellationToken.None);
    }
}
