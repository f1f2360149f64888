using System.Diagnostics;
using System.Text.Json;
using PosModular.IntegrationTests.Fixtures;

namespace PosModular.IntegrationTests.Ide;

/// <summary>A headless Chromium in which the IDE is used as a person would; Node with the public playwright-core package drives it.</summary>
internal static class HeadlessBrowser
{
    private static readonly TimeSpan Timeout = TimeSpan.FromMinutes(2);

    /// <summary>POS_TEST_CHROMIUM, else where scripts/ensure-chromium.sh puts it; null where there is none.</summary>
    public static string? ExecutablePath { get; } =
        Environment.GetEnvironmentVariable("POS_TEST_CHROMIUM") is { Length: > 0 } given
            ? given
            : (Environment.GetEnvironmentVariable("PATH") ?? "")
                .Split(Path.PathSeparator)
                .SelectMany(folder => new[] { Path.Combine(folder, "chromium"), Path.Combine(folder, "google-chrome") })
                .Append("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome")
                .FirstOrDefault(File.Exists);

    /// <summary>Runs a query until its answer shows, then a subscription until its news shows; a picture of the end is kept under artifacts/.</summary>
    public static async Task<BrowserSession> UseIdeAsync(
        TestHost host,
        string screenshotName,
        string query,
        string expectedResult,
        string subscription,
        string expectedEvent
    )
    {
        var profile = Directory.CreateTempSubdirectory("posmodular-tests-browser-").FullName;
        var artifacts = Directory.CreateDirectory(Path.Combine(Repository.Root, "artifacts")).FullName;
        var start = new ProcessStartInfo("node")
        {
            WorkingDirectory = Path.Combine(Repository.Root, "tests", "PosModular.IntegrationTests", "ide-driver"),
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (
            var argument in new[]
            {
                "drive.mjs",
                new Uri(host.Address, "/graphql").ToString(),
                ExecutablePath!,
                profile,
                Path.Combine(artifacts, screenshotName),
                query,
                expectedResult,
                subscription,
                expectedEvent,
            }
        )
            start.ArgumentList.Add(argument);

        using var node = Process.Start(start)!;
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        timeout.CancelAfter(Timeout);
        try
        {
            var output = node.StandardOutput.ReadToEndAsync(timeout.Token);
            var errors = await node.StandardError.ReadToEndAsync(timeout.Token);
            await node.WaitForExitAsync(timeout.Token);
            node.ExitCode.ShouldBe(0, errors);
            return JsonSerializer.Deserialize<BrowserSession>(await output, JsonSerializerOptions.Web)!;
        }
        finally
        {
            if (!node.HasExited)
                node.Kill(entireProcessTree: true);
            Directory.Delete(profile, recursive: true);
        }
    }
}

/// <param name="Requests">Addresses that the pages asked for.</param>
/// <param name="ExternalHosts">Hosts that anything in the browser, the browser included, tried to reach beyond this machine.</param>
/// <param name="CspViolations">What the content security policy held back.</param>
internal sealed record BrowserSession(
    IReadOnlyList<string> Requests,
    IReadOnlyList<string> ExternalHosts,
    IReadOnlyList<string> CspViolations
);
