using System.Text.RegularExpressions;
using PosModular.IntegrationTests.Fixtures;

namespace PosModular.IntegrationTests.ConsoleInBrowser;

/// <summary>Owners, moderators and others open every screen that the console's navigation offers them, in a real Chromium.</summary>
[Collection(ConsoleCollection.Name)]
public sealed partial class ConsoleScreensTests(ConsoleVenue venues, ConsoleBrowser browser)
{
    [GeneratedRegex(@"as of \d+ \w+ \d+, \d\d:\d\d")]
    private static partial Regex AsOf();

    private static readonly string[] ModeratorScreens =
    [
        "Proved",
        "Rules",
        "Live sessions",
        "Connections",
        "Events",
        "Audit",
        "Settings",
        "API",
    ];
    private static readonly string[] OwnerScreens =
    [
        "Tonight",
        "Transactions",
        "Revenue",
        "Proved",
        "Members",
        "Rules",
        "Live sessions",
        "Connections",
        "Events",
        "Webhook endpoints",
        "Audit",
        "Settings",
        "API",
    ];

    [Fact]
    public async Task Every_screen_of_an_owner_is_free_of_faults()
    {
        var venue = await venues.GetAsync();
        await using var page = await browser.OpenAsync(venue.Host.Address, TestVenue.OwnerToken);
        await page.SettleAsync("Tonight");

        await WalkAsync(page, OwnerScreens, venue.Host.Address);
    }

    [Fact]
    public async Task Every_screen_of_a_moderator_is_free_of_faults()
    {
        var venue = await venues.GetAsync();
        await using var page = await browser.OpenAsync(ConsoleVenue.AddressOf(venue.Host.Address, "connections"), venue.Moderator.Token);
        await page.SettleAsync("Connections");

        await WalkAsync(page, ModeratorScreens, venue.Host.Address);
    }

    [Fact]
    public async Task Every_screen_of_a_venue_without_any_data_is_free_of_faults()
    {
        var venue = await venues.GetAsync();
        await using var page = await browser.OpenAsync(
            ConsoleVenue.AddressOf(venue.Host.Address, "tonight", ConsoleVenue.EmptyVenueId),
            TestVenue.OwnerToken
        );
        await page.SettleAsync("Tonight");

        await WalkAsync(page, OwnerScreens, venue.Host.Address);
    }

    [Fact]
    public async Task The_details_of_a_transaction_and_a_member_are_free_of_faults()
    {
        var venue = await venues.GetAsync();
        var faults = new List<string>();
        var transaction = (
            await venue.Owner.GetDataAsync(
                """{ venue(id: "bar") { transactions(first: 1, filter: { search: "refunded" }) { nodes { id } } } }"""
            )
        )
            .At("venue.transactions.nodes")[0]
            .At("id")
            .GetString();
        await using var page = await browser.OpenAsync(
            ConsoleVenue.AddressOf(venue.Host.Address, $"transactions?transaction={transaction}"),
            TestVenue.OwnerToken
        );
        await page.WaitForAsync(".drawer", "spilt");
        await page.WaitForAsync("[aria-label='What the rules said']", "No rule was tried, because the payment belongs to no guest.");
        await page.ClickAsync(".drawer details summary");
        await page.ClickAsync(".drawer details .button");
        await page.WaitForAsync(".claim .qr path:not([d=''])");
        (await page.TextAsync(".claim .mono")).ShouldMatch("^[0-9A-Z]{5}(-[0-9A-Z]{5}){3}$");
        await CheckAsync(page, "transaction", faults);

        await page.GoToAsync(ConsoleVenue.AddressOf(venue.Host.Address, "transactions?search=known"));
        await page.SettleAsync("Transactions");
        await page.ClickAsync(".list [data-row]");
        await page.WaitForAsync("[aria-label='What the rules said']", "Twenty Regular: unlocked");

        await page.GoToAsync(ConsoleVenue.AddressOf(venue.Host.Address, "members?member=guest"));
        await page.WaitForAsync(".drawer", "Twenty");
        await page.WaitForAsync("[aria-label='Recognised by']", "VISA •••• 1111");
        await page.SelectAsync("Why not?", "Twenty");
        await page.ClickAsync("[aria-label='Why a rule has not unlocked'] summary");
        await page.WaitForAsync("[aria-label='Why a rule has not unlocked'] th", "Needed");
        await CheckAsync(page, "member", faults);

        faults.AddRange(await page.ProblemsAsync());
        faults.ShouldBeEmpty();
    }

