using System.Diagnostics;
using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using PosModular.IntegrationTests.Fixtures;
using PosModular.IntegrationTests.Postgres;
using PosModular.IntegrationTests.Syncs;
using PosModular.Simulator.Toast;

namespace PosModular.IntegrationTests.Webhooks;

/// <summary>Toast's door: its header, its size, its two seconds, and what an order of several payments comes to.</summary>
[Collection(NonParallelTests.Name)]
public sealed class ToastPathTests(TestPostgres postgres)
{
    private const string Secret = "the-secret-that-Toast-signs-with";

    private sealed record Tavern(TestVenue Bar, ToastTill Till, Guid ConnectionId) : IAsyncDisposable
    {
        public ToastLedger Ledger => Bar.Simulator.Toast.Ledger;

        /// <summary>An order of 10.00 and 4.98, paid by card and in cash.</summary>
        public ToastEvent Sell(bool announce = false)
        {
            var order = Ledger.Open(
                new ToastOrder
                {
                    RestaurantGuid = Till.Restaurant.Guid,
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

        public async Task<HttpStatusCode> PostAsync(byte[] body, string timestamp, string? signature = null)
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, $"/api/pos/webhooks/toast/{ConnectionId}")
            {
                Content = new ByteArrayContent(body),
            };
            request.Headers.TryAddWithoutValidation(ToastSignature.Header, signature ?? ToastSignature.Of(Secret, body, timestamp));
            using var answer = await Bar.Host.Http.SendAsync(request, TestContext.Current.CancellationToken);
            return answer.StatusCode;
        }

        public Task<HttpStatusCode> PostAsync(ToastEvent told, int padding = 0, string? signature = null) =>
            PostAsync([.. told.Body().ToArray(), .. Enumerable.Repeat((byte)' ', padding)], told.Timestamp, signature);

        public async Task<string> EventsAsync() =>
            (await Bar.Owner.GetDataAsync("{ venue(id: \"bar\") { webhookEvents { nodes { id provider type status attempts reason } } } }"))
                .At("venue.webhookEvents.nodes")
                .ToString();

        public ValueTask DisposeAsync() => Bar.DisposeAsync();
    }

    private async Task<Tavern> OpenAsync(string currency = "USD")
    {
        var venue = await Polled.OpenAsync(
            await postgres.CreateDatabaseAsync(),
            more: new Dictionary<string, string?> { ["Pos:Syncs"] = "false" }
        );
        var (till, connection) = await venue.ConnectToastAsync(new RestaurantDraft { CurrencyCode = currency });
        await venue.HearToastAsync(till, connection, Secret);
        return new Tavern(venue, till, connection);
    }

    private static Task<string> SalesAsync(Tavern toast) =>
        toast.Bar.SqlAsync<string>(
            "select string_agg(concat_ws(' ', provider, currency, total_minor, tip_minor, tax_minor, breakdown_complete), ', ' order by total_minor) from ingestion.transactions"
        );

    [Fact]
    public async Task An_order_of_several_payments_is_one_commit_complete_at_once_and_fetches_nothing()
    {
        await using var toast = await OpenAsync("EUR");
        toast.Bar.Simulator.Requests.Clear(); // connecting reads an order to see whether it may

        var told = toast.Sell(announce: true);
        toast.Ledger.Replay(told.Guid, times: 3);
        await toast.Bar.Simulator.Toast.Deliveries.WhenIdleAsync(TestContext.Current.CancellationToken);

        (await SalesAsync(toast)).ShouldBe("1 EUR 498 0 33 t, 1 EUR 1150 150 65 t");
        (await toast.Bar.SqlAsync<long>("select count(*) from ingestion.order_fetches")).ShouldBe(0);
        (
            await toast.Bar.SqlAsync<string>(
                "select count(*) || ' ' || (select count(*) from ingestion.transaction_versions) from ingestion.webhook_events"
            )
        ).ShouldBe("1 2");
        toast.Bar.Simulator.Requests.Requests.ShouldNotContain(r => r.Path.StartsWith("/orders", StringComparison.Ordinal));
        toast.Bar.Simulator.Toast.Deliveries.Failures.ShouldBeEmpty();
    }

