using System.Net;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using PosModular.Host.GraphQL.Execution;
using PosModular.IntegrationTests.Fixtures;
using PosModular.IntegrationTests.Postgres;

namespace PosModular.IntegrationTests.Hostile;

/// <summary>Clients that open much, read nothing, or send what nobody asked for.</summary>
public sealed class HostileConnectionTests(SharedTestVenue sharedVenue, TestPostgres postgres) : IClassFixture<SharedTestVenue>
{
    private const string Subscribe =
        """{"id":"ID","type":"subscribe","payload":{"query":"subscription { syncProgressed(venueId: \"bar\") { id } }"}}""";

    [Fact]
    public async Task A_socket_over_its_100_operations_is_closed_with_4429_and_holds_nothing()
    {
        var venue = await sharedVenue.GetAsync();
        using var socket = await ConnectAsync(venue);
        await SendAsync(socket, Init(TestVenue.OwnerId));
        (await ReceiveAsync(socket)).ShouldBe("""{"type":"connection_ack"}""");

        // The client reads nothing before it has sent all.
        for (var i = 0; i < 101; i++)
            await SendAsync(
                socket,
                Subscribe.Replace("ID", i.ToString(System.Globalization.CultureInfo.InvariantCulture), StringComparison.Ordinal)
            );

        (await ReceiveAsync(socket)).ShouldBeNull();
        ((int?)socket.CloseStatus).ShouldBe(4429);
        await Wait.UntilAsync(() => venue.Host.SubscriberCount("ingestion.syncs") == 0);
    }

    [Fact]
    public async Task A_socket_that_has_not_said_who_it_is_may_send_32_KB()
    {
        var venue = await sharedVenue.GetAsync();
        using var socket = await ConnectAsync(venue);

        await SendAsync(
            socket,
            """{"type":"ping","payload":{"x":"PAD"}}""".Replace("PAD", new string('x', 32 * 1024), StringComparison.Ordinal)
        );

        (await ReceiveAsync(socket)).ShouldBeNull();
        socket.CloseStatus.ShouldBe(WebSocketCloseStatus.MessageTooBig);
    }

    [Fact]
    public async Task A_socket_that_has_said_who_it_is_may_send_more()
    {
        var venue = await sharedVenue.GetAsync();
        using var socket = await ConnectAsync(venue);
        await SendAsync(socket, Init(TestVenue.OwnerId));
        (await ReceiveAsync(socket)).ShouldBe("""{"type":"connection_ack"}""");

        await SendAsync(
            socket,
            """{"type":"ping","payload":{"x":"PAD"}}""".Replace("PAD", new string('x', 200 * 1024), StringComparison.Ordinal)
        );

        (await ReceiveAsync(socket)).ShouldNotBeNull().Length.ShouldBeGreaterThan(200 * 1024);
    }