    [Fact]
    public async Task Every_chart_of_revenue_is_also_a_table()
    {
        var venue = await venues.GetAsync();
        var faults = new List<string>();
        await using var page = await browser.OpenAsync(ConsoleVenue.AddressOf(venue.Host.Address, "revenue"), TestVenue.OwnerToken);
        await page.SettleAsync("Revenue");

        (await page.TextAsync("[aria-label=\"By the guest's tier at the time\"] table")).ShouldContain("No guest 1 payment $36.00");
        (await page.TextAsync("[aria-label='By performer'] table")).ShouldContain("Nobody on stage 2 payments $61.00");
        (await page.TextAsync("[aria-label='Guests who spent most'] table")).ShouldContain("guest");
        var bars = await page.ContentsAsync(".bar title");
        bars.ShouldContain(text => text.Contains("payment", StringComparison.Ordinal));
        foreach (var chart in (string[])["Net by hour, USD", "Busiest hours"])
            await page.ClickAsync($"[aria-label^='{chart}'] figcaption button");

        var rows = await page.ContentsAsync("[aria-label='Net by hour, USD'] tbody td");
        rows.Chunk(2)
            .Select(row => $"{row[0].Replace(" (not over yet)", "", StringComparison.Ordinal)}: {row[1]}")
            .ShouldBe(bars.Select(bar => bar.Replace(" so far", "", StringComparison.Ordinal)));
        (await page.TextAsync("[aria-label^='Busiest hours'] table")).ShouldContain("Total on average");
        await CheckAsync(page, "revenue as tables", faults);
        faults.ShouldBeEmpty();
    }

    [Fact]
    public async Task Whoever_is_not_signed_in_is_asked_for_a_token_and_a_stranger_learns_that_no_venue_is_theirs()
    {
        var venue = await venues.GetAsync();
        var faults = new List<string>();
        await using var page = await browser.OpenAsync(venue.Host.Address, token: null);
        await page.WaitForAsync("main", "Access token");
        await CheckAsync(page, "sign-in", faults);
        // Outside of Development nobody is offered a ready token.
        (await page.TextAsync("main")).ShouldNotContain("Look around as");

        await page.FillAsync("Access token", TestKeys.Token("stranger"));
        await page.ClickAsync("button[type=submit]");
        await page.WaitForAsync("main", "No venue yet");
        await CheckAsync(page, "stranger", faults);

        faults.AddRange(await page.ProblemsAsync());
        faults.ShouldBeEmpty();
    }

    [Fact]
    public async Task Browsers_in_three_time_zones_show_the_same_text()
    {
        var venue = await venues.GetAsync();
        var texts = new List<string>();
        // An hour that ends between two browsers becomes one of the busiest hours, so they are opened again.
        var hour = -1L;
        while (hour != Hour())
        {
            hour = Hour();
            texts.Clear();
            foreach (var timeZone in new[] { "America/New_York", "Asia/Tokyo", "Pacific/Kiritimati" })
                texts.Add(await ReadAsync(timeZone));
        }
        texts.Distinct().ShouldHaveSingleItem();

        static long Hour() => DateTimeOffset.UtcNow.ToUnixTimeSeconds() / 3600;

        async Task<string> ReadAsync(string timeZone)
        {
            await using var page = await browser.OpenAsync(
                ConsoleVenue.AddressOf(venue.Host.Address, "transactions"),
                TestVenue.OwnerToken,
                timeZone: timeZone
            );
            var text = "";
            foreach (
                var (screen, heading) in new[] { ("transactions", "Transactions"), ("revenue", "Revenue"), ("sessions", "Live sessions") }
            )
            {
                await page.ClickAsync($"nav a[href$='/{screen}']");
                await page.SettleAsync(heading);
                // A minute may pass between two browsers.
                text += AsOf().Replace(await page.TextAsync("main"), "");
            }
            return text;
        }
    }

