using System.Globalization;
using PosModular.IntegrationTests.Fixtures;

namespace PosModular.IntegrationTests.ConsoleInBrowser;

/// <summary>What happens at the point of sale appears in the console by itself, whatever the network and the host do meanwhile.</summary>
[Collection(ConsoleCollection.Name)]
public sealed class ConsoleLiveTests(ConsoleVenue venues, ConsoleBrowser browser)
{
    private const string Badge = ".top .state";
    private const string Latest = "[data-testid=latest]";
    private const string NewTransactions = ".screen > header .button.main";

    [Fact]
    public async Task A_payment_appears_on_Tonight_by_itself_and_the_figures_follow()
    {
        var venue = await FurtherVenue.CreateAsync(await venues.GetAsync(), "live-tonight");
        await using var page = await browser.OpenAsync(venue.AddressOf("tonight"), TestVenue.OwnerToken);
        await page.SettleAsync("Tonight");
        await page.WaitForAsync(Badge, "Live");

        await venue.PostPaymentAsync("sale", 4321);

        await page.WaitForAsync(Latest, "$43.21");
        await page.WaitForAsync("dl.figures", "$43.21");

        // Yesterday's payment arrives late: the figures of today stay and have something to be compared with.
        await venue.PostPaymentAsync("yesterday", 2000, TimeProvider.System.GetUtcNow().AddHours(-24).AddMinutes(-1).ToString("O"));
        await page.WaitForAsync("dl.figures", "+116.1% against yesterday at this time");

        await venue.DisconnectAsync();
        await page.WaitForAsync("main", "No point of sale is connected");
    }

    [Fact]
    public async Task Revenue_and_the_state_of_a_connection_follow_by_themselves()
    {
        var venue = await FurtherVenue.CreateAsync(await venues.GetAsync(), "live-revenue");
        await using var page = await browser.OpenAsync(venue.AddressOf("revenue?period=WEEK"), TestVenue.OwnerToken);
        await page.SettleAsync("Revenue");
        await page.WaitForAsync(Badge, "Live");

        await venue.PostPaymentAsync("sale", 4321);
        await page.WaitForAsync("dl.figures", "$43.21");

        await page.ClickAsync("nav a[href$='/connections']");
        await page.SettleAsync("Connections");
        await page.WaitForAsync("main section", "Connected");
        await venue.DisconnectAsync();
        await page.WaitForAsync("main section", "Disconnected");
    }

    [Fact]
    public async Task A_live_session_is_corrected_and_shows_what_was_taken_during_it()
    {
        var venue = await FurtherVenue.CreateAsync(await venues.GetAsync(), "live-session");
        await venue.PostPaymentAsync("before", 6200, TimeProvider.System.GetUtcNow().AddHours(-1).ToString("O"));
        await venue.StartSessionAsync("nova");
        await using var page = await browser.OpenAsync(venue.AddressOf("sessions"), TestVenue.OwnerToken);
        await page.SettleAsync("Live sessions");
        await page.WaitForAsync("tbody tr", "$0.00");

        await page.ClickAsync("tbody .link");
        await page.WaitForAsync("dialog", "Correct a live session");
        (await page.ViolationsAsync()).ShouldBeEmpty();
        var yesterday = TimeZoneInfo.ConvertTime(TimeProvider.System.GetUtcNow().AddDays(-1), venue.Zone);
        await page.FillAsync("Started, America/New_York", yesterday.ToString("yyyy-MM-dd'T'HH:mm", CultureInfo.InvariantCulture));
        await page.ClickAsync("dialog button[type=submit]");

        await page.WaitForAsync("tbody tr", yesterday.ToString("d MMM yyyy, HH:mm", CultureInfo.InvariantCulture));
        await page.WaitForAsync("tbody tr", "$62.00");
    }

    [Theory]
    [InlineData("sockets", "Live by events", "live-events")]
    [InlineData("sockets and events", "Asked every 5 s", "live-asked")]
    public async Task Where_the_network_blocks_them_the_console_does_without_and_says_so(string blocked, string badge, string venueId)
    {
        var venue = await FurtherVenue.CreateAsync(await venues.GetAsync(), venueId);
        await using var page = await browser.OpenAsync(venue.AddressOf("tonight"), TestVenue.OwnerToken, blocked: blocked);
        await page.WaitForAsync(Badge, badge);

        await venue.PostPaymentAsync("sale", 4321);

        await page.WaitForAsync(Latest, "$43.21");
    }

