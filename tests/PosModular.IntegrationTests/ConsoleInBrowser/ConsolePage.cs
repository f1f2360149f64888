using System.Text.Json;
using PosModular.IntegrationTests.Fixtures;

namespace PosModular.IntegrationTests.ConsoleInBrowser;

/// <summary>A tab with the console in which one person works. Texts have their line breaks and spaces joined into one space.</summary>
internal sealed class ConsolePage(ConsoleBrowser browser, string name) : IAsyncDisposable
{
    public Task<JsonElement> SendAsync(string command, object? parameters = null) => browser.SendAsync(name, command, parameters);

    public Task GoToAsync(Uri address) => SendAsync("goto", new { url = address });

    /// <summary>Waits until the screen with this heading shows its data.</summary>
    public Task SettleAsync(string? heading = null) => SendAsync("settle", new { heading });

    public Task ClickAsync(string selector) => SendAsync("click", new { selector });

    public Task WaitForAsync(string selector, string? text = null) => SendAsync("waitFor", new { selector, text });

    public Task SelectAsync(string label, string value) => SendAsync("select", new { label, value });

    public Task FillAsync(string label, string value) => SendAsync("fill", new { label, value });

    public async Task<string> TextAsync(string selector) => (await SendAsync("text", new { selector })).GetString()!;

    public async Task<string[]> TextsAsync(string selector) => Strings(await SendAsync("texts", new { selector }));

    /// <summary>The contents of elements as they stand in the document, also where they are not seen, as in the titles of bars.</summary>
    public async Task<string[]> ContentsAsync(string selector) => Strings(await SendAsync("contents", new { selector }));

    public async Task<(string Name, Uri Address)[]> LinksAsync(string selector) =>
        [
            .. (await SendAsync("links", new { selector }))
                .EnumerateArray()
                .Select(link => (link.At("name").GetString()!, new Uri(link.At("href").GetString()!))),
        ];

    /// <summary>Scrolls through the list of transactions and returns the text of each row.</summary>
    public async Task<(string[] Rows, int MaxRowElements)> ScrollAsync()
    {
        var result = await SendAsync("scroll", new { list = ".list", row = "[data-row]" });
        return (Strings(result.At("rows")), result.At("most").GetInt32());
    }

    /// <summary>What violates WCAG 2.2 A or AA in dark or light colours.</summary>
    public async Task<string[]> ViolationsAsync() => Strings(await SendAsync("axe"));

    /// <summary>By how many pixels the page is wider than a window of this width.</summary>
    public async Task<int> OverflowAsync(int width) => (await SendAsync("overflow", new { width })).GetInt32();

    /// <summary>The errors and warnings in the browser's console, uncaught exceptions and what the security policy has blocked.</summary>
    public async Task<string[]> ProblemsAsync() => Strings(await SendAsync("problems"));

    /// <summary>Every host that the page has asked for something.</summary>
    public async Task<string[]> HostsAsync() => Strings(await SendAsync("hosts"));

    private static string[] Strings(JsonElement array) => [.. array.EnumerateArray().Select(item => item.GetString()!)];

    public async ValueTask DisposeAsync() => await SendAsync("close");
}