    [Fact]
    public async Task It_takes_two_megabytes_and_no_wrong_signature()
    {
        await using var toast = await OpenAsync();
        var (first, second) = (toast.Sell(), toast.Sell());

        (await toast.PostAsync(first, signature: ToastSignature.Of("another secret", first.Body().Span, first.Timestamp))).ShouldBe(
            HttpStatusCode.Forbidden
        );
        (await toast.PostAsync(first, signature: ToastSignature.Of(Secret, second.Body().Span, second.Timestamp))).ShouldBe(
            HttpStatusCode.Forbidden
        );
        (await toast.PostAsync(first, signature: "")).ShouldBe(HttpStatusCode.Forbidden);
        (await toast.Bar.SqlAsync<long>("select count(*) from ingestion.webhook_events")).ShouldBe(0);
        (await toast.PostAsync(first, padding: 1_500_000)).ShouldBe(HttpStatusCode.OK);
        (await toast.PostAsync(second, padding: 2 * 1024 * 1024)).ShouldBe(HttpStatusCode.RequestEntityTooLarge);
        (await toast.Bar.PostWebhookAsync(Encoding.UTF8.GetBytes(new string(' ', 1_500_000)))).ShouldBe(
            HttpStatusCode.RequestEntityTooLarge
        );
        (await SalesAsync(toast)).ShouldBe("1 USD 498 0 33 t, 1 USD 1150 150 65 t");
    }

    [Fact]
    public async Task Who_waits_two_seconds_gets_503_in_time_and_its_second_sending_is_counted_once()
    {
        await using var toast = await OpenAsync();
        var venue = toast.Bar;
        var told = toast.Sell();
        await venue.SqlAsync<object?>(
            """
            create function ingestion.slow() returns trigger language plpgsql as $$ begin perform pg_sleep(3); return new; end $$;
            create trigger slow before insert on ingestion.webhook_events for each row execute function ingestion.slow();
            select null::text
            """
        );
        (await toast.PostAsync(told, signature: "forged")).ShouldBe(HttpStatusCode.Forbidden); // everything is warm
        var began = Stopwatch.GetTimestamp();

        (await toast.PostAsync(told)).ShouldBe(HttpStatusCode.ServiceUnavailable);

        Stopwatch.GetElapsedTime(began).ShouldBeLessThan(TimeSpan.FromSeconds(2.5));
        await venue.SqlAsync<object?>("drop trigger slow on ingestion.webhook_events; select null::text");
        (await toast.PostAsync(told)).ShouldBe(HttpStatusCode.OK);
        (
            await venue.SqlAsync<string>(
                "select count(*) || ' ' || (select count(*) from ingestion.transaction_versions) from ingestion.webhook_events"
            )
        ).ShouldBe("1 2");
    }

    [Fact]
    public async Task What_of_an_order_cannot_be_read_is_told_with_its_event_and_the_rest_counts()
    {
        await using var toast = await OpenAsync();
        var told = toast.Sell();
        var body = JsonNode.Parse(told.Body().Span)!;
        var payments = body["details"]!["order"]!["checks"]![0]!["payments"]!.AsArray();
        payments[1]!["amount"] = "a lot";
        var unreadable = (string)payments[1]!["guid"]!;
        var odd = payments[1]!.DeepClone();
        odd["guid"] = "no\0good"; // no column of text takes this
        payments.Add(odd);

        (await toast.PostAsync(Encoding.UTF8.GetBytes(body.ToJsonString()), told.Timestamp)).ShouldBe(HttpStatusCode.OK);

        (await SalesAsync(toast)).ShouldBe("1 USD 1150 150 0 f");
        var kept = System.Text.Json.JsonDocument.Parse(await toast.EventsAsync()).RootElement;
        kept.GetArrayLength().ShouldBe(1);
        kept.At("0.status").GetString().ShouldBe("PROCESSED");
        kept.At("0.reason").GetString()!.ShouldContain($"payment {unreadable}: its amount or tipAmount is not a readable amount");
        kept.At("0.reason").GetString()!.ShouldContain("payment nogood:");

        (
            await toast.Bar.Moderator.GetDataAsync(
                "mutation($input: ReplayWebhookEventsInput!) { replayWebhookEvents(input: $input) { replayed errors { code } } }",
                new { input = new { venueId = TestVenue.VenueId, eventIds = new[] { kept.At("0.id").GetString() } } }
            )
        )
            .At("replayWebhookEvents")
            .ToString()
            .ShouldBe("""{"replayed":1,"errors":[]}""");
        var again = System.Text.Json.JsonDocument.Parse(await toast.EventsAsync()).RootElement;
        (again.At("0.status").GetString(), again.At("0.attempts").GetInt32(), again.At("0.reason").GetString()).ShouldBe(
            ("PROCESSED", 2, kept.At("0.reason").GetString())
        );
        (await toast.Bar.SqlAsync<long>("select count(*) from ingestion.transaction_versions")).ShouldBe(1);
    }
}