    [Fact]
    public async Task Sockets_that_have_not_said_who_they_are_are_counted()
    {
        await using var venue = await TestVenue.CreateAsync(await postgres.CreateDatabaseAsync());
        var sockets = new List<ClientWebSocket>();
        try
        {
            // All at once, because the host closes the first of them after some seconds.
            sockets.AddRange(await Task.WhenAll(Enumerable.Range(0, Limits.MaxUninitialisedSockets).Select(_ => ConnectAsync(venue))));

            using var oneMore = new ClientWebSocket();
            oneMore.Options.CollectHttpResponseDetails = true;
            await Should.ThrowAsync<WebSocketException>(() => ConnectAsync(venue, oneMore));
            oneMore.HttpStatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);

            // One that says who it is makes room for another.
            await SendAsync(sockets[0], Init(TestVenue.OwnerId));
            (await ReceiveAsync(sockets[0])).ShouldBe("""{"type":"connection_ack"}""");
            sockets.Add(await ConnectAsync(venue));

            // So does one that goes away.
            sockets[1].Abort();
            await Wait.UntilAsync(async () =>
            {
                try
                {
                    sockets.Add(await ConnectAsync(venue));
                    return true;
                }
                catch (WebSocketException)
                {
                    return false;
                }
            });
        }
        finally
        {
            sockets.ForEach(socket => socket.Dispose());
        }
    }

    [Fact]
    public async Task Large_messages_that_arrive_at_once_are_counted()
    {
        await using var venue = await TestVenue.CreateAsync(await postgres.CreateDatabaseAsync());
        var sockets = new List<ClientWebSocket>();
        try
        {
            for (var i = 0; i <= Limits.MaxLargeMessages; i++)
            {
                sockets.Add(await ConnectAsync(venue));
                await SendAsync(sockets[i], Init(TestVenue.OwnerId));
                (await ReceiveAsync(sockets[i])).ShouldBe("""{"type":"connection_ack"}""");
                await sockets[i]
                    .SendAsync(
                        new byte[Limits.LargeMessageBytes + 1],
                        WebSocketMessageType.Text,
                        endOfMessage: false,
                        TestContext.Current.CancellationToken
                    );
            }

            // One of them is the one too many; which one depends on the order in which the host reads them.
            var closed = await Task.WhenAny(sockets.Select(socket => ReceiveAsync(socket)));
            (await closed).ShouldBeNull();
            sockets.Single(socket => socket.CloseStatus is not null).CloseStatus.ShouldBe((WebSocketCloseStatus)1013);

            // One that is complete, here by failing, makes room for another.
            sockets.First(socket => socket.CloseStatus is null).Abort();
            await Wait.UntilAsync(async () =>
            {
                using var another = await ConnectAsync(venue);
                await SendAsync(another, Init(TestVenue.OwnerId));
                await ReceiveAsync(another);
                await SendAsync(
                    another,
                    """{"type":"ping","payload":{"x":"PAD"}}""".Replace(
                        "PAD",
                        new string('x', 2 * Limits.LargeMessageBytes),
                        StringComparison.Ordinal
                    )
                );
                return await ReceiveAsync(another) is not null;
            });
        }
        finally
        {
            sockets.ForEach(socket => socket.Dispose());
        }
    }

    [Fact]
    public async Task Large_requests_that_arrive_at_once_are_counted()
    {
        await using var venue = await TestVenue.CreateAsync(await postgres.CreateDatabaseAsync());
        var body = JsonSerializer.Serialize(new { query = "{ viewer { userId } } #" + new string('x', Limits.LargeMessageBytes) });
        var head = Encoding.ASCII.GetBytes(
            "POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nAuthorization: Bearer "
                + $"{TestKeys.Token("stranger")}\r\nContent-Length: {body.Length}\r\n\r\n"
        );
        var clients = new List<TcpClient>();
        try
        {
            for (var i = 0; i < Limits.MaxLargeMessages; i++)
                await HoldAsync();
            // A request that asks before all of them have arrived takes the place of one, which is then refused; another one replaces it.
            await Wait.UntilAsync(async () =>
            {
                var isRefused = await CodeOfLargeRequestAsync() == "UNAVAILABLE";
                if (!isRefused)
                    await HoldAsync();
                return isRefused;
            });
            (await venue.Owner.GetDataAsync("{ viewer { userId } }")).At("viewer.userId").GetString().ShouldBe(TestVenue.OwnerId);

            // One that is complete makes room for another.
            await clients[0].GetStream().WriteAsync(Encoding.ASCII.GetBytes(body[^1..]), TestContext.Current.CancellationToken);
            await Wait.UntilAsync(async () => await CodeOfLargeRequestAsync() is null);
        }
        finally
        {
            clients.ForEach(client => client.Dispose());
        }

        // Sends all but the last byte of a body.
        async Task HoldAsync()
        {
            var client = new TcpClient();
            clients.Add(client);
            await client.ConnectAsync(venue.Host.Address.Host, venue.Host.Address.Port, TestContext.Current.CancellationToken);
            try
            {
                await client.GetStream().WriteAsync(head, TestContext.Current.CancellationToken);
                await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes(body[..^1]), TestContext.Current.CancellationToken);
            }
            catch (IOException)
            {
                // One too many, which the host has refused before all of it was sent.
            }
        }

        async Task<string?> CodeOfLargeRequestAsync()
        {
            var response = await venue.Owner.ExecuteAsync("{ viewer { userId } } #" + new string('x', Limits.LargeMessageBytes));
            return response.TryGetProperty("errors", out var errors) ? errors[0].At("extensions.code").GetString() : null;
        }
    }

    [Theory]
    [InlineData("square", "00000000-0000-4000-8000-000000000000", "x-square-hmacsha256-signature: AAAA\r\n", 1_000_000)]
    [InlineData("toast", "00000000-0000-4000-8000-000000000000", "Toast-Signature: AAAA\r\n", 2_000_000)]
    [InlineData("square", null, "", 1_000_000)]
    public async Task A_webhook_without_a_signature_or_a_connection_is_refused_by_its_headers(
        string provider,
        string? connectionId,
        string signature,
        int length
    )
    {
        var venue = await sharedVenue.GetAsync();
        using var client = new TcpClient();
        await client.ConnectAsync(venue.Host.Address.Host, venue.Host.Address.Port, TestContext.Current.CancellationToken);
        var stream = client.GetStream();

        // No byte of the body is sent.
        await stream.WriteAsync(
            Encoding.ASCII.GetBytes(
                $"POST /api/pos/webhooks/{provider}/{connectionId ?? venue.ConnectionId.ToString()} HTTP/1.1\r\nHost: x\r\n"
                    + $"Content-Type: application/json\r\n{signature}Content-Length: {length}\r\n\r\n"
            ),
            TestContext.Current.CancellationToken
        );

        using var reader = new StreamReader(stream);
        (await reader.ReadLineAsync(TestContext.Current.CancellationToken)).ShouldBe("HTTP/1.1 403 Forbidden");
    }

    [Fact]
    public async Task A_response_has_at_most_4_MB()
    {
        var venue = await sharedVenue.GetAsync();
        await FillEventsAsync(venue);

        var response = await venue.Owner.ExecuteAsync(
            "query($v: ID!) { venue(id: $v) {"
                + string.Concat(Enumerable.Range(0, 3).Select(i => $" a{i}: webhookEvents {{ nodes {{ payload }} }}"))
                + "} }",
            new { v = TestVenue.VenueId }
        );

        response.At("errors.0.extensions.code").GetString().ShouldBe("INVALID_INPUT");
        response.At("errors.0.message").GetString().ShouldBe("The result is larger than 4 MB. Ask for fewer fields or for smaller pages.");
        response.TryGetProperty("data", out _).ShouldBeFalse();
    }

    [Fact]
    public async Task A_client_that_does_not_read_its_response_is_disconnected()
    {
        var time = new AcceleratedTimeProvider();
        await using var venue = await TestVenue.CreateAsync(await postgres.CreateDatabaseAsync(), services =>
            services.AddSingleton<TimeProvider>(time)
        );
        await FillEventsAsync(venue);
        using var client = new TcpClient { ReceiveBufferSize = 4096 };
        await client.ConnectAsync(venue.Host.Address.Host, venue.Host.Address.Port, TestContext.Current.CancellationToken);
        var stream = client.GetStream();
        var body = JsonSerializer.Serialize(
            new
            {
                query = "query($v: ID!) { venue(id: $v) { a: webhookEvents { nodes { payload } } "
                    + "b: webhookEvents { nodes { payload } } } }",
                variables = new { v = TestVenue.VenueId },
            }
        );
        var request = Encoding.ASCII.GetBytes(
            "POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nAuthorization: Bearer "
                + $"{TestKeys.Token(TestVenue.OwnerId)}\r\nContent-Length: {body.Length}\r\n\r\n{body}"
        );

        // Several responses, because the network itself may buffer the first. Nothing is read until the host has cut the connection.
        for (var i = 0; i < 8; i++)
            await stream.WriteAsync(request, TestContext.Current.CancellationToken);
        await Wait.UntilAsync(() => venue.Host.Log.Lines.Any(line => line.Contains("did not read its response", StringComparison.Ordinal)));
        var received = 0;
        var buffer = new byte[64 * 1024];
        try
        {
            int read;
            while ((read = await stream.ReadAsync(buffer, TestContext.Current.CancellationToken)) > 0)
                received += read;
        }
        catch (IOException)
        {
            // The connection was reset.
        }

        received.ShouldBeLessThan(8 * 3_600_000);
    }

    /// <summary>Stores two events of 0.9 MB each, which are kept although they are not JSON.</summary>
    private static async Task FillEventsAsync(TestVenue venue)
    {
        for (var i = 0; i < 2; i++)
            (await venue.PostWebhookAsync(Encoding.UTF8.GetBytes(new string((char)('a' + i), 900_000)))).ShouldBe(HttpStatusCode.OK);
    }

    private static string Init(string userId) =>
        """{"type":"connection_init","payload":{"authorization":"Bearer TOKEN"}}""".Replace(
            "TOKEN",
            TestKeys.Token(userId),
            StringComparison.Ordinal
        );

    private static async Task<ClientWebSocket> ConnectAsync(TestVenue venue, ClientWebSocket? socket = null)
    {
        socket ??= new ClientWebSocket();
        socket.Options.AddSubProtocol("graphql-transport-ws");
        await socket.ConnectAsync(
            new UriBuilder(venue.Host.Address) { Scheme = "ws", Path = "/graphql" }.Uri,
            TestContext.Current.CancellationToken
        );
        return socket;
    }

    private static Task SendAsync(ClientWebSocket socket, string text) =>
        socket.SendAsync(Encoding.UTF8.GetBytes(text), WebSocketMessageType.Text, true, TestContext.Current.CancellationToken);

    /// <summary>The next message; null when the host has closed the socket.</summary>
    private static async Task<string?> ReceiveAsync(ClientWebSocket socket)
    {
        var (text, buffer) = (new StringBuilder(), new byte[16 * 1024]);
        while (true)
        {
            var part = await socket.ReceiveAsync(buffer, TestContext.Current.CancellationToken);
            if (part.MessageType == WebSocketMessageType.Close)
                return null;
            text.Append(Encoding.UTF8.GetString(buffer, 0, part.Count));
            if (part.EndOfMessage)
                return text.ToString();
        }
    }
}
