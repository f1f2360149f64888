using System.Globalization;
using System.Text.Json;
using PosModular.IntegrationTests.Fixtures;
using PosModular.IntegrationTests.Postgres;
using PosModular.Simulator;
using PosModular.Simulator.Demo;
using PosModular.Simulator.Payments;
using PosModular.Simulator.Toast;

namespace PosModular.IntegrationTests.Demo;

/// <summary>Runs what <c>./run --demo</c> starts, in this process and faster.</summary>
public sealed class DemoTests(TestPostgres postgres)
{
    private const int Sales = 200;

    private const string Venues = """
        { venues { nodes { id timeZone currency
          revenue(period: ALL) { count total { amountMinor } tip { amountMinor } refunded { amountMinor }
            pending { amountMinor } otherCurrencies { currency } }
          members(first: 200) { nodes { userId tier unlocks { tier } } }
          spendRules { name } liveSessions { nodes { startedAt endedAt } }
          transactions(first: 200) { nodes { externalId occurredAt } } } } }
        """;

    private static readonly Dictionary<string, string> Locations = new()
    {
        ["demo-bar"] = "DEMOLOCATION7",
        ["demo-club"] = "DEMOLOCATION8",
        ["demo-izakaya"] = "DEMOLOCATION9",
        ["demo-diner"] = "00000000-0000-4000-8000-00000000000a",
    };

    [Fact(Timeout = 120_000)]
    public async Task Revenue_of_each_venue_equals_the_simulated_payments_and_guests_get_tiers_also_on_a_second_day()
    {
        var database = await postgres.CreateDatabaseAsync();
        var (host, square) = ($"http://127.0.0.1:{TestHost.FindFreePort()}", $"http://127.0.0.1:{TestHost.FindFreePort()}");
        await using var testHost = await TestHost.StartAsync(
            database,
            new Dictionary<string, string?>
            {
                ["Kestrel:Endpoints:Http:Url"] = host,
                ["Pos:PublicBaseUrl"] = host,
                ["Pos:Square:BaseUrls:Sandbox"] = square,
                ["Pos:Toast:BaseUrls:Sandbox"] = square,
            }
        );
        var owner = new GraphQLClient(testHost, TestKeys.Token("demo-owner"));

        var payments = await RunDemoAsync(testHost, host, square, seed: 1);
        var first = await WaitForTiersAsync(testHost, owner);
        foreach (var venue in first)
            ShouldMatchPayments(venue, payments);

        // A new simulator knows nothing of the first run; the product still has its transactions.
        payments = [.. payments, .. await RunDemoAsync(testHost, host, square, seed: 2)];
        foreach (var venue in await WaitForTiersAsync(testHost, owner))
            ShouldMatchPayments(venue, payments);
    }

    private static async Task<List<Taken>> RunDemoAsync(TestHost testHost, string host, string square, int seed)
    {
        await using var simulator = await PosSimulator.StartAsync(
            new SimulatorSettings
            {
                Urls = square,
                RetryScale = 0.001,
                Demo = new DemoSettings(new Uri(host), TestKeys.Token("demo-moderator", "HEAD_MODERATOR"), TestKeys.Token("demo-owner"))
                {
                    Seed = seed,
                    MaxSales = Sales,
                    SalesPerSecond = 200,
                    Speed = 20_000,
                },
            },
            cancellationToken: TestContext.Current.CancellationToken
        );
        await simulator.WaitForDemoSalesAsync(TestContext.Current.CancellationToken);
        simulator.Deliveries.Counts.Dropped.ShouldBe(0);
        simulator.Toast.Deliveries.Counts.Dropped.ShouldBe(0);
        // The simulator must keep running until it has linked the last cards.
        await WaitForTiersAsync(testHost, new GraphQLClient(testHost, TestKeys.Token("demo-owner")));
        return
        [
            .. simulator
                .Ledger.Payments()
                .Select(p => new Taken(p.LocationId, p.Currency, p.Status == PaymentStatus.Completed, p.Total, p.Tip, p.Refunded)),
            .. simulator
                .Toast.Ledger.Orders()
                .SelectMany(order =>
                    order.Checks.SelectMany(check =>
                        check.Payments.Select(p => new Taken(
                            order.RestaurantGuid.ToString(),
                            "USD",
                            p.Status == ToastPaymentStatus.Captured,
                            p.Total,
                            p.Tip,
                            p.Refunded
                        ))
                    )
                ),
        ];
    }

