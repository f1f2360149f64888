using System.Net;
using Ingestion.Webhooks;
using PosModular.IntegrationTests.Fixtures;
using PosModular.IntegrationTests.Postgres;

namespace PosModular.IntegrationTests.Refunds;

public sealed class RefundTests(TestPostgres postgres)
{
    private const string VenueQuery = """
        { venue(id: "bar") {
          transactions { nodes { externalId status total { amountMinor } refunded { amountMinor } net { amountMinor } paymentMethod
            history { refunded { amountMinor } applied cause }
            refunds { externalId status reason amount { amountMinor currency } createdAt } } }
          revenue(period: ALL) { total { amountMinor } net { amountMinor } refunded { amountMinor } count average { amountMinor }
            refundsIssued { amountMinor } byPaymentMethod { key refundsIssued { amountMinor } } }
          member(userId: "guest") { lifetimeSpend { amountMinor } } } }
        """;

    private static async Task<string> DescribeRevenueAsync(TestVenue venue)
    {
        await venue.Host.WhenIdleAsync();
        var revenue = (await venue.Owner.GetDataAsync(VenueQuery)).At("venue.revenue");
        string[] paths = ["total.amountMinor", "net.amountMinor", "refunded.amountMinor", "count", "average.amountMinor"];
        return string.Join(' ', paths.Select(path => revenue.At(path)));
    }

    private static async Task<string> DescribeIssuedAsync(TestVenue venue)
    {
        await venue.Host.WhenIdleAsync();
        var revenue = (await venue.Owner.GetDataAsync(VenueQuery)).At("venue.revenue");
        var slices = revenue.At("byPaymentMethod").EnumerateArray().Select(s => $"{s.At("key")} {s.At("refundsIssued.amountMinor")}");
        return $"{revenue.At("refundsIssued.amountMinor")}: {string.Join(", ", slices)}";
    }

    [Fact]
    public async Task A_refund_lowers_the_net_amount_the_revenue_and_the_spend_of_the_guest()
    {
        await using var venue = await TestVenue.CreateAsync(await postgres.CreateDatabaseAsync());
        await venue.LinkCardAsync("guest", "card-1");
        await venue.PostWebhookAsync(venue.PaymentEvent("p1", amount: 1000, fingerprint: "card-1"));

        (await venue.PostWebhookAsync(venue.RefundEvent("r1", "p1", status: "PENDING", type: "refund.created"))).ShouldBe(
            HttpStatusCode.OK
        );
        (await DescribeRevenueAsync(venue)).ShouldBe("1100 1100 0 2 550");
        (await venue.PostWebhookAsync(venue.RefundEvent("r1", "p1", second: 5))).ShouldBe(HttpStatusCode.OK);

        (await DescribeRevenueAsync(venue)).ShouldBe("1100 700 400 2 550");
        var venueData = (await venue.Owner.GetDataAsync(VenueQuery)).GetProperty("venue");
        venueData.At("member.lifetimeSpend.0.amountMinor").GetInt64().ShouldBe(700);
        var transaction = venueData.At("transactions.nodes").EnumerateArray().Single(n => n.At("externalId").GetString() == "p1");
        (transaction.At("status").GetString(), transaction.At("net.amountMinor").GetInt64()).ShouldBe(("PARTIALLY_REFUNDED", 600));
        transaction
            .At("refunds")
            .ToString()
            .ShouldBe(
                """[{"externalId":"r1","status":"COMPLETED","reason":"spilt","amount":"""
                    + """{"amountMinor":400,"currency":"USD"},"createdAt":"2026-11-20T21:00:00Z"}]"""
            );
        transaction
            .At("history")
            .ToString()
            .ShouldBe(
                """[{"refunded":{"amountMinor":0},"applied":true,"cause":"WEBHOOK"},"""
                    + """{"refunded":{"amountMinor":400},"applied":true,"cause":"WEBHOOK"}]"""
            );
    }

    [Fact]
    public async Task A_refund_that_arrives_before_its_payment_is_applied_later_and_not_undone_by_payment_events()
    {
        await using var venue = await TestVenue.CreateAsync(await postgres.CreateDatabaseAsync());
        await venue.PostWebhookAsync(venue.RefundEvent("r1", "p1"));
        (await DescribeRevenueAsync(venue)).ShouldBe("0 0 0 0 0");
        (await DescribeIssuedAsync(venue)).ShouldBe("400: OTHER 400");
        await venue.PostWebhookAsync(venue.PaymentEvent("p1", amount: 1000));
        (await DescribeIssuedAsync(venue)).ShouldBe("400: CARD 400");
        await venue.PostWebhookAsync(venue.PaymentEvent("p1", amount: 1000, minute: 9)); // a newer event without the refund
        // An older event of the refund, of the same second, is delivered late.
        await venue.PostWebhookAsync(venue.RefundEvent("r1", "p1", status: "PENDING", type: "refund.created"));

        (await DescribeRevenueAsync(venue)).ShouldBe("1000 600 400 1 1000");
        (await DescribeIssuedAsync(venue)).ShouldBe("400: CARD 400");
    }

    [Fact]
    public async Task Refund_created_and_updated_with_the_same_event_id_both_count_and_a_repetition_does_not()
    {
        await using var venue = await TestVenue.CreateAsync(await postgres.CreateDatabaseAsync());
        await venue.PostWebhookAsync(venue.PaymentEvent("p1", amount: 1000));
        var updated = venue.RefundEvent("r1", "p1", second: 9, eventId: "same");
        var statusCodes = await Task.WhenAll(
            new[]
            {
                venue.RefundEvent("r1", "p1", status: "PENDING", type: "refund.created", eventId: "same"),
                updated,
                updated,
                updated,
            }.Select(b => venue.PostWebhookAsync(b))
        );

        statusCodes.ShouldAllBe(a => a == HttpStatusCode.OK);
        (await DescribeRevenueAsync(venue)).ShouldBe("1000 600 400 1 1000");
        (await venue.SqlAsync<long>("select count(*) from ingestion.webhook_events where event_id = 'same'")).ShouldBe(2);
    }

