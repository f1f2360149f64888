using System.Diagnostics;
using System.Text.Json;
using PosModular.IntegrationTests.Fixtures;
using PosModular.IntegrationTests.Ide;

namespace PosModular.IntegrationTests.ConsoleInBrowser;

/// <summary>A headless Chromium for all tests of the console, driven by Node with the public playwright-core package. It starts with the
/// first test that needs it.</summary>
public sealed class ConsoleBrowser : IAsyncDisposable
{
    private static readonly string DriverFolder = Path.Combine(Repository.Root, "tests", "PosModular.IntegrationTests", "console-driver");

    private readonly SemaphoreSlim _turn = new(1);
    private Process? _driver;
    private int _pageCount;

    /// <summary>Opens an address as a person who has pasted this token, or none, at a machine of their own.</summary>
    /// <param name="address">The address to open.</param>
    /// <param name="token">The token, without "Bearer".</param>
    /// <param name="width">The width of the window in CSS pixels.</param>
    /// <param name="timeZone">The IANA time zone of the machine.</param>
    /// <param name="blocked">What the network does not let through: "sockets" or "sockets and events".</param>
    internal async Task<ConsolePage> OpenAsync(
        Uri address,
        string? token,
        int width = 1440,
        string timeZone = "UTC",
        string? blocked = null
    )
    {
        Assert.SkipWhen(
            HeadlessBrowser.ExecutablePath is null,
            "There is no Chromium here; scripts/ensure-chromium.sh could not install one."
        );
        Assert.SkipUnless(
            File.Exists(Path.Combine(AppContext.BaseDirectory, "console", "index.html")),
            "This build lacks the console, because Node.js was missing."
        );
        var page = new ConsolePage(this, $"page-{Interlocked.Increment(ref _pageCount)}");
        await page.SendAsync(
            "open",
            new
            {
                url = address,
                token,
                width,
                timeZone,
                blocked,
            }
        );
        return page;
    }

    internal async Task<JsonElement> SendAsync(string page, string command, object? parameters)
    {
        var message = parameters is null ? [] : JsonSerializer.SerializeToNode(parameters, JsonSerializerOptions.Web)!.AsObject();
        (message["command"], message["page"]) = (command, page);
        await _turn.WaitAsync(TestContext.Current.CancellationToken);
        try
        {
            _driver ??= Start();
            await _driver.StandardInput.WriteLineAsync(message.ToJsonString());
            await _driver.StandardInput.FlushAsync();
            var line = await _driver.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken);
            var answer = JsonSerializer.Deserialize<JsonElement>(line ?? """{"error":"The driver of the browser has ended."}""");
            return answer.TryGetProperty("error", out var error)
                ? throw new InvalidOperationException(error.GetString())
                : answer.At("result");
        }
        finally
        {
            _turn.Release();
        }
    }

    private static Process Start()
    {
        var start = new ProcessStartInfo("node")
        {
            WorkingDirectory = DriverFolder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        start.ArgumentList.Add("drive.mjs");
        start.ArgumentList.Add(HeadlessBrowser.ExecutablePath!);
        return Process.Start(start)!;
    }

    public async ValueTask DisposeAsync()
    {
        if (_driver is not null)
        {
            // The driver closes its browser and ends when its input does.
            _driver.StandardInput.Close();
            using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(10));
            try
            {
                await _driver.WaitForExitAsync(patience.Token);
            }
            catch (OperationCanceledException)
            {
                _driver.Kill(entireProcessTree: true);
            }
            _driver.Dispose();
        }
        _turn.Dispose();
    }
}
