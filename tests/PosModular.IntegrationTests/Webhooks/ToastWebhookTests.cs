using System.Diagnostics;
using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using PosModular.IntegrationTests.Fixtures;
using PosModular.IntegrationTests.Postgres;
using PosModular.IntegrationTests.Syncs;
using PosModular.Simulator.Toast;

namespace PosModular.IntegrationTests.Webhooks;

/// <summary>
/// Toast's webhook route: its signature header, its size limit, its two seconds to answer, and orders of several payments.
/// </summary>
[Collection(NonParallelTests.Name)]
public sealed class ToastWebhookTests(TestPostgres postgres)
{
    private const string Secret = "toast-signing-secret";

    private sealed record ConnectedRestaurant(TestVenue Venue, ToastAccount Account, Guid ConnectionId) : IAsyncDisposable
    {
        public ToastLedger Ledger => Venue.Simulator.Toast.Ledger;

        /// <summary>An order of 14.98, paid 10.00 by card and 4.98 in cash.</summary>
        public ToastEvent RingUp(bool announce = false)
        {
            var order = Ledger.AddOrder(
                new ToastOrder
                {
                    RestaurantGuid = Account.Restaurant.Guid,
                    Checks =
                    [
                        new Check
                        {
                            Selections = [new Selection { PreDiscountPrice = 1400, Tax = 98 }],
                            Payments =
                            [
                                new ToastPayment
                                {
                                    Amount = 1000,
                                    Tip = 150,
                                    Status = ToastPaymentStatus.Captured,
                                },
                                new ToastPayment { Amount = 498, Type = ToastPaymentType.Cash },
                            ],
                        },
                    ],
                },
                announce
            );
            return Ledger.Events(order.Guid).ShouldHaveSingleItem();
        }

