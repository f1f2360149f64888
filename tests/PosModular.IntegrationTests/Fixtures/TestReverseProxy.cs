using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;

namespace PosModular.IntegrationTests.Fixtures;

/// <summary>Stands at the public address of a host: forwards requests to it or responds in its place.</summary>
internal sealed class TestReverseProxy : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly HttpClient _http = new(new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false });

    private TestReverseProxy(WebApplication app) => _app = app;

    public string Address => _app.Urls.First();

    /// <summary>The host to which requests are forwarded; none while null.</summary>
    public TestHost? Host { get; set; }

    /// <summary>The status code that is sent instead of the host's; null sends the host's.</summary>
    public int? StatusCodeOverride { get; set; } = 404;

    /// <summary>Completes when a request arrives; null if nobody waits for one.</summary>
    public TaskCompletionSource? RequestArrived { get; set; }

    /// <summary>Holds requests back until it completes; null forwards them at once.</summary>
    public TaskCompletionSource? Release { get; set; }

    public static async Task<TestReverseProxy> StartAsync()
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        var proxy = new TestReverseProxy(app);
        app.Run(proxy.HandleAsync);
        await app.StartAsync(TestContext.Current.CancellationToken);
        return proxy;
    }

    private async Task HandleAsync(HttpContext http)
    {
        RequestArrived?.TrySetResult();
        if (Release is { } release)
            await release.Task.WaitAsync(http.RequestAborted);
        http.Response.StatusCode = Host is { } host ? await ForwardAsync(http, host) : 200;
        http.Response.StatusCode = StatusCodeOverride ?? http.Response.StatusCode;
    }

    private async Task<int> ForwardAsync(HttpContext http, TestHost host)
    {
        using var body = new MemoryStream();
        await http.Request.Body.CopyToAsync(body, http.RequestAborted);
        using var request = new HttpRequestMessage(new HttpMethod(http.Request.Method), new Uri(host.Address, http.Request.Path))
        {
            Content = new ByteArrayContent(body.ToArray()),
        };
        foreach (var header in http.Request.Headers.Where(h => h.Key.StartsWith("x-", StringComparison.OrdinalIgnoreCase)))
            request.Headers.TryAddWithoutValidation(header.Key, (string?)header.Value);
        using var response = await _http.SendAsync(request, http.RequestAborted);
        return (int)response.StatusCode;
    }

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await _app.DisposeAsync();
    }
}
