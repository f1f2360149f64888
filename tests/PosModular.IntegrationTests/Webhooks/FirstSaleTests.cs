using System.Diagnostics;
using System.Net;
using PosModular.IntegrationTests.House;
using PosModular.IntegrationTests.Postgres;

namespace PosModular.IntegrationTests.Webhooks;

[Collection(Alone.Name)]
public sealed class FirstSaleTests(TestPostgres postgres)
{
    private const string Added = """
        subscription($venue: ID!) { transactionAdded(venueId: $venue) { externalId status total { amountMinor currency } card { brand last4 } } }
        """;

    [Fact]
    public async Task A_signed_webhook_becomes_a_sale_that_everybody_sees()
    {
        await using var bar = await Bar.OpenAsync(await postgres.CreateDatabaseAsync());
        await using var subscriber = await Subscriber.StartAsync(bar.Host, bar.Owner.Token!, Added, new { venue = Bar.VenueId });
        await bar.SubscribedAsync();

        var body = Samples.Square("webhook.payment.updated.json");
        var posted = Stopwatch.GetTimestamp();
        (await bar.PostAsync(body)).ShouldBe(HttpStatusCode.OK);

        var live = await subscriber.NextAsync();
        Stopwatch.GetElapsedTime(posted).ShouldBeLessThan(TimeSpan.FromSeconds(1));
        live.At("externalId").GetString().ShouldBe("hYy9pRFVxpDsO1FB05SunFWUe9JZY");
        live.At("status").GetString().ShouldBe("COMPLETED");
        live.At("card.last4").GetString().ShouldBe("9029");

        await bar.Host.WhenIdleAsync();
        var venue = (
            await bar.Owner.DataAsync(
                """
                query($venue: ID!) { venue(id: $venue) {
                  transactions { totalCount nodes { externalId externalOrderId status provider paymentMethod occurredAt businessDate breakdownComplete userId
                    total { amountMinor currency formatted } net { amountMinor } tip { amountMinor } refunded { amountMinor }
                    card { brand last4 entryMethod token } history { status applied cause causeId } } }
                  revenue(period: ALL) { total { amountMinor } count net { amountMinor } average { amountMinor } pending { amountMinor } pendingChanges
                    byProvider { key count } byPaymentMethod { key total { amountMinor } } } } }
                """,
                new { venue = Bar.VenueId }
            )
        ).GetProperty("venue");
        venue.At("transactions.totalCount").GetInt64().ShouldBe(1);
        var sale = venue.At("transactions.nodes.0");
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
        venue.At("revenue.total.amountMinor").GetInt64().ShouldBe(100);
        venue.At("revenue.count").GetInt64().ShouldBe(1);
        venue.At("revenue.pendingChanges").GetInt64().ShouldBe(0);
        venue.At("revenue.byProvider.0.key").GetString().ShouldBe("SQUARE");
        venue.At("revenue.byPaymentMethod.0.key").GetString().ShouldBe("CARD");
    }

    [Fact]
    public async Task Approved_then_completed_moves_from_pending_to_total_and_is_added_once()
    {
        await using var bar = await Bar.OpenAsync(await postgres.CreateDatabaseAsync());
        const string revenue =
            "query($venue: ID!) { venue(id: $venue) { revenue(period: ALL) { total { amountMinor } pending { amountMinor } count } } }";

        await bar.PostAsync(Samples.Square("webhook.payment.created.json"));
        await bar.Host.WhenIdleAsync();
        (await bar.Owner.DataAsync(revenue, new { venue = Bar.VenueId }))
            .At("venue.revenue")
            .ToString()
            .ShouldBe("""{"total":{"amountMinor":0},"pending":{"amountMinor":100},"count":0}""");

        await bar.PostAsync(Samples.Square("webhook.payment.updated.json"));
        await bar.Host.WhenIdleAsync();
        (await bar.Owner.DataAsync(revenue, new { venue = Bar.VenueId }))
            .At("venue.revenue")
            .ToString()
            .ShouldBe("""{"total":{"amountMinor":100},"pending":{"amountMinor":0},"count":1}""");
        (await bar.SqlAsync<long>("select count(*) from ingestion.transaction_versions where added")).ShouldBe(1);
    }

    [Fact]
    public async Task Payment_updated_before_payment_created_ends_in_the_newer_state_and_keeps_the_older_in_the_history()
    {
        await using var bar = await Bar.OpenAsync(await postgres.CreateDatabaseAsync());

        await bar.PostAsync(Samples.Square("webhook.payment.updated.json"));
        await bar.PostAsync(Samples.Square("webhook.payment.created.json"));

        var sale = (
            await bar.Owner.DataAsync(
                "query($venue: ID!) { venue(id: $venue) { transactions { nodes { status history { status applied } } } } }",
                new { venue = Bar.VenueId }
            )
        ).At("venue.transactions.nodes.0");
        sale.At("status").GetString().ShouldBe("COMPLETED");
        sale.At("history").ToString().ShouldBe("""[{"status":"COMPLETED","applied":true},{"status":"AUTHORIZED","applied":false}]""");
    }
}
