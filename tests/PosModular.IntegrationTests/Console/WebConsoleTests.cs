using System.IO.Compression;
using System.Net;
using System.Text.RegularExpressions;
using PosModular.IntegrationTests.Fixtures;
using PosModular.IntegrationTests.Postgres;

namespace PosModular.IntegrationTests.Console;

/// <summary>The page of the console and its files.</summary>
public sealed partial class WebConsoleTests(TestPostgres postgres) : IDisposable
{
    private const string AcceptOfBrowser = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";

    private readonly ConsoleFolder _files = new();

    [Fact]
    public async Task The_page_has_a_strict_policy_and_is_not_stored()
    {
        await using var host = await StartAsync();

        using var page = await NavigateAsync(host, "/");

        page.StatusCode.ShouldBe(HttpStatusCode.OK);
        page.Content.Headers.ContentType!.ToString().ShouldBe("text/html; charset=utf-8");
        page.Headers.CacheControl!.ToString().ShouldBe("no-store");
        Header(page, "X-Content-Type-Options").ShouldBe("nosniff");
        Header(page, "X-Frame-Options").ShouldBe("DENY");
        Header(page, "Referrer-Policy").ShouldBe("no-referrer");
        var nonce = NonceOf(await TextOfAsync(page));
        PolicyOf(page)
            .ShouldBe(
                new Dictionary<string, string>
                {
                    ["default-src"] = "'none'",
                    ["script-src"] = $"'self' 'nonce-{nonce}'",
                    ["style-src"] = $"'self' 'nonce-{nonce}'",
                    ["img-src"] = "'self' data:",
                    ["font-src"] = "'self'",
                    ["manifest-src"] = "'self'",
                    ["connect-src"] = $"'self' ws://{host.Address.Authority} wss://{host.Address.Authority}",
                    ["frame-src"] = "'none'",
                    ["base-uri"] = "'none'",
                    ["form-action"] = "'self'",
                    ["frame-ancestors"] = "'none'",
                },
                ignoreOrder: true
            );
    }

    [Fact]
    public async Task Each_response_has_a_nonce_of_its_own_wherever_the_page_needs_one()
    {
        await using var host = await StartAsync();

        using var first = await NavigateAsync(host, "/");
        using var second = await NavigateAsync(host, "/");

        var (firstText, secondText) = (await TextOfAsync(first), await TextOfAsync(second));
        firstText.ShouldNotContain("__NONCE__");
        Nonce().Count(firstText).ShouldBe(2);
        NonceOf(firstText).ShouldNotBe(NonceOf(secondText));
        Convert.FromBase64String(NonceOf(firstText)).Length.ShouldBeGreaterThanOrEqualTo(16);
    }

    [Fact]
    public async Task Every_address_that_a_browser_opens_shows_the_console_unless_it_belongs_to_another_endpoint()
    {
        await using var host = await StartAsync(("Pos:Ide:Enabled", "false"));

        foreach (var path in new[] { "/transactions", "/demo-bar/members/user-1?tab=cards", "/transactions?query=sale-1", "/graphqlish" })
        {
            using var page = await NavigateAsync(host, path);
            page.StatusCode.ShouldBe(HttpStatusCode.OK, path);
            (await TextOfAsync(page)).ShouldContain(ConsoleFolder.Script, customMessage: path);
        }
        foreach (
            var (path, expected) in new[]
            {
                ("/graphql", HttpStatusCode.NotAcceptable),
                ("/GraphQL", HttpStatusCode.NotAcceptable),
                ("/graphql/nothing", HttpStatusCode.NotFound),
                ("/api/nothing", HttpStatusCode.NotFound),
                ("/health/nothing", HttpStatusCode.NotFound),
                ("/health/live", HttpStatusCode.OK),
            }
        )
        {
            using var response = await NavigateAsync(host, path);
            response.StatusCode.ShouldBe(expected, path);
            (await TextOfAsync(response)).ShouldNotContain(ConsoleFolder.Script, customMessage: path);
        }
    }

