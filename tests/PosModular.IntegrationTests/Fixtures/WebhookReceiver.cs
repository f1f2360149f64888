using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;

namespace PosModular.IntegrationTests.Fixtures;

/// <summary>An outgoing webhook as it arrived.</summary>
/// <param name="Path">The path that was called.</param>
/// <param name="Headers">The headers of the Standard Webhooks convention.</param>
/// <param name="Body">The body, byte for byte.</param>
/// <param name="Number">How many had arrived before.</param>
internal sealed record ReceivedWebhook(string Path, IReadOnlyDictionary<string, string> Headers, string Body, int Number)
{
    public string Id => Headers["webhook-id"];

    public JsonElement Event => JsonDocument.Parse(Body).RootElement;

    public string Type => Event.At("type").GetString()!;

    /// <summary>Checks the signature with the public npm package; returns the reason when it is wrong, null when it is right.</summary>
    public async Task<string?> VerifyAsync(string secret)
    {
        var start = new ProcessStartInfo("node")
        {
            WorkingDirectory = System.IO.Path.Combine(Repository.Root, "tests", "PosModular.IntegrationTests", "standardwebhooks"),
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.ArgumentList.Add("verify.mjs");
        using var node = Process.Start(start)!;
        await node.StandardInput.WriteAsync(
            JsonSerializer.Serialize(
                new
                {
                    secret,
                    headers = Headers,
                    body = Body,
                }
            )
        );
        node.StandardInput.Close();
        var (payload, error) = (await node.StandardOutput.ReadToEndAsync(), await node.StandardError.ReadToEndAsync());
        await node.WaitForExitAsync();
        if (node.ExitCode != 0)
            return error;
        payload.ShouldBe(JsonSerializer.Serialize(Event, JsonSerializerOptions.Web));
        return null;
    }
}

/// <summary>Another system that receives outgoing webhooks.</summary>
internal sealed class WebhookReceiver : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly ConcurrentQueue<ReceivedWebhook> _received = new();
    private int _count;

    private WebhookReceiver(WebApplication app) => _app = app;

    public string Address => _app.Urls.First();

    public IReadOnlyList<ReceivedWebhook> Received => [.. _received];

    /// <summary>Answers each webhook; 200 without a body unless a test says otherwise.</summary>
    public Func<ReceivedWebhook, HttpContext, Task> Answer { get; set; } = (_, _) => Task.CompletedTask;

    public static async Task<WebhookReceiver> StartAsync()
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        var receiver = new WebhookReceiver(app);
        app.Run(receiver.HandleAsync);
        await app.StartAsync(TestContext.Current.CancellationToken);
        return receiver;
    }

    private async Task HandleAsync(HttpContext http)
    {
        using var reader = new StreamReader(http.Request.Body);
        var received = new ReceivedWebhook(
            http.Request.Path,
            http.Request.Headers.Where(h => h.Key.StartsWith("webhook-", StringComparison.OrdinalIgnoreCase))
                .ToDictionary(h => h.Key.ToLowerInvariant(), h => h.Value.ToString()),
            await reader.ReadToEndAsync(http.RequestAborted),
            Interlocked.Increment(ref _count) - 1
        );
        _received.Enqueue(received);
        await Answer(received, http);
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();
}
