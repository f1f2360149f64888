using System.Net;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using PosModular.IntegrationTests.Fixtures;
using PosModular.IntegrationTests.Postgres;
using PosModular.Kernel.Settings;

namespace PosModular.IntegrationTests.Console;

/// <summary>What <c>/console.json</c> tells the console about signing in, and to whom it gives ready tokens.</summary>
public sealed class ConsoleSignInTests(TestPostgres postgres)
{
    private const string NoDemo = """{"authority":null,"clientId":null,"scope":null,"demo":[]}""";

    [Fact]
    public async Task In_Development_ready_tokens_for_an_owner_and_a_moderator_are_given()
    {
        await using var host = await StartAsync("Development");

        using var response = await GetAsync(host);

        response.Headers.CacheControl!.ToString().ShouldBe("no-store");
        var demo = JsonSerializer.Deserialize<JsonElement>(await TextOfAsync(response)).GetProperty("demo").EnumerateArray().ToList();
        demo.Select(choice => choice.GetProperty("name").GetString()).ShouldBe(["Owner", "Moderator"]);
        var viewers = new List<string>();
        foreach (var choice in demo)
            viewers.Add(
                (await new GraphQLClient(host, choice.GetProperty("token").GetString()!).GetDataAsync("{ viewer { id roles } }")).ToString()
            );
        viewers.ShouldBe([
            """{"viewer":{"id":"demo-owner","roles":[]}}""",
            """{"viewer":{"id":"demo-moderator","roles":["HEAD_MODERATOR"]}}""",
        ]);
    }

    [Theory]
    [InlineData("Production")]
    [InlineData("Staging")]
    public async Task Outside_Development_no_ready_tokens_are_given(string environment)
    {
        await using var host = await StartAsync(environment);

        using var response = await GetAsync(host);

        (await TextOfAsync(response)).ShouldBe(NoDemo);
    }

    [Fact]
    public async Task Another_machine_gets_no_ready_tokens()
    {
        await using var host = await StartAsync("Development", remoteAddress: IPAddress.Parse("192.0.2.7"));

        using var response = await GetAsync(host);

        (await TextOfAsync(response)).ShouldBe(NoDemo);
    }

    [Fact]
    public async Task A_proxy_or_a_page_of_another_name_on_this_machine_gets_no_ready_tokens()
    {
        await using var host = await StartAsync("Development");

        foreach (
            var header in new[]
            {
                ("X-Forwarded-For", "192.0.2.7"),
                ("Forwarded", "for=192.0.2.7"),
                ("Host", "rebound.example.test"),
                ("Host", "localhost.example.test"),
            }
        )
        {
            using var response = await GetAsync(host, header);
            (await TextOfAsync(response)).ShouldBe(NoDemo, header.ToString());
        }

        // In Development pages of every port of localhost may call the API, but they may not read this.
        using var crossOrigin = await GetAsync(host, ("Origin", "http://localhost:3000"));
        crossOrigin.Headers.Contains("Access-Control-Allow-Origin").ShouldBeFalse();
    }

    [Fact]
    public async Task The_identity_provider_is_named_as_it_is_set()
    {
        await using var host = await StartAsync(
            "Production",
            settings: [("Pos:Console:Authority", "https://login.example.test"), ("Pos:Console:ClientId", "console")]
        );

        using var response = await GetAsync(host);

        (await TextOfAsync(response)).ShouldBe(
            """{"authority":"https://login.example.test","clientId":"console","scope":"openid profile","demo":[]}"""
        );
    }

    [Fact]
    public async Task The_provider_whose_tokens_are_accepted_is_the_default_and_no_ready_tokens_exist_then()
    {
        await using var host = await StartAsync(
            "Development",
            settings:
            [
                ("Auth:Jwt:SigningKey", null),
                ("Auth:Jwt:Authority", "https://login.example.test/realm"),
                ("Auth:Jwt:Audience", "pos"),
                ("Pos:Console:ClientId", "console"),
                ("Pos:Console:Scope", "openid offline_access"),
            ]
        );

        using var response = await GetAsync(host);

        (await TextOfAsync(response)).ShouldBe(
            """{"authority":"https://login.example.test/realm","clientId":"console","scope":"openid offline_access","demo":[]}"""
        );
    }

    [Theory]
    [InlineData("Pos:Console:Authority", "http://login.example.test")]
    [InlineData("Pos:Console:Authority", "login.example.test")]
    [InlineData("Pos:Console:Enabled", "maybe")]
    public async Task A_wrong_setting_stops_the_start_and_is_named(string setting, string value)
    {
        var refused = await Should.ThrowAsync<SettingException>(() => StartAsync("Production", settings: [(setting, value)]));

        refused.Message.ShouldStartWith(setting.Replace(":", "__", StringComparison.Ordinal) + ": ");
    }

    private async Task<TestHost> StartAsync(
        string environment,
        IPAddress? remoteAddress = null,
        params (string Name, string? Value)[] settings
    ) =>
        await TestHost.StartAsync(
            await postgres.CreateDatabaseAsync(),
            settings.Append(("Pos:PublicBaseUrl", "https://pos.example.test")).ToDictionary(s => s.Item1, s => s.Item2),
            remoteAddress is null ? null : services => services.AddSingleton<IStartupFilter>(new RemoteAddress(remoteAddress)),
            environment
        );

    private static Task<HttpResponseMessage> GetAsync(TestHost host, params (string Name, string Value)[] headers)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, "/console.json");
        foreach (var (name, value) in headers)
            request.Headers.TryAddWithoutValidation(name, value);
        return host.Http.SendAsync(request, TestContext.Current.CancellationToken);
    }

    private static Task<string> TextOfAsync(HttpResponseMessage response) =>
        response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);

    /// <summary>Makes every request appear to come from another machine, which the tests do not have.</summary>
    private sealed class RemoteAddress(IPAddress address) : IStartupFilter
    {
        public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next) =>
            app =>
            {
                app.Use(
                    (context, following) =>
                    {
                        context.Connection.RemoteIpAddress = address;
                        return following(context);
                    }
                );
                next(app);
            };
    }
}
