using System.Reflection;
using PosModular.IntegrationTests.Fixtures;
using PosModular.IntegrationTests.Postgres;

namespace PosModular.IntegrationTests.Telemetry;

/// <summary>What a host exports over OTLP.</summary>
public sealed class TelemetryTests(TestPostgres postgres)
{
    private static Dictionary<string, string?> Settings(OtlpCollector collector) =>
        new()
        {
            ["OTEL_EXPORTER_OTLP_ENDPOINT"] = collector.Address.ToString(),
            ["OTEL_EXPORTER_OTLP_PROTOCOL"] = "http/protobuf",
            // A setting that does not exist, so that there is something to log.
            ["Pos:PublicBaseUlr"] = "https://pos.example.test",
        };

    [Fact]
    public async Task Traces_metrics_and_logs_are_exported_under_the_name_and_version_of_the_service()
    {
        await using var collector = await OtlpCollector.StartAsync();
        await using (var venue = await TestVenue.CreateAsync(await postgres.CreateDatabaseAsync(), settings: Settings(collector)))
            await venue.Owner.GetDataAsync("query ReadVenue($id: ID!) { venue(id: $id) { name } }", new { id = "bar" });

        // The end of the host exports the rest.
        var version = typeof(Host.PosHost).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion;
        foreach (var exported in new[] { collector.Traces, collector.Metrics, collector.Logs })
        {
            exported.ShouldContain("posmodular");
            exported.ShouldContain(version);
        }
        // In OTLP's encoding, field 5 of a span is its name: a tag, the length and the text. The collector also receives the spans of
        // hosts that other tests run in this process, so what they are called is not asserted.
        collector.Traces.Contains("\u002a\u000fquery ReadVenue", StringComparison.Ordinal).ShouldBeTrue();
        collector.Traces.ShouldContain("graphql.operation.name");
        collector.Traces.ShouldContain("/v2/locations/"); // a call to Square
        collector.Traces.ShouldContain("db.system");
        collector.Metrics.ShouldContain("dotnet.gc.collections");
        collector.Metrics.ShouldContain("http.client.request.duration");
        collector.Metrics.ShouldContain("pos.feed.behind");
        collector.Metrics.ShouldContain("pos.webhooks.pending");
        collector.Logs.ShouldContain("Pos__PublicBaseUlr");
        collector.Traces.ShouldNotContain("access-token-");
    }

    [Fact]
    public async Task The_name_that_the_operator_gives_wins()
    {
        await using var collector = await OtlpCollector.StartAsync();
        var settings = Settings(collector);
        settings["OTEL_SERVICE_NAME"] = "bar-pos";
        settings["Pos:PublicBaseUrl"] = "https://pos.example.test";
        await using (var host = await TestHost.StartAsync(await postgres.CreateDatabaseAsync(), settings))
            await new GraphQLClient(host, TestKeys.Token("owner")).GetDataAsync("{ venues { nodes { id } } }");

        foreach (var exported in new[] { collector.Traces, collector.Metrics, collector.Logs })
        {
            exported.ShouldContain("bar-pos");
            exported.ShouldNotContain("posmodular\"");
        }
    }

    [Fact]
    public async Task Unknown_settings_are_named_at_the_start_with_the_nearest_that_exist()
    {
        await using var host = await TestHost.StartAsync(
            await postgres.CreateDatabaseAsync(),
            new Dictionary<string, string?>
            {
                ["Pos:PublicBaseUrl"] = "https://pos.example.test",
                ["Pos:Square:CallPer10Second"] = "5",
                ["pos:syncs"] = "false",
            }
        );

        host.Log.Lines.Where(l => l.Contains("does not exist and has no effect", StringComparison.Ordinal))
            .ShouldHaveSingleItem()
            .ShouldContain(
                "The setting Pos__Square__CallPer10Second does not exist and has no effect. "
                    + "The nearest that exists is Pos__Square__CallsPer10Seconds"
            );
    }
}
