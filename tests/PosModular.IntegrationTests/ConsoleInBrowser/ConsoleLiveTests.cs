using System.Globalization;
using Integrations.OutgoingWebhooks;
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

    [Fact]
    public async Task A_day_that_is_compared_shows_by_itself_what_differed_and_was_repaired()
    {
        var shared = await venues.GetAsync();
        var venue = await FurtherVenue.CreateAsync(shared, "live-proved");
        // Before what a first sync reads.
        var noon = TimeZoneInfo.ConvertTime(TimeProvider.System.GetUtcNow().AddDays(-10), venue.Zone).Date.AddHours(12);
        venue.AddUnannouncedSale(123_456, new DateTimeOffset(noon, venue.Zone.GetUtcOffset(noon)));
        var address = venue.AddressOf($"proved?day={noon:yyyy-MM-dd}");
        await using var page = await browser.OpenAsync(address, TestVenue.OwnerToken);
        await page.SettleAsync("Proved");
        await page.WaitForAsync(Badge, "Live");
        await page.WaitForAsync(".drawer", "This day has not been compared");
        // The shared host leaves reconciliations to other hosts.
        await using var reconciling = await TestHost.StartAsync(
            shared.Database,
            new Dictionary<string, string?>(shared.Settings) { ["Pos:Syncs"] = null }
        );

        await page.ClickAsync(".drawer .filters .button");

        await page.WaitForAsync(".drawer .state", "Repaired");
        await page.WaitForAsync(".differing dt", "was missing here Repaired");
        await page.WaitForAsync(".differing dd", "nothing here, $1,234.56 at the provider");
        await page.WaitForAsync(".calendar button[aria-current=true]", "Repaired");
        (await page.TextAsync(".drawer table")).ShouldContain("Total $0.00 $1,234.56 $1,234.56 0");
        (await page.ViolationsAsync()).ShouldBeEmpty();
        (await page.OverflowAsync(320)).ShouldBe(0);

        // Something is to be done: every page says so, and no longer than it is.
        await venue.RefuseTokenAsync("The token was revoked.");
        await page.WaitForAsync(".alerts p", "The token was revoked.");
        (await page.TextsAsync(".alerts a")).ShouldBe(["Go to the connections"]);
        (await page.ViolationsAsync()).ShouldBeEmpty();
        (await page.OverflowAsync(320)).ShouldBe(0);
        await venue.RefuseTokenAsync(null);
        await using var moderator = await browser.OpenAsync(address, shared.Moderator.Token);
        await moderator.WaitForAsync(".drawer .state", "Repaired");
        await moderator.SettleAsync("Proved");
        (await moderator.TextAsync(".drawer")).ShouldNotContain("1,234.56");
        (await moderator.TextsAsync(".alerts, .failure, .drawer table")).ShouldBeEmpty();
        (await page.ProblemsAsync()).Concat(await moderator.ProblemsAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_guest_is_granted_a_tier_linked_revoked_merged_and_forgotten()
    {
        var shared = await venues.GetAsync();
        var venue = await FurtherVenue.CreateAsync(shared, "live-guests");
        await venue.PostPaymentAsync("sale", 2500, card: "card-of-anna");
        await using var page = await browser.OpenAsync(venue.AddressOf("transactions"), TestVenue.OwnerToken);
        await page.ClickAsync(".list [data-row]");
        await page.FillAsync("User id", "anna");
        await page.ClickAsync(".drawer .filters button:has-text('Link the card')");
        await page.WaitForAsync(".drawer form", "anna by a linked card");
        await page.WaitForAsync(".drawer [role=status]", "1 payment matched anew.");

        await page.GoToAsync(venue.AddressOf("members?member=anna"));
        await page.WaitForAsync("[aria-label='Recognised by']", "VISA •••• 1111");
        await page.ClickAsync(".drawer button:has-text('Grant a tier')");
        await page.SelectAsync("The tier", "WHALE");
        await page.FillAsync("Reason", "of the house");
        (await page.ViolationsAsync()).ShouldBeEmpty();
        await page.ClickAsync("dialog button[type=submit]");
        await page.WaitForAsync(".drawer > header", "Whale");
        await page.ClickAsync(".drawer button:has-text('Revoke')");
        await page.FillAsync("Reason", "a mistake");
        await page.ClickAsync("dialog button[type=submit]");
        await page.WaitForAsync(".drawer", "of the house, revoked: a mistake");

        await page.ClickAsync("[aria-label='Recognised by'] button:has-text('Unlink')");
        await page.WaitForAsync("[aria-label='Recognised by']", "Nothing is linked to this guest.");
        await page.ClickAsync(".drawer button:has-text('Merge')");
        await page.FillAsync("The other user id", "anna-2");
        await page.SelectAsync("The id that stays", "other");
        await page.ClickAsync("dialog button[type=submit]");
        await page.WaitForAsync(".drawer > header", "anna-2");

        await page.ClickAsync(".drawer button:has-text('Forget')");
        (await page.TextsAsync("dialog button[type=submit]:disabled")).ShouldBe(["Forget this guest"]);
        await page.FillAsync("Type anna-2 to confirm", "anna-2");
        await page.ClickAsync("dialog button[type=submit]");
        await page.WaitForAsync("main", "Members appear when a guest's card is linked to a user.");
        (await page.TextsAsync(".drawer")).ShouldBeEmpty();
        (await page.ProblemsAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_rule_is_tried_before_it_is_saved_and_applied_to_the_guests_who_are_there()
    {
        var shared = await venues.GetAsync();
        var venue = await FurtherVenue.CreateAsync(shared, "live-rules");
        await venue.PostPaymentAsync("sale", 2500, card: "card-of-ben");
        await venue.LinkCardAsync("ben", "sale");
        await using var page = await browser.OpenAsync(venue.AddressOf("rules"), TestVenue.OwnerToken);
        await page.SettleAsync("Rules");
        await page.ClickAsync(".screen > header .button.main");
        await page.FillAsync("Name", "Twenty");
        await page.FillAsync("From a lifetime spend of", "30");
        await page.ClickAsync("[aria-label='What if'] button");
        await page.WaitForAsync("[aria-label='What if'] [role=status]", "No guest would unlock.");
        await page.FillAsync("From a lifetime spend of", "20");
        await page.WaitForAsync("[aria-label='What if'] [role=status]", "The rule has been changed since; try it again.");
        await page.ClickAsync("[aria-label='What if'] button");
        await page.WaitForAsync(
            "[aria-label='What if'] [role=status]",
            "1 guest would unlock, 1 of them today. None of them holds Regular yet."
        );
        (await page.ViolationsAsync()).ShouldBeEmpty();
        (await page.OverflowAsync(320)).ShouldBe(0);
        await page.ClickAsync("dialog button[type=submit]");

        await page.ClickAsync("tbody [data-row]");
        await page.ClickAsync("dialog button:has-text('Apply to the guests who are there')");
        await page.WaitForAsync("dialog [role=status]", "1 guest tried, 1 unlocked.");
        (await page.ViolationsAsync()).ShouldBeEmpty();
        await page.ClickAsync("dialog .actions button:has-text('Cancel')");
        await page.WaitForAsync("td[data-title=Guests]", "1");
        (await page.ProblemsAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task An_endpoint_is_created_tested_rotated_and_what_failed_is_sent_again()
    {
        var shared = await venues.GetAsync();
        var venue = await FurtherVenue.CreateAsync(shared, "live-endpoints");
        await using var receiver = await WebhookReceiver.StartAsync();
        await using var page = await browser.OpenAsync(venue.AddressOf("endpoints"), TestVenue.OwnerToken);
        await page.WaitForAsync("main", "Create the first one with");
        await page.ClickAsync(".screen > header .button.main");
        await page.FillAsync("Address", "nonsense");
        await page.ClickAsync("dialog button[type=submit]");
        await page.WaitForAsync("dialog .field .error");
        (await page.ViolationsAsync()).ShouldBeEmpty();
        await page.FillAsync("Address", receiver.Address);
        await page.ClickAsync("dialog button[type=submit]");
        await page.WaitForAsync("dialog .secret", "whsec_");
        var secret = await page.TextAsync("dialog .secret");
        (await page.ViolationsAsync()).ShouldBeEmpty();
        await page.ClickAsync("dialog .button.main");

        await page.ClickAsync("tbody [data-row]");
        await page.ClickAsync(".drawer button:has-text('Send a test')");
        await page.WaitForAsync(".deliveries", "Delivered endpoint.test");
        await page.ClickAsync(".deliveries button");
        await page.WaitForAsync(".deliveries pre", "200 OK");
        await page.WaitForAsync(".deliveries pre", "endpointId");
        await page.ClickAsync(".deliveries button:has-text('Send again')");
        await page.WaitForAsync(".drawer [role=status]", "1 event will be sent again at once.");
        await Wait.UntilAsync(() => receiver.Received.Count == 2);
        (await page.ViolationsAsync()).ShouldBeEmpty();
        (await page.OverflowAsync(320)).ShouldBe(0);

        await page.ClickAsync(".drawer button:has-text('New secret')");
        await page.WaitForAsync("dialog .secret", "whsec_");
        (await page.TextAsync("dialog .secret")).ShouldNotBe(secret);
        await page.ClickAsync("dialog .button.main");

        // As after its last attempt.
        await shared.SqlAsync<string>(
            $"""
            update integrations.webhook_deliveries set status = {(int)DeliveryStatus.Failed}, delivered_at = null
            where endpoint_id in (select id from integrations.webhook_endpoints where venue_id = '{venue.Id}')
            """
        );
        await page.ClickAsync(".choice button:has-text('Failed')");
        await page.ClickAsync(".drawer button:has-text('Send all failed ones again')");
        await Wait.UntilAsync(() => receiver.Received.Count == 3);
        await page.ClickAsync(".drawer button:has-text('Switch off')");
        await page.WaitForAsync(".drawer .state", "Off");
        (await page.ProblemsAsync()).ShouldBeEmpty();
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
