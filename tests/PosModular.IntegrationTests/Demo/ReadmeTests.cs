using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using PosModular.IntegrationTests.Fixtures;
using PosModular.IntegrationTests.Postgres;
using PosModular.Simulator;
using PosModular.Simulator.Demo;

namespace PosModular.IntegrationTests.Demo;

/// <summary>
/// Takes every block of README.md and runs it as it stands against what <c>./run --demo</c> starts. Only the port is another, and
/// <c>./run token</c> does not build the host again. Then the demo is stopped as Ctrl-C stops it.
/// </summary>
public sealed partial class ReadmeTests(TestPostgres postgres)
{
    private static readonly string Readme = File.ReadAllText(Path.Combine(Repository.Root, "README.md"));

    [GeneratedRegex(@"^```(?<language>\w+)\r?\n(?<text>.*?)^```", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Block();

    [GeneratedRegex(@"\b(?:query|mutation|subscription)\s+[A-Z]\w*")]
    private static partial Regex NamedOperation();

    private static string[] Blocks(params string[] languages) =>
        [.. Block().Matches(Readme).Where(b => languages.Contains(b.Groups["language"].Value)).Select(b => b.Groups["text"].Value)];

    [Fact]
    public void Every_block_says_its_language_and_every_operation_has_a_name()
    {
        Block().Matches(Readme).Select(b => b.Groups["language"].Value).Distinct().ShouldBeSubsetOf(["sh", "graphql"]);
        Blocks("sh").Where(IsRequest).ShouldNotBeEmpty();
        Blocks("sh").Where(IsRequest).Concat(Blocks("graphql")).ShouldAllBe(text => NamedOperation().IsMatch(text));
    }

    [Fact]
    public void The_commands_that_start_something_exist()
    {
        var commands = Blocks("sh").Where(text => !IsRequest(text)).SelectMany(text => text.Split('\n'));
        foreach (var command in commands.Where(line => line.Length > 0).Select(line => line.Split(' ', '#')[0]))
            File.Exists(Path.Combine(Repository.Root, command)).ShouldBeTrue(command);
    }

    [Fact(Timeout = 120_000)]
    public async Task Every_request_runs_as_it_stands_against_the_demo_which_then_stops_quietly()
    {
        var (host, square) = ($"http://127.0.0.1:{TestHost.FindFreePort()}", $"http://127.0.0.1:{TestHost.FindFreePort()}");
        await using var testHost = await TestHost.StartAsync(
            await postgres.CreateDatabaseAsync(),
            new Dictionary<string, string?>
            {
                ["Kestrel:Endpoints:Http:Url"] = host,
                ["Pos:PublicBaseUrl"] = host,
                ["Pos:Square:BaseUrls:Sandbox"] = square,
                ["Pos:Toast:BaseUrls:Sandbox"] = square,
            }
        );
        await using var simulator = await PosSimulator.StartAsync(
            new SimulatorSettings
            {
                Urls = square,
                RetryScale = 0.001,
                Demo = new DemoSettings(new Uri(host), TestKeys.Token("demo-moderator", "HEAD_MODERATOR"), TestKeys.Token("demo-owner"))
                {
                    SalesPerSecond = 10,
                    Speed = 600,
                },
            },
            cancellationToken: TestContext.Current.CancellationToken
        );
        var owner = new GraphQLClient(testHost, TestKeys.Token("demo-owner"));
        await Wait.UntilAsync(async () =>
            (await owner.GetDataAsync("{ venues { nodes { transactions(first: 1) { totalCount } } } }")).At("venues.nodes").GetArrayLength()
            == 4
        );
        var folder = Directory.CreateTempSubdirectory("posmodular-tests-readme-");
        try
        {
            await WriteRunAsync(folder.FullName);
            foreach (var block in Blocks("sh").Where(IsRequest))
            {
                var answer = await RunAsync(block.Replace("http://localhost:8080", host, StringComparison.Ordinal), folder.FullName);

                var json = JsonDocument.Parse(answer).RootElement;
                json.TryGetProperty("errors", out var errors).ShouldBeFalse($"{block}\n{errors}");
                json.At("data").EnumerateObject().ShouldAllBe(field => field.Value.ValueKind == JsonValueKind.Object);
            }
        }
        finally
        {
            folder.Delete(recursive: true);
        }
        foreach (var text in Blocks("graphql").Append(DashboardOf("scripts/demo.graphql")))
            await owner.GetDataAsync(text);

        var linesBefore = testHost.Log.Lines.Count;
        await simulator.DisposeAsync();
        await testHost.DisposeAsync();
        testHost
            .Log.Lines.Skip(linesBefore)
            .Where(line =>
                line.StartsWith("Warning", StringComparison.Ordinal)
                || line.StartsWith("Error", StringComparison.Ordinal)
                || line.StartsWith("Critical", StringComparison.Ordinal)
            )
            .ShouldBeEmpty();
    }

    private static bool IsRequest(string block) => block.Contains("curl ", StringComparison.Ordinal);

    private static string DashboardOf(string path)
    {
        var text = File.ReadAllText(Path.Combine(Repository.Root, path));
        var from = text.IndexOf("query ", StringComparison.Ordinal);
        return text[from..text.IndexOf("\n}", from, StringComparison.Ordinal)] + "\n}";
    }

    private static async Task WriteRunAsync(string folder)
    {
        var run = Path.Combine(folder, "run");
        var program = typeof(Host.PosHost).Assembly.Location;
        await File.WriteAllTextAsync(run, $"#!/bin/sh\nexec dotnet '{program}' \"$@\"\n", TestContext.Current.CancellationToken);
    }

    // Returns the answer, or the first event of a stream.
    private static async Task<string> RunAsync(string block, string folder)
    {
        var start = new ProcessStartInfo("bash", ["-c", "chmod +x run\n" + block])
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["ASPNETCORE_ENVIRONMENT"] = "Production";
        start.Environment["Auth__Jwt__SigningKey"] = TestKeys.Signing;
        using var bash = Process.Start(start)!;
        try
        {
            var (all, isStream) = (new StringBuilder(), block.Contains("text/event-stream", StringComparison.Ordinal));
            while (await bash.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken) is { } line)
            {
                if (isStream && line.StartsWith("data: {", StringComparison.Ordinal))
                    return line["data: ".Length..];
                all.AppendLine(CultureInfo.InvariantCulture, $"{line}");
            }
            all.Length.ShouldBePositive(await bash.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken));
            return all.ToString();
        }
        finally
        {
            bash.Kill(entireProcessTree: true);
        }
    }
}
