using System.Diagnostics;
using System.Net;
using PosModular.IntegrationTests.Fixtures;
using PosModular.IntegrationTests.Postgres;

namespace PosModular.IntegrationTests.Webhooks;

[Collection(NonParallelTests.Name)]
public sealed class FirstSaleTests(TestPostgres postgres)
{
    private const string Added = """
        subscription($venue: ID!) { transactionAdded(venueId: $venue) { externalId status total { amountMinor currency } card { brand last4 } } }
        """;

    [Fact]
    public async Task A_signed_webhook_becomes_a_sale_that_everybody_sees()
    {
        await using var venue = await TestVenue.CreateAsync(await postgres.CreateDatabaseAsync());
        await using var subscriber = await WebSocketSubscriber.StartAsync(
            venue.Host,
            venue.Owner.Token!,
            Added,
            new { venue = TestVenue.VenueId }
        );
        await venue.WaitForSubscribersAsync();

        var body = Samples.Read("webhook.payment.updated.json");
        var posted = Stopwatch.GetTimestamp();
        (await venue.PostWebhookAsync(body)).ShouldBe(HttpStatusCode.OK);

        var live = await subscriber.NextAsync();
        Stopwatch.GetElapsedTime(posted).ShouldBeLessThan(TimeSpan.FromSeconds(1));
        live.At("externalId").GetString().ShouldBe("hYy9pRFVxpDsO1FB05SunFWUe9JZY");
        live.At("status").GetString().ShouldBe("COMPLETED");
        live.At("card.last4").GetString().ShouldBe("9029");

        await venue.Host.WhenIdleAsync();
        var venueData = (
            await venue.Owner.GetDataAsync(
                """
                query($venue: ID!) { venue(id: $venue) {
                  transactions { totalCount nodes { externalId externalOrderId status provider paymentMethod occurredAt businessDate breakdownComplete userId
                    total { amountMinor currency formatted } net { amountMinor } tip { amountMinor } refunded { amountMinor }
                    card { brand last4 entryMethod token } history { status applied cause causeId } } }
                  revenue(period: ALL) { total { amountMinor } count net { amountMinor } average { amountMinor } pending { amountMinor } pendingChanges
                    byProvider { key count } byPaymentMethod { key total { amountMinor } } } } }
                """,
                new { venue = TestVenue.VenueId }
            )
        ).GetProperty("venue");
        venueData.At("transactions.totalCount").GetInt64().ShouldBe(1);
        var sale = venueData.At("transactions.nodes.0");
        sale.At("externalId").GetString().ShouldBe("hYy9pRFVxpDsO1FB05SunFWUe9JZY");
        sale.At("externalOrderId").GetString().ShouldBe("03O3USaPaAaFnI6kkwB1JxGgBsUZY");
        sale.At("status").GetString().ShouldBe("COMPLETED");
        sale.At("provider").GetString().ShouldBe("SQUARE");
        sale.At("paymentMethod").GetString().ShouldBe("CARD");
        sale.At("occurredAt").GetString().ShouldBe("2020-11-22T21:16:51.086Z");
        sale.At("businessDate").GetString().ShouldBe("2020-11-22");
        sale.At("total").ToString().ShouldBe("""{"amountMinor":100,"currency":"USD","formatted":"$1.00"}""");
        sale.At("net.amountMinor").GetInt64().ShouldBe(100);
        sale.At("card.brand").GetString().ShouldBe("MASTERCARD");
        sale.At("card.last4").GetString().ShouldBe("9029");
        sale.At("card.entryMethod").GetString().ShouldBe("KEYED");
        sale.At("card.token").GetString().ShouldNotBeNullOrEmpty();
        sale.At("history")
            .ToString()
            .ShouldBe("""[{"status":"COMPLETED","applied":true,"cause":"WEBHOOK","causeId":"6a8f5f28-54a1-4eb0-a98a-3111513fd4fc"}]""");
        venueData.At("revenue.total.amountMinor").GetInt64().ShouldBe(100);
        venueData.At("revenue.count").GetInt64().ShouldBe(1);
        venueData.At("revenue.pendingChanges").GetInt64().ShouldBe(0);
        venueData.At("revenue.byProvider.0.key").GetString().ShouldBe("SQUARE");
        venueData.At("revenue.byPaymentMethod.0.key").GetString().ShouldBe("CARD");
    }

    [Fact]
    public async Task Approved_then_completed_moves_from_pending_to_total_and_is_added_once()
    {
        await using var venue = await TestVenue.CreateAsync(await postgres.CreateDatabaseAsync());
        const string revenue =
            "query($venue: ID!) { venue(id: $venue) { revenue(period: ALL) { total { amountMinor } pending { amountMinor } count } } }";

        await venue.PostWebhookAsync(Samples.Read("webhook.payment.created.json"));
        await venue.Host.WhenIdleAsync();
        (await venue.Owner.GetDataAsync(revenue, new { venue = TestVenue.VenueId }))
            .At("venue.revenue")
            .ToString()
            .ShouldBe("""{"total":{"amountMinor":0},"pending":{"amountMinor":100},"count":0}""");

        await venue.PostWebhookAsync(Samples.Read("webhook.payment.updated.json"));
        await venue.Host.WhenIdleAsync();
        (await venue.Owner.GetDataAsync(revenue, new { venue = TestVenue.VenueId }))
            .At("venue.revenue")
            .ToString()
            .ShouldBe("""{"total":{"amountMinor":100},"pending":{"amountMinor":0},"count":1}""");
        (await venue.SqlAsync<long>("select count(*) from ingestion.transaction_versions where added")).ShouldBe(1);
    }

    [Fact]
    public async Task Payment_updated_before_payment_created_ends_in_the_newer_state_and_keeps_the_older_in_the_history()
    {
        await using var venue = await TestVenue.CreateAsync(await postgres.CreateDatabaseAsync());

        await venue.PostWebhookAsync(Samples.Read("webhook.payment.updated.json"));
        await venue.PostWebhookAsync(Samples.Read("webhook.payment.created.json"));

        var sale = (
            await venue.Owner.GetDataAsync(
                "query($venue: ID!) { venue(id: $venue) { transactions { nodes { status history { status applied } } } } }",
                new { venue = TestVenue.VenueId }
            )
        ).At("venue.transactions.nodes.0");
        sale.At("status").GetString().ShouldBe("COMPLETED");
        sale.At("history").ToString().ShouldBe("""[{"status":"COMPLETED","applied":true},{"status":"AUTHORIZED","applied":false}]""");
    }
}
