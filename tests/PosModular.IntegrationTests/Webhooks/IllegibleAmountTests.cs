using System.Net;
using System.Text;
using System.Text.Json;
using PosModular.IntegrationTests.Fixtures;
using PosModular.IntegrationTests.Postgres;

namespace PosModular.IntegrationTests.Webhooks;

/// <summary>
/// What is legible of a payment counts, and the event says what was missing. An amount that contradicts the total, or a currency that
/// does not exist, leaves the event FAILED with the reason.
/// </summary>
public sealed class IllegibleAmountTests(TestPostgres postgres)
{
    private static byte[] Event(TestVenue venue, string id, string money) =>
        Encoding.UTF8.GetBytes(
            $$"""
            {"merchant_id":"{{venue.Seller.Merchant.Id}}","type":"payment.updated","event_id":"event-{{id}}",
            "created_at":"2026-11-20T20:00:01Z","data":{"type":"payment","id":"{{id}}","object":{"payment":{"id":"{{id}}",
            "created_at":"2026-11-20T20:00:00Z","updated_at":"2026-11-20T20:00:01Z","status":"COMPLETED","source_type":"CARD",
            "location_id":"{{venue.Seller.Location.Id}}","order_id":"order-{{id}}",{{money}} } } } }
            """
        );

    [Fact]
    public async Task What_is_legible_counts_and_the_event_says_what_was_missing()
    {
        await using var venue = await TestVenue.CreateAsync(await postgres.CreateDatabaseAsync());
        (string Id, string Money, string Status, string? Reason)[] rows =
        [
            (
                "tip",
                """
                "amount_money":{"amount":4200,"currency":"EUR"},"tip_money":{"currency":"EUR"},
                "total_money":{"amount":4200,"currency":"EUR"}
                """,
                "PROCESSED",
                "tip_money"
            ),
            ("eur", """ "total_money":{"amount":1500,"currency":"eur"} """, "PROCESSED", null),
            ("unknown", """ "total_money":{"amount":1500,"currency":"ZZZ"} """, "FAILED", "ISO 4217"),
            ("below", """ "tip_money":{"amount":-100,"currency":"USD"},"total_money":{"amount":1000,"currency":"USD"} """, "FAILED", "tip"),
            ("above", """ "tip_money":{"amount":5000,"currency":"USD"},"total_money":{"amount":1000,"currency":"USD"} """, "FAILED", "tip"),
            ("clf", """ "total_money":{"amount":123456,"currency":"CLF"} """, "PROCESSED", null),
        ];
        foreach (var (id, money, _, _) in rows)
            (await venue.PostWebhookAsync(Event(venue, id, money))).ShouldBe(HttpStatusCode.OK);

        var found = (
            await venue.Owner.GetDataAsync(
                """
                { venue(id: "bar") {
                  transactions { nodes { externalId total { amountMinor currency formatted decimals } tip { amountMinor } } }
                  webhookEvents { nodes { eventId status reason } } } }
                """
            )
        ).At("venue");
        var events = found.At("webhookEvents.nodes").EnumerateArray().ToDictionary(e => e.At("eventId").GetString()!);
        foreach (var (id, _, status, reason) in rows)
        {
            events[$"event-{id}"].At("status").GetString().ShouldBe(status, id);
            if (reason is null)
                events[$"event-{id}"].At("reason").ValueKind.ShouldBe(JsonValueKind.Null, id);
            else
                events[$"event-{id}"].At("reason").GetString()!.ShouldContain(reason, Case.Sensitive, id);
        }
        found
            .At("transactions.nodes")
            .EnumerateArray()
            .Select(t =>
                $"{t.At("externalId").GetString()} {t.At("total.formatted").GetString()} {t.At("total.currency").GetString()} "
                + $"{t.At("total.decimals").GetInt32()} {t.At("tip.amountMinor").GetInt64()}"
            )
            .Order(StringComparer.Ordinal)
            .ShouldBe(["clf CLF 12.3456 CLF 4 0", "eur €15.00 EUR 2 0", "tip €42.00 EUR 2 0"]);
    }
}
