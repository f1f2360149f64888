using System.Collections.Concurrent;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;

namespace PosModular.IntegrationTests.Simulators;

/// <summary>Takes webhooks and answers each with the next status it was told, the last one again and again.</summary>
internal sealed class Receiver : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly ConcurrentQueue<int> _answers;

    private Receiver(WebApplication app, int[] answers) => (_app, _answers) = (app, new ConcurrentQueue<int>(answers));

    public string Url => _app.Urls.First() + "/hooks";
    public ConcurrentQueue<(IReadOnlyDictionary<string, string> Headers, byte[] Body)> Got { get; } = [];

    public static async Task<Receiver> StartAsync(params int[] answers)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        var receiver = new Receiver(app, answers);
        app.Run(receiver.TakeAsync);
        await app.StartAsync(TestContext.Current.CancellationToken);
        return receiver;
    }

    private async Task TakeAsync(HttpContext context)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body, context.RequestAborted);
        Got.Enqueue(
            (context.Request.Headers.ToDictionary(h => h.Key, h => h.Value.ToString(), StringComparer.OrdinalIgnoreCase), body.ToArray())
        );
        context.Response.StatusCode =
            _answers.Count > 1 && _answers.TryDequeue(out var next) ? next
            : _answers.TryPeek(out var last) ? last
            : 200;
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();
}
