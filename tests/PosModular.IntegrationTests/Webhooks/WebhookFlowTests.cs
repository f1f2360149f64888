using System.Diagnostics;
using System.Net;
using PosModular.IntegrationTests.Fixtures;
using PosModular.IntegrationTests.Postgres;

namespace PosModular.IntegrationTests.Webhooks;

[Collection(NonParallelTests.Name)]
public sealed class WebhookFlowTests(TestPostgres postgres)
{
    private const string TransactionAddedSubscription = """
        subscription($venue: ID!) {
          transactionAdded(venueId: $venue) { externalId status total { amountMinor currency } card { brand last4 } } }
        """;

    [Fact]
    public async Task A_signed_webhook_becomes_a_transaction_in_queries_revenue_and_subscriptions()
    {
        await using var venue = await TestVenue.CreateAsync(await postgres.CreateDatabaseAsync());
        await using var subscriber = await WebSocketSubscriber.StartAsync(
            venue.Host,
            venue.Owner.Token!,
            TransactionAddedSubscription,
            new { venue = TestVenue.VenueId }
        );
        await venue.WaitForSubscribersAsync();

        var body = Samples.Read("webhook.payment.updated.json");
        var postedAt = Stopwatch.GetTimestamp();
        (await venue.PostWebhookAsync(body)).ShouldBe(HttpStatusCode.OK);

        var added = await subscriber.NextAsync();
        Stopwatch.GetElapsedTime(postedAt).ShouldBeLessThan(TimeSpan.FromSeconds(1));
        added.At("externalId").GetString().ShouldBe("hYy9pRFVxpDsO1FB05SunFWUe9JZY");
        added.At("status").GetString().ShouldBe("COMPLETED");
        added.At("card.last4").GetString().ShouldBe("9029");

        await venue.Host.WhenIdleAsync();
        var venueData = (
            await venue.Owner.GetDataAsync(
                """
                query($venue: ID!) { venue(id: $venue) {
                  transactions { totalCount nodes {
                    externalId externalOrderId status provider paymentMethod occurredAt businessDate breakdownComplete userId
                    total { amountMinor currency formatted } net { amountMinor } tip { amountMinor } refunded { amountMinor }
                    card { brand last4 entryMethod token } history { status applied cause causeId } } }
                  revenue(period: ALL) {
                    total { amountMinor } count net { amountMinor } average { amountMinor } pending { amountMinor } pendingChanges
                    byProvider { key count } byPaymentMethod { key total { amountMinor } } } } }
                """,
                new { venue = TestVenue.VenueId }
            )
        ).GetProperty("venue");
        venueData.At("transactions.totalCount").GetInt64().ShouldBe(1);
        var transaction = venueData.At("transactions.nodes.0");
        transaction.At("externalId").GetString().ShouldBe("hYy9pRFVxpDsO1FB05SunFWUe9JZY");
        transaction.At("externalOrderId").GetString().ShouldBe("03O3USaPaAaFnI6kkwB1JxGgBsUZY");
        transaction.At("status").GetString().ShouldBe("COMPLETED");
        transaction.At("provider").GetString().ShouldBe("SQUARE");
        transaction.At("paymentMethod").GetString().ShouldBe("CARD");
        transaction.At("occurredAt").GetString().ShouldBe("2020-11-22T21:16:51.086Z");
        transaction.At("businessDate").GetString().ShouldBe("2020-11-22");
        transaction.At("total").ToString().ShouldBe("""{"amountMinor":100,"currency":"USD","formatted":"$1.00"}""");
        transaction.At("net.amountMinor").GetInt64().ShouldBe(100);
        transaction.At("card.brand").GetString().ShouldBe("MASTERCARD");
        transaction.At("card.last4").GetString().ShouldBe("9029");
        transaction.At("card.entryMethod").GetString().ShouldBe("KEYED");
        transaction.At("card.token").GetString().ShouldNotBeNullOrEmpty();
        transaction
            .At("history")
            .ToString()
            .ShouldBe("""[{"status":"COMPLETED","applied":true,"cause":"WEBHOOK","causeId":"6a8f5f28-54a1-4eb0-a98a-3111513fd4fc"}]""");
        venueData.At("revenue.total.amountMinor").GetInt64().ShouldBe(100);
        venueData.At("revenue.count").GetInt64().ShouldBe(1);
        venueData.At("revenue.pendingChanges").GetInt64().ShouldBe(0);
        venueData.At("revenue.byProvider.0.key").GetString().ShouldBe("SQUARE");
        venueData.At("revenue.byPaymentMethod.0.key").GetString().ShouldBe("CARD");
    }

    [Fact]
    public async Task A_payment_approved_then_completed_moves_from_pending_to_total_and_is_added_once()
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
    public async Task Payment_updated_before_payment_created_leaves_the_newer_state_and_keeps_the_older_in_the_history()
    {
        await using var venue = await TestVenue.CreateAsync(await postgres.CreateDatabaseAsync());

        await venue.PostWebhookAsync(Samples.Read("webhook.payment.updated.json"));
        await venue.PostWebhookAsync(Samples.Read("webhook.payment.created.json"));

        var transaction = (
            await venue.Owner.GetDataAsync(
                "query($venue: ID!) { venue(id: $venue) { transactions { nodes { status history { status applied } } } } }",
                new { venue = TestVenue.VenueId }
            )
        ).At("venue.transactions.nodes.0");
        transaction.At("status").GetString().ShouldBe("COMPLETED");
        transaction
            .At("history")
            .ToString()
            .ShouldBe("""[{"status":"COMPLETED","applied":true},{"status":"AUTHORIZED","applied":false}]""");
    }
}
