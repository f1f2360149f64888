using System.Net;
using System.Net.WebSockets;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting.Internal;
using PosModular.Host.Cors;
using PosModular.IntegrationTests.Fixtures;
using PosModular.IntegrationTests.Postgres;
using PosModular.Kernel.Settings;

namespace PosModular.IntegrationTests.Browsers;

/// <summary>Which origins the host allows, on which paths, and what it tells browsers about it.</summary>
public sealed class CorsTests(TestPostgres postgres)
{
    private const string Listed = "https://app.example.test";
    private static readonly string[] Paths = ["/graphql", "/api/venues/bar/transactions.csv"];

    [Fact]
    public async Task The_answer_to_a_preflight_allows_every_header_and_is_kept_for_a_day()
    {
        await using var host = await StartAsync($"https://other.example.test, {Listed}");
        foreach (var path in Paths)
        {
            using var response = await PreflightAsync(host, path, Listed);

            response.StatusCode.ShouldBe(HttpStatusCode.NoContent);
            Header(response, "Access-Control-Allow-Origin").ShouldBe(Listed);
            Header(response, "Access-Control-Allow-Headers").ShouldBe("authorization,content-type,last-event-id");
            Header(response, "Access-Control-Allow-Methods").ShouldBe("GET,POST");
            Header(response, "Access-Control-Max-Age").ShouldBe("86400");
            Header(response, "Access-Control-Allow-Credentials").ShouldBeNull();
            Header(response, "Vary").ShouldBe("Origin");
        }
    }

