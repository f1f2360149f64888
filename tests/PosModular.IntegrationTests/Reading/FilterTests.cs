using PosModular.IntegrationTests.Fixtures;
using PosModular.IntegrationTests.Postgres;
using PosModular.IntegrationTests.Syncs;
using PosModular.Simulator.Payments;
using PosModular.Simulator.Toast;

namespace PosModular.IntegrationTests.Reading;

/// <summary>With each field of the filter, and with several, the page, its count and the download contain the same transactions.</summary>
public sealed class FilterTests(TestPostgres postgres, SharedTestVenue shared) : IClassFixture<SharedTestVenue>
{
    private static DateTimeOffset At(int hour) => new(2026, 11, 20, hour, 0, 0, TimeSpan.Zero);

    [Fact]
    public async Task Each_filter_field_alone_and_combined_selects_the_same_transactions_for_page_count_and_download()
    {
        await using var venue = await SyncTestVenue.CreateAsync(
            await postgres.CreateDatabaseAsync(),
            extraSettings: new Dictionary<string, string?> { ["Pos:Syncs"] = "false" }
        );
        var card = new Card { Fingerprint = "card-1", Last4 = "4242" };
        await venue.RingUpAsync(
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
        await venue.RingUpAsync(
            new Sale
            {
                LocationId = "",
                PaymentId = "b",
                Amount = 2500,
                Card = card,
                At = At(19),
            }
        );
        await venue.RingUpAsync(
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
        var (account, toastConnectionId) = await venue.ConnectToastAsync();
        await venue.EnableToastWebhooksAsync(account, toastConnectionId, "secret");
        var toastPaymentId = venue
            .Simulator.Toast.Ledger.AddSale(
                new ToastSale
                {
                    RestaurantGuid = account.Restaurant.Guid,
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

        // "b" was made while both were on stage, so that the one who started last decides; "a" before anybody, "d" after.
        await venue.Owner.GetDataAsync(
            """
            mutation {
              a: startLiveSession(input: { venueId: "bar", performerId: "band", startedAt: "2026-11-20T18:30:00Z",
                endedAt: "2026-11-20T21:00:00Z" }) { errors { code } }
              b: startLiveSession(input: { venueId: "bar", performerId: "singer", startedAt: "2026-11-20T19:00:00Z",
                endedAt: "2026-11-20T19:30:00Z" }) { errors { code } }
              createSpendRule(input: { venueId: "bar", name: "Rule", threshold: 36, unlocksTier: PLATINUM }) { errors { code } } }
            """
        );
        await venue.Owner.GetDataAsync(
            """
            mutation($id: ID!) {
              assignTransaction(input: { venueId: "bar", transactionId: $id, userId: "whale" }) { errors { code } } }
            """,
            new { id = await venue.SqlAsync<Guid>("select id from ingestion.transactions where external_id = 'd'") }
        );
        await venue.Host.WhenIdleAsync();

        async Task ShouldSelectAsync(string expected, params (string Name, object Value)[] fields)
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
                                string[] values => string.Join(',', values),
                                bool isSet => isSet ? "true" : "false",
                                var other => other.ToString()!,
                            }
                        )
                    )
                );
            var page = await venue.GetPageAsync(filter);
            var ids = string.Join(' ', page.At("edges").EnumerateArray().Select(e => e.At("node.externalId").GetString()));
            ids.ShouldBe(expected, query);
            page.At("totalCount").GetInt64().ShouldBe(ids.Length == 0 ? 0 : ids.Split(' ').Length, query);
            string.Join(' ', (await venue.GetCsvRowsAsync(query)).Select(row => row.Split(',')[1])).ShouldBe(expected, query);
        }