    /// <summary>
    /// Returns the venues once each has a guest with a tier: the demo links cards when it sees a payment in the live feed, a moment
    /// after the payment.
    /// </summary>
    private static async Task<JsonElement[]> WaitForTiersAsync(TestHost host, GraphQLClient owner)
    {
        while (true)
        {
            TestContext.Current.CancellationToken.ThrowIfCancellationRequested();
            await host.WhenIdleAsync();
            var venues = (await owner.GetDataAsync(Venues)).At("venues.nodes").EnumerateArray().ToArray();
            if (
                venues.Length == Locations.Count
                && venues.All(v =>
                    v.At("members.nodes").EnumerateArray().Any(m => m.At("tier").GetString() is "REGULAR" or "PLATINUM" or "WHALE")
                )
            )
                return venues;
        }
    }

    private static void ShouldMatchPayments(JsonElement venue, List<Taken> simulatedPayments)
    {
        var payments = simulatedPayments.Where(p => p.LocationId == Locations[venue.At("id").GetString()!]).ToArray();
        var captured = payments.Where(p => p.IsCaptured).ToArray();
        captured.ShouldNotBeEmpty();
        var revenue = venue.GetProperty("revenue");
        revenue.At("count").GetInt64().ShouldBe(captured.Length);
        revenue.At("total.amountMinor").GetInt64().ShouldBe(captured.Sum(p => p.Total));
        revenue.At("tip.amountMinor").GetInt64().ShouldBe(captured.Sum(p => p.Tip));
        revenue.At("refunded.amountMinor").GetInt64().ShouldBe(captured.Sum(p => p.Refunded));
        revenue.At("pending.amountMinor").GetInt64().ShouldBe(0);
        revenue.At("otherCurrencies").GetArrayLength().ShouldBe(0);
        venue.At("currency").GetString().ShouldBe(payments[0].Currency);
        venue
            .At("spendRules")
            .EnumerateArray()
            .Select(r => r.At("name").GetString())
            .ShouldBe(["Regulars", "Platinum", "Whale of the night"], ignoreOrder: true);
        venue.At("liveSessions.nodes").GetArrayLength().ShouldBePositive();
        venue.At("liveSessions.nodes").EnumerateArray().Select(s => s.At("startedAt").GetString()).ShouldBeUnique();
        venue.At("liveSessions.nodes").EnumerateArray().ShouldAllBe(s => s.At("endedAt").ValueKind == JsonValueKind.String);
        venue
            .At("members.nodes")
            .EnumerateArray()
            .ShouldAllBe(m => m.At("userId").GetString()!.StartsWith("guest-", StringComparison.Ordinal));

        var zone = TimeZoneInfo.FindSystemTimeZoneById(venue.At("timeZone").GetString()!);
        foreach (var sale in venue.At("transactions.nodes").EnumerateArray())
        {
            var at = DateTimeOffset.Parse(sale.At("occurredAt").GetString()!, CultureInfo.InvariantCulture);
            at.ShouldBeLessThan(TimeProvider.System.GetUtcNow());
            var hour = TimeZoneInfo.ConvertTime(at, zone).Hour;
            // 06:59 at the latest, in the night when the clocks go forward.
            (hour >= 18 || hour < 7).ShouldBeTrue($"{venue.At("id")}: {at:O}");
        }
    }

    /// <summary>A simulated payment of either provider.</summary>
    private sealed record Taken(string LocationId, string Currency, bool IsCaptured, long Total, long Tip, long Refunded);
}
