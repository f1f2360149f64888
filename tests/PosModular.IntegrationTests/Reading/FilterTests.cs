using PosModular.IntegrationTests.Fixtures;
using PosModular.IntegrationTests.Postgres;
using PosModular.IntegrationTests.Syncs;
using PosModular.Simulator.Payments;
using PosModular.Simulator.Toast;

namespace PosModular.IntegrationTests.Reading;

/// <summary>Each field of the filter, and several at once: the page, its count and the download hold the same sales.</summary>
public sealed class FilterTests(TestPostgres postgres, SharedTestVenue shared) : IClassFixture<SharedTestVenue>
{
    private static DateTimeOffset At(int hour) => new(2026, 11, 20, hour, 0, 0, TimeSpan.Zero);

    [Fact]
    public async Task Every_field_alone_and_together_picks_the_same_sales_for_page_count_and_download()
    {
        await using var venue = await Polled.OpenAsync(
            await postgres.CreateDatabaseAsync(),
            more: new Dictionary<string, string?> { ["Pos:Syncs"] = "false" }
        );
        var card = new Card { Fingerprint = "card-1", Last4 = "4242" };
        await venue.SellAsync(
            new Sale
            {
                LocationId = "",
                PaymentId = "a",
                OrderId = "order-a",
                Amount = 1000,
                Card = card,
                Captured = true,
                At = At(18),
            }
        );
        await venue.SellAsync(
            new Sale
            {
                LocationId = "",
                PaymentId = "b",
                Amount = 2500,
                Card = card,
                At = At(19),
            }
        );
        await venue.SellAsync(
            new Sale
            {
                LocationId = "",
                PaymentId = "c",
                Amount = 700,
                Cash = true,
                At = At(20),
            }
        );
        await venue.PostWebhookAsync(venue.PaymentEvent("d", amount: 4000, refunded: 400, createdAt: "2026-11-20T21:00:00.000Z"));
        var (till, toast) = await venue.ConnectToastAsync();
        await venue.HearToastAsync(till, toast, "secret");
        var t = venue
            .Simulator.Toast.Ledger.RingUp(
                new ToastSale
                {
                    RestaurantGuid = till.Restaurant.Guid,
                    Price = 1200,
                    Tax = 84,
                    Captured = true,
                    At = At(22),
                }
            )
            .Checks[0]
            .Payments[0]
            .Guid.ToString();
        await venue.Simulator.Toast.Deliveries.WhenIdleAsync(TestContext.Current.CancellationToken);
        var token = await venue.SqlAsync<string>("select card_token from ingestion.transactions where external_id = 'a'");
        await venue.Owner.GetDataAsync(
            "mutation($token: String!) { linkCard(input: { venueId: \"bar\", userId: \"guest\", cardToken: $token }) { errors { code } } }",
            new { token }
        );

        async Task PickAsync(string expected, params (string Name, object Value)[] fields)
        {
            var filter = fields.ToDictionary(f => f.Name, f => f.Value);
            var query =
                "?"
                + string.Join(
                    '&',
                    fields.Select(f =>
                        f.Name
                        + "="
                        + Uri.EscapeDataString(
                            f.Value switch
                            {
                                string[] many => string.Join(',', many),
                                bool flag => flag ? "true" : "false",
                                var one => one.ToString()!,
                            }
                        )
                    )
                );
            var page = await venue.PageAsync(filter);
            var ids = string.Join(' ', page.At("edges").EnumerateArray().Select(e => e.At("node.externalId").GetString()));
            ids.ShouldBe(expected, query);
            page.At("totalCount").GetInt64().ShouldBe(ids.Length == 0 ? 0 : ids.Split(' ').Length, query);
            string.Join(' ', (await venue.CsvRowsAsync(query)).Select(row => row.Split(',')[1])).ShouldBe(expected, query);
        }

        await PickAsync($"{t} d c b a");
        await PickAsync($"{t} d c", ("from", "2026-11-20T20:00:00Z"));
        await PickAsync("b a", ("to", "2026-11-20T15:00:00-05:00"));
        await PickAsync($"{t}", ("connectionId", toast.ToString()));
        await PickAsync("d c b a", ("connectionId", venue.ConnectionId.ToString()));
        await PickAsync("", ("connectionId", "no-such-till"));
        await PickAsync($"{t}", ("provider", "TOAST"));
        await PickAsync("d c b a", ("provider", "SQUARE"));
        await PickAsync("b", ("statuses", new[] { "AUTHORIZED" }));
        await PickAsync("d b", ("statuses", new[] { "AUTHORIZED", "PARTIALLY_REFUNDED" }));
        await PickAsync("c", ("paymentMethods", new[] { "CASH" }));
        await PickAsync($"{t} d c b a", ("paymentMethods", new[] { "CASH", "CARD" }));
        await PickAsync("", ("paymentMethods", new[] { "GIFT_CARD" }));
        await PickAsync("b a", ("userId", "guest"));
        await PickAsync("", ("userId", "somebody"));
        await PickAsync("b a", ("matched", true));
        await PickAsync($"{t} d c", ("matched", false));
        await PickAsync($"{t} d b", ("minTotalMinor", 1284));
        await PickAsync($"{t} c a", ("maxTotalMinor", 1284));
        await PickAsync("a", ("search", "a"));
        await PickAsync("a", ("search", "order-a"));
        await PickAsync("b a", ("search", "4242"));
        await PickAsync($"{t} d", ("search", "1111"));
        await PickAsync("", ("search", "424"));
        await PickAsync(
            "b",
            ("from", "2026-11-20T18:00:00Z"),
            ("to", "2026-11-20T21:00:00Z"),
            ("connectionId", venue.ConnectionId.ToString()),
            ("provider", "SQUARE"),
            ("statuses", new[] { "AUTHORIZED", "COMPLETED" }),
            ("paymentMethods", new[] { "CARD" }),
            ("userId", "guest"),
            ("matched", true),
            ("minTotalMinor", 1001),
            ("maxTotalMinor", 2500),
            ("search", "4242")
        );
        await PickAsync("", ("userId", "guest"), ("matched", false));
        await PickAsync("", ("connectionId", toast.ToString()), ("provider", "SQUARE"));

        (await venue.Owner.GetDataAsync("{ venue(id: \"bar\") { posConnections { provider transactionCount } } }"))
            .At("venue.posConnections")
            .EnumerateArray()
            .Select(c => c.At("provider").GetString() + " " + c.At("transactionCount").GetInt64())
            .Order()
            .ShouldBe(["SQUARE 4", "TOAST 1"]);
    }

    [Theory]
    [InlineData("search: \"\"")]
    [InlineData("search: \"  \"")]
    [InlineData("search: \"a\\u0000b\"")]
    [InlineData("userId: \"a\\u0000b\"")]
    [InlineData("from: \"yesterday\"")]
    [InlineData("statuses: [PAID]")]
    public async Task A_filter_that_cannot_be_one_is_INVALID_INPUT(string field)
    {
        var venue = await shared.GetAsync();
        (
            await venue.Owner.GetErrorCodeAsync($"{{ venue(id: \"bar\") {{ transactions(filter: {{ {field} }}) {{ totalCount }} }} }}")
        ).ShouldBe("INVALID_INPUT");
    }
}
