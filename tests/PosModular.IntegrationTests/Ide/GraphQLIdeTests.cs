using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using PosModular.IntegrationTests.House;
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
    public async Task A_person_opens_graphql_in_a_browser_asks_and_listens_and_nothing_leaves_the_host()
    {
        Assert.SkipWhen(Browser.Program is null, "There is no Chromium here; scripts/ensure-chromium.sh could not install one.");
        await using var bar = await Bar.OpenAsync(await postgres.CreateDatabaseAsync());
        await bar.PostAsync(bar.Event("sale-before", amount: 1234));
        var host = await RunningHost.StartAsync(
            bar.Database,
            new Dictionary<string, string?>(bar.Settings) { ["Pos:Ide:Document"] = Document, ["Pos:Ide:Token"] = bar.Owner.Token },
            environment: "Development"
        );
        bar.Hosts.Add(host);

        var visiting = Browser.UseIdeAsync(host, "ide.png", "Sales", "sale-before", "Live", "sale-live");
        if (await Task.WhenAny(bar.SubscribedAsync(), visiting) != visiting)
            await bar.PostAsync(bar.Event("sale-live", amount: 500));
        var visit = await visiting;

        visit.Requests.ShouldContain(new UriBuilder(host.Address) { Scheme = "ws", Path = "/graphql" }.Uri.ToString());
        visit
            .Requests.Where(r => !r.StartsWith("data:", StringComparison.Ordinal) && !r.StartsWith("blob:", StringComparison.Ordinal))
            .Select(r => new Uri(r).Authority)
            .Distinct()
            .ShouldBe([host.Address.Authority]);
        // Chromium itself asks its maker for updates; the pages' own requests are above.
        visit
            .Elsewhere.Where(h =>
                !h.EndsWith(".google.com", StringComparison.Ordinal) && !h.EndsWith(".googleapis.com", StringComparison.Ordinal)
            )
            .ShouldBeEmpty();
        visit.Forbidden.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_browser_is_led_to_the_files_of_the_IDE_and_to_nothing_else()
    {
        await using var host = await StartAsync();

        using var page = await VisitAsync(host);
        page.RequestMessage!.RequestUri!.AbsolutePath.ShouldBe("/graphql/");
        page.StatusCode.ShouldBe(HttpStatusCode.OK);
        page.Content.Headers.ContentType!.MediaType.ShouldBe("text/html");
        page.Headers.GetValues("Content-Security-Policy")
            .Single()
            .ShouldContain($"connect-src 'self' ws://{host.Address.Authority} wss://{host.Address.Authority};");
        (await TextAsync(host, "/graphql/LICENSE")).ShouldContain("ChilliCream License");

        // Its service worker would answer from its cache after an update.
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
            using var answer = await host.Http.GetAsync(
                new Uri("/graphql/" + path, UriKind.Relative),
                TestContext.Current.CancellationToken
            );
            answer.StatusCode.ShouldBe(HttpStatusCode.NotFound, path);
        }
    }

    [Fact]
    public async Task The_IDE_is_told_to_stay_at_home_and_what_to_begin_with()
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
    public async Task Outside_of_Development_no_token_is_given_away()
    {
        var refused = await Should.ThrowAsync<SettingException>(() => StartAsync(("Pos:Ide:Token", TestKeys.Token("owner"))));

        refused.Message.ShouldStartWith("Pos__Ide__Token: ");
    }

    [Fact]
    public async Task Where_the_build_could_not_fetch_the_IDE_a_browser_is_told_how_to_get_it()
    {
        await using var host = await StartAsync(("Pos:Ide:Folder", "not-there"));

        using var answer = await VisitAsync(host);

        answer.StatusCode.ShouldBe(HttpStatusCode.NotFound);
        answer.Content.Headers.ContentType!.MediaType.ShouldBe("text/plain");
        (await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)).ShouldContain("Install Node.js");
        (await new Client(host, TestKeys.Token("owner")).DataAsync("{ venues { nodes { id } } }"))
            .ToString()
            .ShouldBe("""{"venues":{"nodes":[]}}""");
    }

    [Fact]
    public async Task Switched_off_the_IDE_is_gone()
    {
        await using var host = await StartAsync(("Pos:Ide:Enabled", "false"));

        using var page = await VisitAsync(host);
        page.StatusCode.ShouldBe(HttpStatusCode.NotAcceptable);
        using var config = await host.Http.GetAsync(
            new Uri("/graphql/bcp-config.json", UriKind.Relative),
            TestContext.Current.CancellationToken
        );
        config.StatusCode.ShouldBe(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task A_client_that_finds_isDeprecated_on_input_values_may_ask_directives_for_deprecated_arguments()
    {
        await using var host = await StartAsync();

        (
            await new Client(host, TestKeys.Token("owner")).DataAsync(
                "{ __schema { directives { name args(includeDeprecated: true) { name isDeprecated } } } }"
            )
        )
            .At("__schema.directives")
            .GetArrayLength()
            .ShouldBeGreaterThan(1);
    }

    private async Task<RunningHost> StartAsync(params (string Name, string Value)[] settings) =>
        await RunningHost.StartAsync(
            await postgres.CreateDatabaseAsync(),
            settings.Append(("Pos:PublicBaseUrl", "https://pos.example.test")).ToDictionary(s => s.Item1, s => (string?)s.Item2)
        );

    private static Task<HttpResponseMessage> VisitAsync(RunningHost host)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, "/graphql");
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("text/html"));
        return host.Http.SendAsync(request, TestContext.Current.CancellationToken);
    }

    private static Task<string> TextAsync(RunningHost host, string path) =>
        host.Http.GetStringAsync(new Uri(path, UriKind.Relative), TestContext.Current.CancellationToken);
}
