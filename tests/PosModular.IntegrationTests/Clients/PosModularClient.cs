using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Net.WebSockets;
using System.Text.Json;

namespace PosModular.IntegrationTests.Clients;

#region client
/// <summary>A client of an address such as http://localhost:8080/graphql. Each request asks for the token anew.</summary>
internal sealed class PosModularClient(Uri address, Func<Task<string>> getToken) : IDisposable
{
    private readonly HttpClient _http = new();

    /// <summary>Runs a query or a mutation and returns its data; throws with the code of the first error.</summary>
    public async Task<JsonElement> SendAsync(string query, object variables, CancellationToken cancellationToken = default)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, address) { Content = JsonContent.Create(new { query, variables }) };
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", await getToken());
        using var response = await _http.SendAsync(request, cancellationToken);
        var answer = await response.Content.ReadFromJsonAsync<JsonElement>(cancellationToken);
        return answer.TryGetProperty("errors", out var errors) ? throw Refusal(errors) : answer.GetProperty("data");
    }

    /// <summary>Calls back for each transaction after a cursor, once. After a lost connection it goes on from the last one.</summary>
    public async Task FollowTransactionsAsync(
        string venueId,
        string? after,
        Func<JsonElement, Task> onTransaction,
        CancellationToken cancellationToken
    )
    {
        const string query = """
            subscription($venueId: ID!, $after: String) {
              transactionAdded(venueId: $venueId, after: $after) { id cursor externalId status total { amountMinor currency } }
            }
            """;
        for (var seconds = 1; ; seconds = Math.Min(seconds * 2, 30))
        {
            try
            {
                using var socket = new ClientWebSocket();
                socket.Options.AddSubProtocol("graphql-transport-ws");
                await socket.ConnectAsync(
                    new UriBuilder(address) { Scheme = address.Scheme == "https" ? "wss" : "ws" }.Uri,
                    cancellationToken
                );
                await WriteAsync(new { type = "connection_init", payload = new { authorization = "Bearer " + await getToken() } });
                while (true)
                {
                    var message = await ReadAsync();
                    switch (message.GetProperty("type").GetString())
                    {
                        case "connection_ack":
                            await WriteAsync(
                                new
                                {
                                    id = "1",
                                    type = "subscribe",
                                    payload = new { query, variables = new { venueId, after } },
                                }
                            );
                            break;
                        case "ping":
                            await WriteAsync(new { type = "pong" });
                            break;
                        case "next":
                            var result = message.GetProperty("payload");
                            if (result.TryGetProperty("errors", out var errors))
                                throw Refusal(errors);
                            var transaction = result.GetProperty("data").GetProperty("transactionAdded");
                            await onTransaction(transaction);
                            after = transaction.GetProperty("cursor").GetString();
                            seconds = 1;
                            break;
                        case "error":
                            throw Refusal(message.GetProperty("payload"));
                    }
                }

                async Task WriteAsync(object message)
                {
                    await using var stream = WebSocketStream.CreateWritableMessageStream(socket, WebSocketMessageType.Text);
                    await JsonSerializer.SerializeAsync(stream, message, cancellationToken: cancellationToken);
                }

                async Task<JsonElement> ReadAsync()
                {
                    await using var stream = WebSocketStream.CreateReadableMessageStream(socket);
                    using var text = new StreamReader(stream);
                    var message = await text.ReadToEndAsync(cancellationToken);
                    return message.Length > 0 ? JsonSerializer.Deserialize<JsonElement>(message) : throw new WebSocketException("closed");
                }
            }
            catch (Exception lost) when (lost is WebSocketException or IOException)
            {
                await Task.Delay(TimeSpan.FromSeconds(seconds), cancellationToken);
            }
        }
    }

    public void Dispose() => _http.Dispose();

    private static InvalidOperationException Refusal(JsonElement errors) =>
        new($"{errors[0].GetProperty("extensions").GetProperty("code")}: {errors[0].GetProperty("message")}");
}
#endregion