    [Fact]
    public async Task An_unlinked_refund_lowers_the_net_revenue_and_does_not_count_as_a_transaction()
    {
        await using var venue = await TestVenue.CreateAsync(await postgres.CreateDatabaseAsync());
        await venue.PostWebhookAsync(venue.PaymentEvent("p1", amount: 1000));
        await venue.PostWebhookAsync(venue.RefundEvent("r1", null, amount: 300, status: "PENDING"));
        (await DescribeRevenueAsync(venue)).ShouldBe("1000 1000 0 1 1000");
        await venue.PostWebhookAsync(venue.RefundEvent("r1", null, amount: 300, second: 2));

        (await DescribeRevenueAsync(venue)).ShouldBe("1000 700 300 1 1000");
        var refund = (await venue.Owner.GetDataAsync(VenueQuery))
            .At("venue.transactions.nodes")
            .EnumerateArray()
            .Single(n => n.At("externalId").GetString() == "r1");
        (
            refund.At("status").GetString(),
            refund.At("total.amountMinor").GetInt64(),
            refund.At("net.amountMinor").GetInt64(),
            refund.At("paymentMethod").GetString()
        ).ShouldBe(("REFUNDED", 0, -300, "OTHER"));
        refund.At("refunds").GetArrayLength().ShouldBe(1);
        (await DescribeIssuedAsync(venue)).ShouldBe("300: CARD 0, OTHER 300");

        await venue.PostWebhookAsync(venue.RefundEvent("r1", null, amount: 300, status: "FAILED", second: 9));
        (await DescribeRevenueAsync(venue)).ShouldBe("1000 1000 0 1 1000");
        (await DescribeIssuedAsync(venue)).ShouldBe("0: CARD 0");
    }

    [Fact]
    public async Task When_saving_a_refund_fails_half_way_nothing_of_it_has_left_the_module_and_the_rest_of_its_batch_is_stored()
    {
        await using var venue = await TestVenue.CreateAsync(await postgres.CreateDatabaseAsync());
        await venue.SqlAsync<object?>(
            """
            create function ingestion.break() returns trigger language plpgsql as $$ begin
              if new.refunded_minor = 666 then raise exception 'broken' using errcode = '22023'; end if; return new; end $$;
            create trigger break before insert on ingestion.transaction_versions for each row execute function ingestion.break();
            select null::text
            """
        );
        await venue.PostWebhookAsync(venue.PaymentEvent("p1", amount: 1000));
        var statusCodes = await Task.WhenAll(
            new[]
            {
                venue.RefundEvent("r1", "p1", amount: 666),
                venue.PaymentEvent("p2", amount: 500),
                venue.RefundEvent("r2", "p2", amount: 100),
            }.Select(b => venue.PostWebhookAsync(b))
        );

        statusCodes.ShouldAllBe(a => a == HttpStatusCode.OK);
        (await DescribeRevenueAsync(venue)).ShouldBe("1500 1400 100 2 750");
        (await venue.SqlAsync<string>("select string_agg(external_id, ' ') from ingestion.refunds")).ShouldBe("r2");
        (
            await venue.SqlAsync<long>($"select count(*) from ingestion.webhook_events where status = {WebhookEventStatus.Failed:D}")
        ).ShouldBe(1);

        await venue.SqlAsync<object?>("drop trigger break on ingestion.transaction_versions; select null::text");
        (
            await venue.Moderator.GetDataAsync(
                "mutation { replayWebhookEvents(input: { venueId: \"bar\", status: FAILED }) { replayed errors { code } } }"
            )
        )
            .At("replayWebhookEvents")
            .ToString()
            .ShouldBe("""{"replayed":1,"errors":[]}""");
        (await DescribeRevenueAsync(venue)).ShouldBe("1500 734 766 2 750");
    }

    [Fact]
    public async Task Payments_and_refunds_shuffled_over_two_hosts_yield_the_expected_revenue()
    {
        await using var venue = await TestVenue.CreateAsync(await postgres.CreateDatabaseAsync());
        var otherHost = await venue.AddHostAsync();
        var bodies = Enumerable
            .Range(0, 40)
            .SelectMany(i =>
                new[]
                {
                    venue.PaymentEvent($"p{i}", amount: 1000, status: "APPROVED"),
                    venue.PaymentEvent($"p{i}", amount: 1000, minute: 1),
                    venue.RefundEvent($"r{i}", $"p{i}", amount: 10 + i, status: "PENDING"),
                    venue.RefundEvent($"r{i}", $"p{i}", amount: 10 + i, second: 3),
                }
            )
            .ToArray();
        new Random(5).Shuffle(bodies);

        (
            await Task.WhenAll(
                bodies.Concat(bodies.Take(60)).Select((b, i) => venue.PostWebhookAsync(b, i % 2 == 0 ? venue.Host : otherHost))
            )
        ).ShouldAllBe(a => a == HttpStatusCode.OK);

        (await DescribeRevenueAsync(venue)).ShouldBe($"40000 {40_000 - 1180} 1180 40 1000");
        (await DescribeIssuedAsync(venue)).ShouldBe("1180: CARD 1180");
    }
}
