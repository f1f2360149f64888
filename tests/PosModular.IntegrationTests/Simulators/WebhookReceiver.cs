using System.Collections.Concurrent;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;

namespace PosModular.IntegrationTests.Simulators;

/// <summary>Receives webhooks and responds with the given status codes in order, then always with the last one.</summary>
internal sealed class WebhookReceiver : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly ConcurrentQueue<int> _statusCodes;

    private WebhookReceiver(WebApplication app, int[] statusCodes) => (_app, _statusCodes) = (app, new ConcurrentQueue<int>(statusCodes));

    public string Url => _app.Urls.First() + "/hooks";
    public ConcurrentQueue<(IReadOnlyDictionary<string, string> Headers, byte[] Body)> Received { get; } = [];

    public static async Task<WebhookReceiver> StartAsync(params int[] statusCodes)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        var receiver = new WebhookReceiver(app, statusCodes);
        app.Run(receiver.HandleAsync);
        await app.StartAsync(TestContext.Current.CancellationToken);
        return receiver;
    }

    private async Task HandleAsync(HttpContext context)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body, context.RequestAborted);
        Received.Enqueue(
            (context.Request.Headers.ToDictionary(h => h.Key, h => h.Value.ToString(), StringComparer.OrdinalIgnoreCase), body.ToArray())
        );
        context.Response.StatusCode =
            _statusCodes.Count > 1 && _statusCodes.TryDequeue(out var next) ? next
            : _statusCodes.TryPeek(out var last) ? last
            : 200;
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();
}