    [Fact]
    public async Task A_panel_that_fails_leaves_the_others_as_they_are_and_offers_another_attempt()
    {
        var venue = await venues.GetAsync();
        await using var page = await browser.OpenAsync(ConsoleVenue.AddressOf(venue.Host.Address, "audit"), TestVenue.OwnerToken);
        await page.SendAsync("fail", new { operation = "ConsoleMatchRate" });
        await page.ClickAsync("nav a[href$='/tonight']");

        await page.WaitForAsync(".failure", "INTERNAL Try again.");
        (await page.TextsAsync(".failure")).ShouldHaveSingleItem();
        (await page.TextAsync("[data-testid=latest]")).ShouldContain("guest");
        (await page.TextsAsync(".failure button")).ShouldBe(["Try again"]);
        (await page.ViolationsAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task While_the_database_is_away_every_panel_says_so_and_all_come_back()
    {
        var venue = await venues.GetAsync();
        var faults = new List<string>();
        await using var page = await browser.OpenAsync(
            ConsoleVenue.AddressOf(venue.Host.Address, "sessions"),
            TestKeys.Token(TestVenue.OwnerId, "HEAD_MODERATOR")
        );
        await page.SettleAsync("Live sessions");
        await page.SendAsync(
            "fail",
            new
            {
                operation = "query Console",
                code = "UNAVAILABLE",
                status = 503,
            }
        );
        // Tonight's figures still arrive by the socket.
        foreach (var (screen, panels) in new[] { ("tonight", 5), ("members", 1), ("connections", 1), ("settings", 1) })
        {
            await page.ClickAsync($"nav a[href$='/{screen}']");
            await page.SettleAsync();
            await Wait.UntilAsync(async () => (await page.TextsAsync(".failure")).Length >= panels);
            (await page.TextsAsync(".failure")).ShouldAllBe(text => text.StartsWith("UNAVAILABLE Try again."));
            foreach (var violation in await page.ViolationsAsync())
                faults.Add($"{screen}: {violation}");
        }

        await page.SendAsync("mend");
        await page.ClickAsync(".failure button");
        await page.WaitForAsync("main", "Business date now");
        (await page.TextsAsync(".failure")).ShouldBeEmpty();
        faults.ShouldBeEmpty();
    }

    [Fact]
    public async Task With_forced_colours_marks_stay_visible_and_with_reduced_motion_nothing_moves()
    {
        var venue = await venues.GetAsync();
        await using var page = await browser.OpenAsync(ConsoleVenue.AddressOf(venue.Host.Address, "tonight"), TestVenue.OwnerToken);
        await page.SendAsync("emulate", new { media = new { forcedColors = "active", reducedMotion = "reduce" } });
        foreach (var (screen, heading) in new[] { ("tonight", "Tonight"), ("revenue", "Revenue"), ("rules", "Rules") })
        {
            await page.ClickAsync($"nav a[href$='/{screen}']");
            await page.SettleAsync(heading);
            var marks = await page.SendAsync(
                "marks",
                new { selector = ".state:not([data-tone=off]), .bar:not(.open), .bars .track > span" }
            );
            marks.At("animations").GetInt32().ShouldBe(0);
            marks.At("colours").GetArrayLength().ShouldBePositive();
            marks.At("colours").EnumerateArray().ShouldAllBe(colour => colour.GetString() != marks.At("canvas").GetString());
        }
    }

    [Fact]
    public async Task An_address_shows_the_same_transactions_to_whoever_opens_it()
    {
        var venue = await venues.GetAsync();
        var address = ConsoleVenue.AddressOf(venue.Host.Address, "transactions?matched=yes&order=LARGEST_FIRST");

        for (var person = 0; person < 2; person++)
        {
            await using var page = await browser.OpenAsync(address, TestVenue.OwnerToken);
            await page.SettleAsync("Transactions");
            var (rows, _) = await page.ScrollAsync();
            rows.Select(row => row.Split(' ')[^1]).ShouldBe(["$25.00", "$1.00"]);
        }
    }

    [Fact]
    public async Task A_session_that_has_ended_keeps_the_page_and_asks_for_another_token()
    {
        var venue = await venues.GetAsync();
        await using var page = await browser.OpenAsync(ConsoleVenue.AddressOf(venue.Host.Address, "transactions"), TestVenue.OwnerToken);
        await page.SettleAsync("Transactions");

        await page.SendAsync(
            "fail",
            new
            {
                operation = "ConsoleRevenue",
                code = "UNAUTHENTICATED",
                status = 401,
            }
        );
        await page.ClickAsync("nav a[href$='/revenue']");

        await page.WaitForAsync(".expired", "Your session has ended");
        (await page.TextAsync("nav")).ShouldContain("Transactions");
        await page.SendAsync("mend");
        await page.FillAsync("Access token", TestVenue.OwnerToken);
        await page.ClickAsync(".expired button[type=submit]");
        await page.SettleAsync("Revenue");
        await page.WaitForAsync("main dl.figures", "$");
        (await page.TextsAsync(".expired")).ShouldBeEmpty();
    }

    /// <summary>Clicks every link of the navigation and checks the screen behind it.</summary>
    private static async Task WalkAsync(ConsolePage page, string[] screens, Uri host)
    {
        var links = await page.LinksAsync("nav a");
        links.Select(link => link.Name).ShouldBe(screens);
        var faults = new List<string>();
        foreach (var (name, address) in links)
        {
            await page.ClickAsync($"nav a[href='{address.AbsolutePath}']");
            await page.SettleAsync(name);
            await CheckAsync(page, name, faults);
        }
        faults.AddRange(await page.ProblemsAsync());
        faults.ShouldBeEmpty();
        (await page.HostsAsync()).ShouldBe([host.Authority]);
    }

    private static async Task CheckAsync(ConsolePage page, string screen, List<string> faults)
    {
        foreach (var failure in await page.TextsAsync(".failure"))
            faults.Add($"{screen}: {failure}");
        foreach (var violation in await page.ViolationsAsync())
            faults.Add($"{screen}: {violation}");
        if (await page.OverflowAsync(320) is > 0 and var overflow)
            faults.Add($"{screen} is {overflow} px wider than a window of 320 px");
    }
}
