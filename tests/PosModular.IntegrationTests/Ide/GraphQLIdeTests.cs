using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using PosModular.IntegrationTests.Fixtures;
using PosModular.IntegrationTests.Postgres;
using PosModular.Kernel.Settings;

namespace PosModular.IntegrationTests.Ide;

public sealed class GraphQLIdeTests(TestPostgres postgres)
{
    private const string Document = """
        query Sales { venue(id: "bar") { transactions { nodes { externalId total { formatted } } } } }

        subscription Live { transactionAdded(venueId: "bar") { externalId total { formatted } } }
        """;

    [Fact]
    public async Task The_IDE_queries_and_subscribes_in_a_browser_and_contacts_no_other_host()
    {
        Assert.SkipWhen(
            HeadlessBrowser.ExecutablePath is null,
            "There is no Chromium here; scripts/ensure-chromium.sh could not install one."
        );
        await using var venue = await TestVenue.CreateAsync(await postgres.CreateDatabaseAsync());
        await venue.PostWebhookAsync(venue.PaymentEvent("sale-before", amount: 1234));
        var host = await TestHost.StartAsync(
            venue.Database,
            new Dictionary<string, string?>(venue.Settings) { ["Pos:Ide:Document"] = Document, ["Pos:Ide:Token"] = venue.Owner.Token },
            environment: "Development"
        );
        venue.Hosts.Add(host);

        var browsing = HeadlessBrowser.UseIdeAsync(host, "ide.png", "Sales", "sale-before", "Live", "sale-live");
        if (await Task.WhenAny(venue.WaitForSubscribersAsync(), browsing) != browsing)
            await venue.PostWebhookAsync(venue.PaymentEvent("sale-live", amount: 500));
        var session = await browsing;

        session.Requests.ShouldContain(new UriBuilder(host.Address) { Scheme = "ws", Path = "/graphql" }.Uri.ToString());
        session
            .Requests.Where(r => !r.StartsWith("data:", StringComparison.Ordinal) && !r.StartsWith("blob:", StringComparison.Ordinal))
            .Select(r => new Uri(r).Authority)
            .Distinct()
            .ShouldBe([host.Address.Authority]);
        // Chromium itself contacts Google for updates; the requests of the pages are checked above.
        session
            .ExternalHosts.Where(h =>
                !h.EndsWith(".google.com", StringComparison.Ordinal) && !h.EndsWith(".googleapis.com", StringComparison.Ordinal)
            )
            .ShouldBeEmpty();
        session.CspViolations.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_browser_is_served_the_files_of_the_IDE_and_nothing_else()
    {
        await using var host = await StartAsync();

        using var page = await OpenIdeAsync(host);
        page.RequestMessage!.RequestUri!.AbsolutePath.ShouldBe("/graphql/");
        page.StatusCode.ShouldBe(HttpStatusCode.OK);
        page.Content.Headers.ContentType!.MediaType.ShouldBe("text/html");
        page.Headers.GetValues("Content-Security-Policy")
            .Single()
            .ShouldContain($"connect-src 'self' ws://{host.Address.Authority} wss://{host.Address.Authority};");
        (await TextAsync(host, "/graphql/LICENSE")).ShouldContain("ChilliCream License");

        // The IDE's service worker is not served: after an update it would respond from its cache.
        foreach (
            var path in new[]
            {
                "service-worker.js",
                "package.json",
                "..%2fappsettings.json",
                "static/..%2f..%2fappsettings.json",
                "%2e%2e/appsettings.json",
            }
        )
        {
            using var response = await host.Http.GetAsync(
                new Uri("/graphql/" + path, UriKind.Relative),
                TestContext.Current.CancellationToken
            );
            response.StatusCode.ShouldBe(HttpStatusCode.NotFound, path);
        }
    }

    [Fact]
    public async Task The_IDE_is_configured_without_telemetry_and_with_the_initial_document()
    {
        var file = Path.GetTempFileName();
        await File.WriteAllTextAsync(file, Document, TestContext.Current.CancellationToken);
        await using var host = await StartAsync(("Pos:Ide:Document", file));
        File.Delete(file);

        var config = await host.Http.GetFromJsonAsync<JsonElement>("/graphql/bcp-config.json", TestContext.Current.CancellationToken);

        config.At("disableTelemetry").GetBoolean().ShouldBeTrue();
        config.At("useBrowserUrlAsEndpoint").GetBoolean().ShouldBeTrue();
        config.At("graphQLDocument").GetString().ShouldBe(Document);
        config.TryGetProperty("httpHeaders", out _).ShouldBeFalse();
    }

    [Fact]
    public async Task Outside_Development_a_configured_IDE_token_stops_the_start()
    {
        var refused = await Should.ThrowAsync<SettingException>(() => StartAsync(("Pos:Ide:Token", TestKeys.Token("owner"))));

        refused.Message.ShouldStartWith("Pos__Ide__Token: ");
    }

    [Fact]
    public async Task Without_the_IDE_files_a_browser_gets_instructions_for_installing_them()
    {
        await using var host = await StartAsync(("Pos:Ide:Folder", "not-there"));

        using var response = await OpenIdeAsync(host);

        response.StatusCode.ShouldBe(HttpStatusCode.NotFound);
        response.Content.Headers.ContentType!.MediaType.ShouldBe("text/plain");
        (await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)).ShouldContain("Install Node.js");
        host.Log.Lines.Count(l => l.Contains("lacks the GraphQL IDE", StringComparison.Ordinal)).ShouldBe(1);
        (await new GraphQLClient(host, TestKeys.Token("owner")).GetDataAsync("{ venues { nodes { id } } }"))
            .ToString()
            .ShouldBe("""{"venues":{"nodes":[]}}""");
    }

    [Fact]
    public async Task A_disabled_IDE_is_not_served()
    {
        await using var host = await StartAsync(("Pos:Ide:Enabled", "false"));

        using var page = await OpenIdeAsync(host);
        page.StatusCode.ShouldBe(HttpStatusCode.NotAcceptable);
        using var config = await host.Http.GetAsync(
            new Uri("/graphql/bcp-config.json", UriKind.Relative),
            TestContext.Current.CancellationToken
        );
        config.StatusCode.ShouldBe(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task Introspection_of_directives_accepts_includeDeprecated()
    {
        await using var host = await StartAsync();

        (
            await new GraphQLClient(host, TestKeys.Token("owner")).GetDataAsync(
                "{ __schema { directives { name args(includeDeprecated: true) { name isDeprecated } } } }"
            )
        )
            .At("__schema.directives")
            .GetArrayLength()
            .ShouldBeGreaterThan(1);
    }

    private async Task<TestHost> StartAsync(params (string Name, string Value)[] settings) =>
        await TestHost.StartAsync(
            await postgres.CreateDatabaseAsync(),
            settings.Append(("Pos:PublicBaseUrl", "https://pos.example.test")).ToDictionary(s => s.Item1, s => (string?)s.Item2)
        );

    private static Task<HttpResponseMessage> OpenIdeAsync(TestHost host)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, "/graphql");
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("text/html"));
        return host.Http.SendAsync(request, TestContext.Current.CancellationToken);
    }

    private static Task<string> TextAsync(TestHost host, string path) =>
        host.Http.GetStringAsync(new Uri(path, UriKind.Relative), TestContext.Current.CancellationToken);
}