        await ShouldSelectAsync($"{toastPaymentId} d c b a");
        await ShouldSelectAsync($"{toastPaymentId} d c", ("from", "2026-11-20T20:00:00Z"));
        await ShouldSelectAsync("b a", ("to", "2026-11-20T15:00:00-05:00"));
        await ShouldSelectAsync($"{toastPaymentId}", ("connectionId", toastConnectionId.ToString()));
        await ShouldSelectAsync("d c b a", ("connectionId", venue.ConnectionId.ToString()));
        await ShouldSelectAsync("", ("connectionId", "no-such-connection"));
        await ShouldSelectAsync($"{toastPaymentId}", ("provider", "TOAST"));
        await ShouldSelectAsync("d c b a", ("provider", "SQUARE"));
        await ShouldSelectAsync("b", ("statuses", new[] { "AUTHORIZED" }));
        await ShouldSelectAsync("d b", ("statuses", new[] { "AUTHORIZED", "PARTIALLY_REFUNDED" }));
        await ShouldSelectAsync("c", ("paymentMethods", new[] { "CASH" }));
        await ShouldSelectAsync($"{toastPaymentId} d c b a", ("paymentMethods", new[] { "CASH", "CARD" }));
        await ShouldSelectAsync("", ("paymentMethods", new[] { "GIFT_CARD" }));
        await ShouldSelectAsync("b a", ("userId", "guest"));
        await ShouldSelectAsync("", ("userId", "somebody"));
        await ShouldSelectAsync("d b a", ("matched", true));
        await ShouldSelectAsync($"{toastPaymentId} c", ("matched", false));
        await ShouldSelectAsync($"{toastPaymentId} d b", ("minTotalMinor", 1284));
        await ShouldSelectAsync($"{toastPaymentId} c a", ("maxTotalMinor", 1284));
        await ShouldSelectAsync("a", ("search", "a"));
        await ShouldSelectAsync("a", ("search", "order-a"));
        await ShouldSelectAsync("b a", ("search", "4242"));
        await ShouldSelectAsync($"{toastPaymentId} d", ("search", "1111"));
        await ShouldSelectAsync("", ("search", "424"));
        await ShouldSelectAsync($"{toastPaymentId} d c b a", ("businessDateFrom", "2026-11-20"), ("businessDateTo", "2026-11-20"));
        await ShouldSelectAsync("", ("businessDateTo", "2026-11-19"));
        await ShouldSelectAsync("", ("businessDateFrom", "2026-11-21"));
        await ShouldSelectAsync("c", ("performerId", "band"));
        await ShouldSelectAsync("b", ("performerId", "singer"));
        await ShouldSelectAsync("", ("performerId", "nobody"));
        await ShouldSelectAsync("d", ("tier", "PLATINUM"));
        await ShouldSelectAsync("b a", ("tier", "GUEST"));
        await ShouldSelectAsync("", ("tier", "WHALE"));
        await ShouldSelectAsync("b a", ("cardToken", token));
        await ShouldSelectAsync("", ("cardToken", "no-such-card"));
        await ShouldSelectAsync(
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
            ("search", "4242"),
            ("businessDateFrom", "2026-11-20"),
            ("businessDateTo", "2026-11-20"),
            ("performerId", "singer"),
            ("tier", "GUEST"),
            ("cardToken", token)
        );
        await ShouldSelectAsync("", ("userId", "guest"), ("matched", false));
        await ShouldSelectAsync("", ("connectionId", Guid.NewGuid().ToString()), ("provider", "SQUARE"));
        await ShouldSelectAsync("d c b a", ("connectionId", venue.ConnectionId.ToString()), ("provider", "SQUARE"));

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
    [InlineData("businessDateFrom: \"1899-12-31\"")]
    [InlineData("businessDateTo: \"9999-12-31\"")]
    [InlineData("performerId: \"a\\u0000b\"")]
    [InlineData("tier: GOLD")]
    [InlineData("statuses: [PAID]")]
    public async Task An_invalid_filter_is_INVALID_INPUT(string field)
    {
        var venue = await shared.GetAsync();
        (
            await venue.Owner.GetErrorCodeAsync($"{{ venue(id: \"bar\") {{ transactions(filter: {{ {field} }}) {{ totalCount }} }} }}")
        ).ShouldBe("INVALID_INPUT");
    }
}
