using System.Diagnostics;
using PosModular.IntegrationTests.Fixtures;

namespace PosModular.IntegrationTests.ConsoleInBrowser;

/// <summary>The console's own tests and the sizes of its files, where the build of the host has made it.</summary>
public sealed class ConsoleSourceTests
{
    private static readonly string Folder = Path.Combine(Repository.Root, "src", "PosModular.Host", "obj", "console", "source");

    [Fact]
    public Task The_tests_of_the_console_pass() => RunAsync(Path.Combine("node_modules", "vitest", "vitest.mjs"), "run", "--reporter=dot");

    [Fact]
    public Task The_files_of_the_console_are_as_small_as_they_must_be() => RunAsync(Path.Combine("scripts", "sizes.mjs"));

    private static async Task RunAsync(params string[] arguments)
    {
        Assert.SkipUnless(
            File.Exists(Path.Combine(Folder, "dist", "index.html")),
            "This build lacks the console, because Node.js was missing."
        );
        var start = new ProcessStartInfo("node")
        {
            WorkingDirectory = Folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var argument in arguments)
            start.ArgumentList.Add(argument);
        start.Environment["NO_COLOR"] = "1";

        using var node = Process.Start(start)!;
        var output = node.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        var errors = await node.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await node.WaitForExitAsync(TestContext.Current.CancellationToken);
        node.ExitCode.ShouldBe(0, await output + errors);
    }
}