    [Fact]
    public async Task A_refusal_for_lack_of_a_token_can_be_read_by_the_page()
    {
        await using var host = await StartAsync(Listed);
        foreach (var path in Paths)
        {
            using var response = await GetAsync(host, path, Listed);

            (await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)).ShouldContain("UNAUTHENTICATED");
            Header(response, "Access-Control-Allow-Origin").ShouldBe(Listed);
            Header(response, "Access-Control-Expose-Headers").ShouldBe("Content-Disposition,Retry-After,traceparent");
        }
    }

    [Fact]
    public async Task Webhooks_and_the_files_of_the_IDE_are_not_for_other_origins()
    {
        await using var host = await StartAsync("*");
        foreach (var path in new[] { "/api/pos/webhooks/square", "/graphql/bcp-config.json", "/health/live" })
        {
            using var preflight = await PreflightAsync(host, path, Listed);
            using var response = await GetAsync(host, path, Listed);

            Header(preflight, "Access-Control-Allow-Origin").ShouldBeNull(path);
            Header(response, "Access-Control-Allow-Origin").ShouldBeNull(path);
        }
        using var allowed = await GetAsync(host, "/graphql", Listed);
        Header(allowed, "Access-Control-Allow-Origin").ShouldBe(Listed);
    }

    [Theory]
    [InlineData(null, "Production", "http://localhost:3000", false)]
    [InlineData("", "Development", "http://localhost:3000", false)]
    [InlineData(null, "Development", "http://localhost:3000", true)]
    [InlineData(null, "Development", "https://127.0.0.1:5173", true)]
    [InlineData(null, "Development", "http://[::1]:5173", true)]
    [InlineData(null, "Development", "http://localhost.example.test", false)]
    [InlineData(null, "Development", "null", false)]
    [InlineData("*", "Production", "https://anything.example.test", true)]
    [InlineData("*", "Production", "null", true)]
    [InlineData(Listed, "Development", "http://localhost:3000", false)]
    [InlineData(Listed, "Production", "http://app.example.test", false)]
    [InlineData(Listed, "Production", "https://app.example.test:8443", false)]
    [InlineData(Listed, "Production", "https://app.example.test.example.com", false)]
    [InlineData("https://App.Example.Test:443", "Production", Listed, true)]
    [InlineData("https://bücher.example.test", "Production", "https://xn--bcher-kva.example.test", true)]
    [InlineData("http://[::1]:3000", "Production", "http://[::1]:3000", true)]
    public void An_origin_is_allowed_as_the_setting_says(string? setting, string environment, string origin, bool isAllowed)
    {
        var webSocket = new DefaultHttpContext().Request;
        (webSocket.Host, webSocket.Headers.Origin) = (new HostString("pos.example.test"), origin);

        Read(setting, environment).Allows(origin).ShouldBe(isAllowed);
        Read(setting, environment).AllowsWebSocket(webSocket).ShouldBe(isAllowed);
    }

    [Fact]
    public async Task A_WebSocket_is_opened_for_pages_of_the_host_and_for_programs()
    {
        await using var host = await StartAsync(Listed);

        (await OpenWebSocketAsync(host, null)).ShouldBe(HttpStatusCode.SwitchingProtocols);
        (await OpenWebSocketAsync(host, $"http://{host.Address.Authority}")).ShouldBe(HttpStatusCode.SwitchingProtocols);
        (await OpenWebSocketAsync(host, $"https://{host.Address.Authority}")).ShouldBe(HttpStatusCode.SwitchingProtocols);
        (await OpenWebSocketAsync(host, "https://pos.example.test")).ShouldBe(HttpStatusCode.SwitchingProtocols);
        (await OpenWebSocketAsync(host, $"http://{host.Address.Host}:1")).ShouldBe(HttpStatusCode.Forbidden);
        (await OpenWebSocketAsync(host, "https://stranger.example.test")).ShouldBe(HttpStatusCode.Forbidden);
    }

    [Theory]
    [InlineData("app.example.test")]
    [InlineData("https://app.example.test/")]
    [InlineData("https://app.example.test/path")]
    [InlineData("https://app.example.test?x")]
    [InlineData("https://me@app.example.test")]
    [InlineData("https://*.example.test")]
    [InlineData("https://app.example.test:99999")]
    [InlineData("https://app.example.test;https://other.example.test")]
    [InlineData("wss://app.example.test")]
    [InlineData("https:app.example.test")]
    [InlineData("null")]
    [InlineData("*, https://app.example.test")]
    public void A_malformed_origin_is_refused(string origin)
    {
        var refused = Should.Throw<SettingException>(() => Read($"{Listed}, {origin}", "Production"));

        refused.Message.ShouldStartWith("Pos__Cors__Origins: \"");
        refused.Message.ShouldContain("is not an origin. Write scheme, host and port only");
        refused.Message.ShouldNotContain("\n");
    }

    [Fact]
    public async Task A_malformed_origin_stops_the_start()
    {
        var refused = await Should.ThrowAsync<SettingException>(() => StartAsync(Listed + "/"));

        refused.Message.ShouldBe(
            "Pos__Cors__Origins: \"https://app.example.test/\" is not an origin. Write scheme, host and port only, such as "
                + "https://app.example.com, with commas between several, or * alone for every origin."
        );
    }

    private static AllowedOrigins Read(string? setting, string environment) =>
        AllowedOrigins.Read(
            new ConfigurationBuilder().AddInMemoryCollection([KeyValuePair.Create("Pos:Cors:Origins", setting)]).Build(),
            new HostingEnvironment { EnvironmentName = environment }
        );

    private async Task<TestHost> StartAsync(string origins) =>
        await TestHost.StartAsync(
            await postgres.CreateDatabaseAsync(),
            new Dictionary<string, string?> { ["Pos:PublicBaseUrl"] = "https://pos.example.test", ["Pos:Cors:Origins"] = origins }
        );

    private static async Task<HttpResponseMessage> PreflightAsync(TestHost host, string path, string origin)
    {
        using var request = new HttpRequestMessage(HttpMethod.Options, path);
        request.Headers.Add("Origin", origin);
        request.Headers.Add("Access-Control-Request-Method", "POST");
        request.Headers.Add("Access-Control-Request-Headers", "authorization,content-type,last-event-id");
        return await host.Http.SendAsync(request, TestContext.Current.CancellationToken);
    }

    private static async Task<HttpResponseMessage> GetAsync(TestHost host, string path, string origin)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.Add("Origin", origin);
        return await host.Http.SendAsync(request, TestContext.Current.CancellationToken);
    }

    private static async Task<HttpStatusCode> OpenWebSocketAsync(TestHost host, string? origin)
    {
        using var socket = new ClientWebSocket();
        socket.Options.CollectHttpResponseDetails = true;
        socket.Options.AddSubProtocol("graphql-transport-ws");
        if (origin is not null)
            socket.Options.SetRequestHeader("Origin", origin);
        try
        {
            await socket.ConnectAsync(
                new UriBuilder(host.Address) { Scheme = "ws", Path = "/graphql" }.Uri,
                TestContext.Current.CancellationToken
            );
        }
        catch (WebSocketException)
        {
            // The status tells.
        }
        return socket.HttpStatusCode;
    }

    private static string? Header(HttpResponseMessage response, string name) =>
        response.Headers.TryGetValues(name, out var values) || response.Content.Headers.TryGetValues(name, out values)
            ? string.Join(",", values)
            : null;
}
