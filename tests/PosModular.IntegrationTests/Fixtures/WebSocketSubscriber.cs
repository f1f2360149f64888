using System.Diagnostics;
using System.Text.Json;
using System.Threading.Channels;

namespace PosModular.IntegrationTests.Fixtures;

/// <summary>A real WebSocket client: Node with the public graphql-ws package.</summary>
internal sealed class WebSocketSubscriber : IAsyncDisposable
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(30);
    private readonly Process _node;
    private readonly Channel<(string Type, JsonElement Value)> _messages = Channel.CreateUnbounded<(string, JsonElement)>();
    private readonly Task _reading;
    private volatile bool _isDisposing;

    private WebSocketSubscriber(Process node)
    {
        _node = node;
        _reading = ReadAsync();
    }

    /// <summary>Connects and subscribes; returns once the server has acknowledged the connection.</summary>
    public static async Task<WebSocketSubscriber> StartAsync(TestHost host, string token, string query, object? variables = null)
    {
        var subscriber = BeginConnect(host, token, query, variables);
        var (type, value) = await subscriber.ReceiveAsync();
        type.ShouldBe("connected", value.ToString());
        return subscriber;
    }

    /// <summary>Starts to connect and subscribe; the messages tell whether the server accepts it.</summary>
    public static WebSocketSubscriber BeginConnect(TestHost host, string token, string query, object? variables = null)
    {
        var folder = Path.Combine(Repository.Root, "tests", "PosModular.IntegrationTests", "graphql-ws-client");
        var start = new ProcessStartInfo("node")
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardInput = true,
        };
        start.ArgumentList.Add("subscribe.mjs");
        start.ArgumentList.Add(new UriBuilder(host.Address) { Scheme = "ws", Path = "/graphql" }.Uri.ToString());
        start.ArgumentList.Add(query);
        start.ArgumentList.Add(JsonSerializer.Serialize(variables ?? new { }));
        start.Environment["POS_TOKEN"] = token;
        return new WebSocketSubscriber(Process.Start(start)!);
    }

    /// <summary>Waits for the next message: connected, next, error, complete or closed.</summary>
    public async Task<(string Type, JsonElement Value)> ReceiveAsync()
    {
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        timeout.CancelAfter(Timeout);
        return await _messages.Reader.ReadAsync(timeout.Token);
    }

    /// <summary>Waits for the next value of the subscribed field; fails on any other message.</summary>
    public async Task<JsonElement> NextAsync()
    {
        var (type, value) = await ReceiveAsync();
        type.ShouldBe("next", value.ToString());
        value.TryGetProperty("errors", out var errors).ShouldBeFalse(errors.ToString());
        return value.GetProperty("data").EnumerateObject().Single().Value;
    }

    private async Task ReadAsync()
    {
        while (await _node.StandardOutput.ReadLineAsync() is { } line)
        {
            if (_isDisposing)
                break; // the killed process may have written half a line
            var message = JsonDocument.Parse(line).RootElement;
            await _messages.Writer.WriteAsync((message.GetProperty("type").GetString()!, message.GetProperty("value")));
        }
        _messages.Writer.Complete();
    }

    public async ValueTask DisposeAsync()
    {
        _isDisposing = true;
        if (!_node.HasExited)
            _node.Kill();
        await _node.WaitForExitAsync();
        await _reading;
        _node.Dispose();
    }
}
