using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using PosModular.IntegrationTests.Fixtures;

namespace PosModular.IntegrationTests.Browsers;

/// <summary>Serves one page on a port of its own, so that for a browser it is of another origin than the host.</summary>
internal sealed class PageServer : IAsyncDisposable
{
    private readonly WebApplication _app;

    private PageServer(WebApplication app) => _app = app;

    /// <summary>The origin of the page, for example http://127.0.0.1:40123.</summary>
    public string Origin => _app.Urls.Single();

    public static async Task<PageServer> StartAsync()
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        var page = Path.Combine(Repository.Root, "tests", "PosModular.IntegrationTests", "Browsers", "page.html");
        app.Run(http =>
        {
            http.Response.ContentType = "text/html";
            return http.Response.SendFileAsync(page, http.RequestAborted);
        });
        await app.StartAsync(TestContext.Current.CancellationToken);
        return new PageServer(app);
    }

    /// <summary>The page's address with what it needs to call the host.</summary>
    public Uri PageFor(TestHost host, string token) =>
        new($"{Origin}/?host={Uri.EscapeDataString(host.Address.ToString())}&token={Uri.EscapeDataString(token)}");

    public ValueTask DisposeAsync() => _app.DisposeAsync();
}
