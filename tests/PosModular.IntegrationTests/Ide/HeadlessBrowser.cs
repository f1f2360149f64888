using System.Diagnostics;
using System.Text.Json;
using PosModular.IntegrationTests.Fixtures;

namespace PosModular.IntegrationTests.Ide;

/// <summary>A headless Chromium that uses the IDE as a person would, driven by Node with the public playwright-core package.</summary>
internal static class HeadlessBrowser
{
    private static readonly TimeSpan Timeout = TimeSpan.FromMinutes(2);

    /// <summary>The value of POS_TEST_CHROMIUM, else the Chromium that is installed on this machine; null if there is none.</summary>
    public static string? ExecutablePath { get; } =
        Environment.GetEnvironmentVariable("POS_TEST_CHROMIUM") is { Length: > 0 } given
            ? given
            : (Environment.GetEnvironmentVariable("PATH") ?? "")
                .Split(Path.PathSeparator)
                .SelectMany(folder => new[] { Path.Combine(folder, "chromium"), Path.Combine(folder, "google-chrome") })
                .Append("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome")
                .FirstOrDefault(File.Exists);

    /// <summary>
    /// Runs a query until its expected result is shown, then a subscription until its expected event is shown. A final screenshot is
    /// kept under artifacts/.
    /// </summary>
    public static async Task<BrowserSession> UseIdeAsync(
        TestHost host,
        string screenshotName,
        string query,
        string expectedResult,
        string subscription,
        string expectedEvent
    )
    {
        var artifacts = Directory.CreateDirectory(Path.Combine(Repository.Root, "artifacts")).FullName;
        var output = await DriveAsync(
            "drive.mjs",
            new Uri(host.Address, "/graphql"),
            [Path.Combine(artifacts, screenshotName), query, expectedResult, subscription, expectedEvent]
        );
        return JsonSerializer.Deserialize<BrowserSession>(output, JsonSerializerOptions.Web)!;
    }

    /// <summary>Opens a page and returns what its promise <c>window.outcomes</c> resolves to.</summary>
    public static async Task<JsonElement> OpenAsync(Uri page) =>
        JsonSerializer.Deserialize<JsonElement>(await DriveAsync("open-page.mjs", page, []));

    /// <summary>Runs a script of the ide-driver folder in a fresh profile and returns what it printed.</summary>
    private static async Task<string> DriveAsync(string script, Uri address, IReadOnlyList<string> arguments)
    {
        var profile = Directory.CreateTempSubdirectory("posmodular-tests-browser-").FullName;
        var start = new ProcessStartInfo("node")
        {
            WorkingDirectory = Path.Combine(Repository.Root, "tests", "PosModular.IntegrationTests", "ide-driver"),
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var argument in (string[])[script, address.ToString(), ExecutablePath!, profile, .. arguments])
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
            return await output;
        }
        finally
        {
            if (!node.HasExited)
                node.Kill(entireProcessTree: true);
            Directory.Delete(profile, recursive: true);
        }
    }
}

/// <param name="Requests">The addresses that the pages requested.</param>
/// <param name="ExternalHosts">The hosts beyond this machine that a page or the browser itself tried to reach.</param>
/// <param name="CspViolations">The console messages about what the content security policy blocked.</param>
internal sealed record BrowserSession(
    IReadOnlyList<string> Requests,
    IReadOnlyList<string> ExternalHosts,
    IReadOnlyList<string> CspViolations
);