        public async Task<HttpStatusCode> PostWebhookAsync(byte[] body, string timestamp, string? signature = null)
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, $"/api/pos/webhooks/toast/{ConnectionId}")
            {
                Content = new ByteArrayContent(body),
            };
            request.Headers.TryAddWithoutValidation(ToastSignature.Header, signature ?? ToastSignature.Compute(Secret, body, timestamp));
            using var response = await Venue.Host.Http.SendAsync(request, TestContext.Current.CancellationToken);
            return response.StatusCode;
        }

        public Task<HttpStatusCode> PostWebhookAsync(ToastEvent webhook, int padding = 0, string? signature = null) =>
            PostWebhookAsync([.. webhook.Body().ToArray(), .. Enumerable.Repeat((byte)' ', padding)], webhook.Timestamp, signature);

        public async Task<string> GetWebhookEventsAsync() =>
            (
                await Venue.Owner.GetDataAsync(
                    "{ venue(id: \"bar\") { webhookEvents { nodes { id provider type status attempts reason } } } }"
                )
            )
                .At("venue.webhookEvents.nodes")
                .ToString();

        public ValueTask DisposeAsync() => Venue.DisposeAsync();
    }

    private async Task<ConnectedRestaurant> ConnectAsync(string currency = "USD")
    {
        var venue = await SyncTestVenue.CreateAsync(
            await postgres.CreateDatabaseAsync(),
            extraSettings: new Dictionary<string, string?> { ["Pos:Syncs"] = "false" }
        );
        var (account, connection) = await venue.ConnectToastAsync(new RestaurantDraft { CurrencyCode = currency });
        await venue.EnableToastWebhooksAsync(account, connection, Secret);
        return new ConnectedRestaurant(venue, account, connection);
    }

    private static Task<string> GetTransactionsAsync(ConnectedRestaurant toast) =>
        toast.Venue.SqlAsync<string>(
            """
            select string_agg(
              concat_ws(' ', provider, currency, total_minor, tip_minor, tax_minor, breakdown_complete), ', ' order by total_minor)
            from ingestion.transactions
            """
        );

    [Fact]
    public async Task An_order_of_several_payments_is_stored_in_one_commit_with_its_breakdown_and_fetches_nothing()
    {
        await using var toast = await ConnectAsync("EUR");
        toast.Venue.Simulator.Requests.Clear(); // connecting reads an order to check the permission

        var webhook = toast.RingUp(announce: true);
        toast.Ledger.Replay(webhook.Guid, times: 3);
        await toast.Venue.Simulator.Toast.Deliveries.WhenIdleAsync(TestContext.Current.CancellationToken);

        (await GetTransactionsAsync(toast)).ShouldBe("1 EUR 498 0 33 t, 1 EUR 1150 150 65 t");
        (await toast.Venue.SqlAsync<long>("select count(*) from ingestion.order_fetches")).ShouldBe(0);
        (
            await toast.Venue.SqlAsync<string>(
                "select count(*) || ' ' || (select count(*) from ingestion.transaction_versions) from ingestion.webhook_events"
            )
        ).ShouldBe("1 2");
        toast.Venue.Simulator.Requests.Requests.ShouldNotContain(r => r.Path.StartsWith("/orders", StringComparison.Ordinal));
        toast.Venue.Simulator.Toast.Deliveries.Failures.ShouldBeEmpty();
    }

    [Fact]
    public async Task Bodies_up_to_two_megabytes_are_accepted_and_wrong_signatures_refused()
    {
        await using var toast = await ConnectAsync();
        var (first, second) = (toast.RingUp(), toast.RingUp());

        (
            await toast.PostWebhookAsync(first, signature: ToastSignature.Compute("another secret", first.Body().Span, first.Timestamp))
        ).ShouldBe(HttpStatusCode.Forbidden);
        (await toast.PostWebhookAsync(first, signature: ToastSignature.Compute(Secret, second.Body().Span, second.Timestamp))).ShouldBe(
            HttpStatusCode.Forbidden
        );
        (await toast.PostWebhookAsync(first, signature: "")).ShouldBe(HttpStatusCode.Forbidden);
        (await toast.Venue.SqlAsync<long>("select count(*) from ingestion.webhook_events")).ShouldBe(0);
        (await toast.PostWebhookAsync(first, padding: 1_500_000)).ShouldBe(HttpStatusCode.OK);
        (await toast.PostWebhookAsync(second, padding: 2 * 1024 * 1024)).ShouldBe(HttpStatusCode.RequestEntityTooLarge);
        (await toast.Venue.PostWebhookAsync(Encoding.UTF8.GetBytes(new string(' ', 1_500_000)))).ShouldBe(
            HttpStatusCode.RequestEntityTooLarge
        );
        (await GetTransactionsAsync(toast)).ShouldBe("1 USD 498 0 33 t, 1 USD 1150 150 65 t");
    }

    [Fact]
    public async Task A_delivery_that_waits_two_seconds_gets_503_and_its_retry_is_counted_once()
    {
        await using var toast = await ConnectAsync();
        var venue = toast.Venue;
        var webhook = toast.RingUp();
        await venue.SqlAsync<object?>(
            """
            create function ingestion.slow() returns trigger language plpgsql as $$ begin perform pg_sleep(3); return new; end $$;
            create trigger slow before insert on ingestion.webhook_events for each row execute function ingestion.slow();
            select null::text
            """
        );
        (await toast.PostWebhookAsync(webhook, signature: "forged")).ShouldBe(HttpStatusCode.Forbidden); // warms up the route
        var startedAt = Stopwatch.GetTimestamp();

        (await toast.PostWebhookAsync(webhook)).ShouldBe(HttpStatusCode.ServiceUnavailable);

        Stopwatch.GetElapsedTime(startedAt).ShouldBeLessThan(TimeSpan.FromSeconds(2.5));
        await venue.SqlAsync<object?>("drop trigger slow on ingestion.webhook_events; select null::text");
        (await toast.PostWebhookAsync(webhook)).ShouldBe(HttpStatusCode.OK);
        (
            await venue.SqlAsync<string>(
                "select count(*) || ' ' || (select count(*) from ingestion.transaction_versions) from ingestion.webhook_events"
            )
        ).ShouldBe("1 2");
    }

    [Fact]
    public async Task Unreadable_payments_of_an_order_are_reported_with_its_event_and_the_others_count()
    {
        await using var toast = await ConnectAsync();
        var webhook = toast.RingUp();
        var body = JsonNode.Parse(webhook.Body().Span)!;
        var payments = body["details"]!["order"]!["checks"]![0]!["payments"]!.AsArray();
        payments[1]!["amount"] = "a lot";
        var unreadable = (string)payments[1]!["guid"]!;
        var unstorable = payments[1]!.DeepClone();
        unstorable["guid"] = "no\0good"; // PostgreSQL stores no NUL in text
        payments.Add(unstorable);

        (await toast.PostWebhookAsync(Encoding.UTF8.GetBytes(body.ToJsonString()), webhook.Timestamp)).ShouldBe(HttpStatusCode.OK);

        (await GetTransactionsAsync(toast)).ShouldBe("1 USD 1150 150 0 f");
        var events = System.Text.Json.JsonDocument.Parse(await toast.GetWebhookEventsAsync()).RootElement;
        events.GetArrayLength().ShouldBe(1);
        events.At("0.status").GetString().ShouldBe("PROCESSED");
        events.At("0.reason").GetString()!.ShouldContain($"payment {unreadable}: its amount or tipAmount is not a readable amount");
        events.At("0.reason").GetString()!.ShouldContain("payment nogood:");

        (
            await toast.Venue.Moderator.GetDataAsync(
                "mutation($input: ReplayWebhookEventsInput!) { replayWebhookEvents(input: $input) { replayed errors { code } } }",
                new { input = new { venueId = TestVenue.VenueId, eventIds = new[] { events.At("0.id").GetString() } } }
            )
        )
            .At("replayWebhookEvents")
            .ToString()
            .ShouldBe("""{"replayed":1,"errors":[]}""");
        var replayed = System.Text.Json.JsonDocument.Parse(await toast.GetWebhookEventsAsync()).RootElement;
        (replayed.At("0.status").GetString(), replayed.At("0.attempts").GetInt32(), replayed.At("0.reason").GetString()).ShouldBe(
            ("PROCESSED", 2, events.At("0.reason").GetString())
        );
        (await toast.Venue.SqlAsync<long>("select count(*) from ingestion.transaction_versions")).ShouldBe(1);
    }
}