    [Fact]
    public async Task What_is_no_navigation_does_not_get_the_page()
    {
        await using var host = await StartAsync();

        using var fetched = await SendAsync(host, HttpMethod.Get, "/transactions", ("Accept", "application/json"));
        using var refused = await SendAsync(host, HttpMethod.Get, "/transactions", ("Accept", "text/html;q=0, application/json"));
        using var posted = await SendAsync(host, HttpMethod.Post, "/", ("Accept", AcceptOfBrowser));

        fetched.StatusCode.ShouldBe(HttpStatusCode.NotFound);
        refused.StatusCode.ShouldBe(HttpStatusCode.NotFound);
        posted.StatusCode.ShouldBe(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task A_file_is_kept_for_ever_because_its_name_contains_its_hash()
    {
        await using var host = await StartAsync();

        using var script = await SendAsync(host, HttpMethod.Get, "/assets/" + ConsoleFolder.Script);
        using var style = await SendAsync(host, HttpMethod.Get, "/assets/" + ConsoleFolder.Style);

        script.StatusCode.ShouldBe(HttpStatusCode.OK);
        Header(script, "Cache-Control").ShouldBe("public, max-age=31536000, immutable");
        Header(script, "X-Content-Type-Options").ShouldBe("nosniff");
        script.Headers.Vary.ShouldBe(["Accept-Encoding"]);
        script.Content.Headers.ContentType!.ToString().ShouldBe("text/javascript; charset=utf-8");
        script.Content.Headers.ContentEncoding.ShouldBeEmpty();
        (await TextOfAsync(script)).ShouldBe(ConsoleFolder.ScriptText);
        style.Content.Headers.ContentType!.ToString().ShouldBe("text/css; charset=utf-8");
    }

    [Fact]
    public async Task A_file_is_sent_in_the_best_encoding_that_the_browser_accepts()
    {
        await using var host = await StartAsync();

        // The build left no compressed style, so the host compresses it.
        foreach (
            var (accepted, expected) in new[]
            {
                ("gzip, deflate, br, zstd", "br"),
                ("gzip, br;q=0", "gzip"),
                ("gzip;q=0", null),
                ("identity", null),
            }
        )
        {
            using var style = await SendAsync(host, HttpMethod.Get, "/assets/" + ConsoleFolder.Style, ("Accept-Encoding", accepted));
            style.Content.Headers.ContentEncoding.SingleOrDefault().ShouldBe(expected, accepted);
            (await DecompressAsync(style)).ShouldBe(ConsoleFolder.StyleText, accepted);
        }

        // What the build has compressed is sent as it is.
        using var script = await SendAsync(host, HttpMethod.Get, "/assets/" + ConsoleFolder.Script, ("Accept-Encoding", "br"));

        (await DecompressAsync(script)).ShouldBe(ConsoleFolder.BrotliOfBuild);
    }

    [Fact]
    public async Task A_file_that_is_missing_is_not_found_and_never_the_page()
    {
        await using var host = await StartAsync();

        foreach (
            var name in new[] { "index-00000000.js", "", ConsoleFolder.Script + ".map", ConsoleFolder.Script + ".br", "..%2findex.html" }
        )
        {
            using var response = await NavigateAsync(host, "/assets/" + name);
            response.StatusCode.ShouldBe(HttpStatusCode.NotFound, name);
            response.Content.Headers.ContentType!.MediaType.ShouldBe("text/plain", name);
            Header(response, "Cache-Control").ShouldBe("no-store", name);
        }
    }

    [Fact]
    public async Task A_console_that_is_turned_off_is_not_found()
    {
        await using var host = await StartAsync(("Pos:Console:Enabled", "false"));

        foreach (var path in new[] { "/", "/transactions", "/console.json", "/assets/" + ConsoleFolder.Script })
        {
            using var response = await NavigateAsync(host, path);
            response.StatusCode.ShouldBe(HttpStatusCode.NotFound, path);
        }
    }

    [Fact]
    public async Task Without_the_files_a_browser_gets_instructions_for_building_them()
    {
        await using var host = await StartAsync(("Pos:Console:Folder", "not-there"));

        using var response = await NavigateAsync(host, "/");

        response.Content.Headers.ContentType!.MediaType.ShouldBe("text/plain");
        var text = await TextOfAsync(response);
        text.ShouldContain("Install Node.js 20.19, or 22.12 or newer,");
        text.ShouldContain("/graphql");
        host.Log.Lines.Count(line => line.Contains("lacks the web console", StringComparison.Ordinal)).ShouldBe(1);
        (await new GraphQLClient(host, TestKeys.Token("owner")).GetDataAsync("{ venues { nodes { id } } }"))
            .ToString()
            .ShouldBe("""{"venues":{"nodes":[]}}""");
    }

    [Fact]
    public async Task The_identity_provider_may_be_asked_and_may_come_back_in_a_frame_of_the_console()
    {
        await using var host = await StartAsync(
            ("Pos:Console:Authority", "https://login.example.test:8443/realm"),
            ("Pos:Console:ClientId", "console")
        );

        using var page = await NavigateAsync(host, "/");
        using var renewal = await NavigateAsync(host, "/?code=abc&state=def");
        using var elsewhere = await NavigateAsync(host, "/transactions?code=abc&state=def");

        PolicyOf(page)["connect-src"].ShouldEndWith(" https://login.example.test:8443");
        // The provider redirects the frame back to the console.
        PolicyOf(page)["frame-src"].ShouldBe("'self' https://login.example.test:8443");
        PolicyOf(renewal)["frame-ancestors"].ShouldBe("'self'");
        Header(renewal, "X-Frame-Options").ShouldBe("SAMEORIGIN");
        foreach (var response in new[] { page, elsewhere })
        {
            PolicyOf(response)["frame-ancestors"].ShouldBe("'none'");
            Header(response, "X-Frame-Options").ShouldBe("DENY");
        }
    }

    private async Task<TestHost> StartAsync(params (string Name, string Value)[] settings) =>
        await TestHost.StartAsync(
            await postgres.CreateDatabaseAsync(),
            new (string Name, string Value)[] { ("Pos:PublicBaseUrl", "https://pos.example.test"), ("Pos:Console:Folder", _files.Path) }
                .Concat(settings)
                .GroupBy(setting => setting.Name)
                .ToDictionary(group => group.Key, group => (string?)group.Last().Value)
        );

    private static Task<HttpResponseMessage> NavigateAsync(TestHost host, string path) =>
        SendAsync(host, HttpMethod.Get, path, ("Accept", AcceptOfBrowser));

    private static Task<HttpResponseMessage> SendAsync(
        TestHost host,
        HttpMethod method,
        string path,
        params (string Name, string Value)[] headers
    )
    {
        var request = new HttpRequestMessage(method, path);
        foreach (var (name, value) in headers)
            request.Headers.TryAddWithoutValidation(name, value);
        return host.Http.SendAsync(request, TestContext.Current.CancellationToken);
    }

    private static Task<string> TextOfAsync(HttpResponseMessage response) =>
        response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);

    private static async Task<string> DecompressAsync(HttpResponseMessage response)
    {
        var content = await response.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken);
        using var reader = new StreamReader(
            response.Content.Headers.ContentEncoding.SingleOrDefault() switch
            {
                "br" => new BrotliStream(content, CompressionMode.Decompress),
                "gzip" => new GZipStream(content, CompressionMode.Decompress),
                _ => content,
            }
        );
        return await reader.ReadToEndAsync(TestContext.Current.CancellationToken);
    }

    private static string Header(HttpResponseMessage response, string name) => string.Join(", ", response.Headers.GetValues(name));

    private static Dictionary<string, string> PolicyOf(HttpResponseMessage response) =>
        Header(response, "Content-Security-Policy")
            .Split("; ")
            .Select(directive => directive.Split(' ', 2))
            .ToDictionary(parts => parts[0], parts => parts[1]);

    private static string NonceOf(string page) => Nonce().Match(page).Groups[1].Value;

    [GeneratedRegex("nonce=\"([^\"]+)\"")]
    private static partial Regex Nonce();

    public void Dispose() => _files.Dispose();
}
