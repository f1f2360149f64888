using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;

namespace PosModular.IntegrationTests.House;

/// <summary>The public address in front of a host: passes on what comes, or answers in its place.</summary>
internal sealed class Doorway : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly HttpClient _http = new(new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false });

    private Doorway(WebApplication app) => _app = app;

    public string Address => _app.Urls.First();

    /// <summary>Where what comes is passed on to; nowhere while null.</summary>
    public RunningHost? Host { get; set; }

    /// <summary>Answered in the host's place; null for what the host has answered.</summary>
    public int? Answer { get; set; } = 404;

    /// <summary>Ends when somebody stands in it; null for those who may pass at once.</summary>
    public TaskCompletionSource? Arrived { get; set; }

    /// <summary>Who has arrived waits for this.</summary>
    public TaskCompletionSource? Opened { get; set; }

    public static async Task<Doorway> OpenAsync()
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        var doorway = new Doorway(app);
        app.Run(doorway.TakeAsync);
        await app.StartAsync(TestContext.Current.CancellationToken);
        return doorway;
    }

    private async Task TakeAsync(HttpContext http)
    {
        Arrived?.TrySetResult();
        if (Opened is { } opened)
            await opened.Task.WaitAsync(http.RequestAborted);
        http.Response.StatusCode = Host is { } host ? await PassOnAsync(http, host) : 200;
        http.Response.StatusCode = Answer ?? http.Response.StatusCode;
    }

    private async Task<int> PassOnAsync(HttpContext http, RunningHost host)
    {
        using var body = new MemoryStream();
        await http.Request.Body.CopyToAsync(body, http.RequestAborted);
        using var request = new HttpRequestMessage(new HttpMethod(http.Request.Method), new Uri(host.Address, http.Request.Path))
        {
            Content = new ByteArrayContent(body.ToArray()),
        };
        foreach (var header in http.Request.Headers.Where(h => h.Key.StartsWith("x-", StringComparison.OrdinalIgnoreCase)))
            request.Headers.TryAddWithoutValidation(header.Key, (string?)header.Value);
        using var answer = await _http.SendAsync(request, http.RequestAborted);
        return (int)answer.StatusCode;
    }

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await _app.DisposeAsync();
    }
}