    [Fact]
    public async Task New_transactions_wait_above_the_list_until_they_are_asked_for_and_known_ones_change_in_place()
    {
        var venue = await FurtherVenue.CreateAsync(await venues.GetAsync(), "live-list");
        await venue.PostPaymentAsync("open", 1250, "2026-11-20T20:00:00.000Z", status: "APPROVED");
        await using var page = await browser.OpenAsync(venue.AddressOf("transactions"), TestVenue.OwnerToken);
        await page.SettleAsync("Transactions");
        await venue.WaitForSubscribersAsync();

        await venue.PostPaymentAsync("open", 1250, "2026-11-20T20:00:00.000Z", minute: 1);
        await page.WaitForAsync(".list [data-row]", "Completed");
        await venue.PostPaymentAsync("new", 4321, "2026-11-20T20:05:00.000Z");
        await page.WaitForAsync(NewTransactions, "1 new");

        (await page.TextsAsync(".list [data-row]")).ShouldHaveSingleItem().ShouldEndWith("$12.50");
        await page.ClickAsync(NewTransactions);
        await page.WaitForAsync(".list [data-row]", "$43.21");
        (await AmountsAsync(page)).ShouldBe(["$43.21", "$12.50"]);

        // A payment that was taken offline arrives late and takes its place by the time at which it was made.
        await venue.PostPaymentAsync("late", 777, "2026-11-20T20:02:00.000Z");
        await page.WaitForAsync(NewTransactions, "1 new");
        await page.ClickAsync(NewTransactions);
        await page.WaitForAsync(".list [data-row]", "$7.77");
        (await AmountsAsync(page)).ShouldBe(["$43.21", "$7.77", "$12.50"]);
    }

    [Theory]
    [InlineData("JPY", 123456, "¥123,456")]
    [InlineData("KWD", 1234567, "1,234.567")]
    [InlineData("HUF", 123456, "1,234.56")]
    public async Task Amounts_have_the_digits_of_their_currency_on_every_screen(string currency, long amount, string formatted)
    {
        var venue = await FurtherVenue.CreateAsync(await venues.GetAsync(), "live-" + currency.ToLowerInvariant(), currency);
        await venue.PostPaymentAsync("sale", amount);
        (await venue.NetAmountsAsync()).ShouldHaveSingleItem().ShouldContain(formatted);
        await using var page = await browser.OpenAsync(venue.AddressOf("tonight"), TestVenue.OwnerToken);
        foreach (var (screen, place) in new[] { ("tonight", "dl.figures"), ("transactions", ".list"), ("revenue", "dl.figures") })
        {
            await page.ClickAsync($"nav a[href$='/{screen}']");
            await page.WaitForAsync(place, formatted);
        }
    }

    [Fact]
    public async Task After_ten_cut_connections_and_a_killed_host_the_page_equals_the_books()
    {
        const int Payments = 500;
        const int Cuts = 10;
        var shared = await venues.GetAsync();
        var venue = await FurtherVenue.CreateAsync(shared, "live-books");
        await PostAsync(0);
        await using var host = HostProcess.Start(shared, TestHost.FindFreePort());
        await WaitUntilReadyAsync(host);
        await using var proxy = new CuttableProxy(host.Address);
        await using var page = await browser.OpenAsync(venue.AddressOf("transactions", proxy.Address), TestVenue.OwnerToken);
        await page.SettleAsync("Transactions");
        await page.WaitForAsync(Badge, "Live");

        for (var cut = 1; cut <= Cuts; cut++)
        {
            // The payments arrive at another host of the same database.
            await Task.WhenAll(Enumerable.Range((cut - 1) * Payments / Cuts + 1, Payments / Cuts).Select(PostAsync));
            proxy.CutAll();
            if (cut == Cuts / 2)
            {
                await host.KillAsync();
                await page.WaitForAsync(Badge, "Connecting");
                // The host that goes on takes over at the same address.
                proxy.Host = shared.Host.Address;
            }
        }

        await page.WaitForAsync(Badge, "Live");
        await page.WaitForAsync(NewTransactions, $"{Payments} new");
        await page.ClickAsync(NewTransactions);
        var books = await venue.NetAmountsAsync();
        books.Length.ShouldBe(Payments + 1);
        (await AmountsAsync(page)).ShouldBe(books);

        Task PostAsync(int second) =>
            venue.PostPaymentAsync($"payment-{second}", 1000 + second, $"2026-11-20T20:{second / 60:00}:{second % 60:00}.000Z", minute: 10);
    }

    private static async Task<string[]> AmountsAsync(ConsolePage page) =>
        [.. (await page.ScrollAsync()).Rows.Select(row => row.Split(' ')[^1])];

    private static async Task WaitUntilReadyAsync(HostProcess host)
    {
        using var http = new HttpClient { BaseAddress = host.Address };
        await Wait.UntilAsync(async () =>
        {
            try
            {
                using var response = await http.GetAsync(new Uri("/health/ready", UriKind.Relative), TestContext.Current.CancellationToken);
                return response.IsSuccessStatusCode;
            }
            catch (HttpRequestException)
            {
                return false;
            }
        });
    }
}
