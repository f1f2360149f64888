using System.Text.Json;
using PosModular.IntegrationTests.House;
using PosModular.Simulator.Payments;
using PosModular.Simulator.Sellers;

namespace PosModular.IntegrationTests.Simulators;

/// <summary>
/// What the simulator answers is what Square documents, field by field. Fields of ours that no example shows are from the API
/// specification's schemas and are listed; so are those of the examples that are left out.
/// </summary>
public sealed class SquareShapeTests
{
    /// <summary>Of Payment, in the schema but in no example: tips and refunds.</summary>
    private static readonly string[] BeyondThePayment =
    [
        "refund_ids",
        "refund_ids[]",
        "refunded_money",
        "refunded_money.amount",
        "refunded_money.currency",
        "tip_money",
        "tip_money.amount",
        "tip_money.currency",
    ];

    /// <summary>Who was at the till, fees and the bank's codes: the product does not look at them.</summary>
    private static readonly string[] LeftOutOfThePayment =
    [
        "capabilities",
        "capabilities[]",
        "card_details.auth_result_code",
        "employee_id",
        "note",
        "processing_fee",
        "processing_fee[]",
        "processing_fee[].amount_money",
        "processing_fee[].amount_money.amount",
        "processing_fee[].amount_money.currency",
        "processing_fee[].effective_at",
        "processing_fee[].type",
        "team_member_id",
    ];

    private static readonly string[] Fee =
    [
        "processing_fee",
        "processing_fee[]",
        "processing_fee[].amount_money",
        "processing_fee[].amount_money.amount",
        "processing_fee[].amount_money.currency",
        "processing_fee[].effective_at",
        "processing_fee[].type",
    ];

    private static Shape DocumentedPayment =>
        Shape.Of(
            Shop.Sample("get-payment.json").At("payment"),
            Shop.Sample("list-payments.json").At("payments.0"),
            Shop.Sample("webhook.payment.created.json").At("data.object.payment"),
            Shop.Sample("webhook.payment.updated.json").At("data.object.payment")
        );

    [Fact]
    public async Task A_payment_has_squares_fields_alone_in_a_list_and_in_an_event()
    {
        await using var shop = await Shop.OpenAsync();
        var payment = Sold(shop);
        var alone = await shop.GetAsync($"/v2/payments/{payment.Id}");
        var list = await shop.GetAsync($"/v2/payments?location_id={shop.LocationId}");
        var told = Json(shop.Simulator.Ledger.Events(payment.Id).Last(e => e.Type == "payment.updated").Body());

        foreach (var shown in new[] { alone.At("payment"), list.At("payments.0"), told.At("data.object.payment") })
            Shape.Of(shown).ShouldMatch(DocumentedPayment, BeyondThePayment, LeftOutOfThePayment);
        alone.EnumerateObject().Select(f => f.Name).ShouldBe(["payment"]);
        list.EnumerateObject().Select(f => f.Name).ShouldBe(["payments"]);
    }

    [Fact]
    public async Task An_authorised_payment_and_cash_have_squares_fields()
    {
        await using var shop = await Shop.OpenAsync();
        var approved = shop.Simulator.Ledger.AddSale(
            new Sale
            {
                LocationId = shop.LocationId,
                Amount = 500,
                PaymentId = "hYy9pRFVxpDsO1FB05SunFWUe9JZY",
            }
        );
        Shape
            .Of((await shop.GetAsync($"/v2/payments/{approved.Id}")).At("payment"))
            .ShouldMatch(
                Shape.Of(Shop.Sample("webhook.payment.created.json").At("data.object.payment")),
                ["application_details", "application_details.application_id", "application_details.square_product"],
                []
            );

        // cash_details as in the schema of Payment; no example has it.
        var cash = shop.Simulator.Ledger.AddSale(
            new Sale
            {
                LocationId = shop.LocationId,
                Amount = 500,
                PaymentId = "bP9mAsEMYPUGjjGNaNO5ZDVyLhSZY",
                Cash = true,
            }
        );
        var shown = Shape.Of((await shop.GetAsync($"/v2/payments/{cash.Id}")).At("payment"));
        shown
            .Paths.Where(p => !DocumentedPayment.Paths.Contains(p))
            .ShouldBe(
                [
                    "cash_details",
                    "cash_details.buyer_supplied_money",
                    "cash_details.buyer_supplied_money.amount",
                    "cash_details.buyer_supplied_money.currency",
                    "cash_details.change_back_money",
                    "cash_details.change_back_money.amount",
                    "cash_details.change_back_money.currency",
                ],
                ignoreOrder: true
            );
    }

    [Fact]
    public async Task A_refund_has_squares_fields()
    {
        await using var shop = await Shop.OpenAsync();
        Sold(shop);
        var list = await shop.GetAsync("/v2/refunds");
        // The example's cursor: there is but one page here.
        Shape
            .Of(list)
            .ShouldMatch(Shape.Of(Shop.Sample("list-payment-refunds.json")), [], ["cursor", .. Fee.Select(f => "refunds[]." + f)]);
        var one = await shop.GetAsync($"/v2/refunds/{list.At("refunds.0.id").GetString()}");
        Shape.Of(one.At("refund")).ShouldMatch(Shape.Of(list.At("refunds.0")), [], []);
    }

    [Fact]
    public async Task An_order_has_squares_fields_alone_and_in_a_batch()
    {
        await using var shop = await Shop.OpenAsync();
        var payment = Sold(shop);
        var order = (await shop.GetAsync($"/v2/orders/{payment.OrderId}")).At("order");
        var documented = Shape.Of(Shop.Sample("retrieve-order.json").At("order"), Shop.Sample("batch-retrieve-orders.json").At("orders.0"));

        // Of the schemas of Order, OrderLineItemTax, OrderServiceCharge and Tender.
        string[] money = ["", ".amount", ".currency"];
        string[] beyond =
        [
            "closed_at",
            "discounts[].amount_money",
            "discounts[].amount_money.amount",
            "discounts[].amount_money.currency",
            .. money.Select(m => "net_amount_due_money" + m),
            "line_items[].applied_taxes",
            "line_items[].applied_taxes[]",
            "line_items[].applied_taxes[].tax_uid",
            "line_items[].applied_taxes[].uid",
            .. money.Select(m => "line_items[].applied_taxes[].applied_money" + m),
            "taxes",
            "taxes[]",
            "taxes[].name",
            "taxes[].percentage",
            "taxes[].scope",
            "taxes[].type",
            "taxes[].uid",
            .. money.Select(m => "taxes[].applied_money" + m),
            "service_charges",
            "service_charges[]",
            "service_charges[].calculation_phase",
            "service_charges[].name",
            "service_charges[].taxable",
            "service_charges[].type",
            "service_charges[].uid",
            .. money.Select(m => "service_charges[].amount_money" + m),
            .. money.Select(m => "service_charges[].applied_money" + m),
            .. money.Select(m => "service_charges[].total_money" + m),
            .. money.Select(m => "service_charges[].total_tax_money" + m),
            "tenders",
            "tenders[]",
            "tenders[].created_at",
            "tenders[].id",
            "tenders[].location_id",
            "tenders[].payment_id",
            "tenders[].transaction_id",
            "tenders[].type",
            .. money.Select(m => "tenders[].amount_money" + m),
            .. money.Select(m => "tenders[].tip_money" + m),
        ];
        // A number the seller may give, and a discount in percent: here discounts are amounts.
        Shape.Of(order).ShouldMatch(documented, beyond, ["discounts[].percentage", "reference_id"]);
        var batch = await shop.PostAsync("/v2/orders/batch-retrieve", new { order_ids = new[] { payment.OrderId } });
        batch.ToString().ShouldBe($$"""{"orders":[{{order}}]}""");
    }

    [Fact]
    public async Task Locations_and_the_tokens_status_have_squares_fields()
    {
        await using var shop = await Shop.OpenAsync(
            till: new TillOrder { OAuth = true, ExpiresAt = new(2027, 1, 1, 0, 0, 0, TimeSpan.Zero) }
        );
        var documented = Shape.Of(Shop.Sample("list-locations.json").At("locations").EnumerateArray());
        string[] leftOut =
        [
            "address.administrative_district_level_1",
            "coordinates",
            "coordinates.latitude",
            "coordinates.longitude",
            "description",
            "phone_number",
        ];
        var list = await shop.GetAsync("/v2/locations");
        Shape.Of(list.At("locations.0")).ShouldMatch(documented, [], leftOut);
        (await shop.GetAsync($"/v2/locations/{shop.LocationId}")).At("location").ToString().ShouldBe(list.At("locations.0").ToString());

        var status = await shop.PostAsync("/oauth2/token/status", new { });
        status.EnumerateObject().Select(f => f.Name).ShouldBe(["scopes", "client_id", "merchant_id", "expires_at"], ignoreOrder: true);
        // In the example both ids are placeholders in capitals.
        Shape
            .Of(status.At("scopes"), status.At("expires_at"))
            .ShouldMatch(
                Shape.Of(
                    Shop.Sample("retrieve-token-status.json").At("scopes"),
                    Shop.Sample("retrieve-token-status.json").At("expires_at")
                ),
                [],
                []
            );
    }

    [Fact]
    public async Task Subscriptions_have_squares_fields()
    {
        await using var shop = await Shop.OpenAsync();
        var created = await shop.PostAsync("/v2/webhooks/subscriptions", Shop.Sample("create-webhook-subscription.request.json"));
        Shape.Of(created).ShouldMatch(Shape.Of(Shop.Sample("create-webhook-subscription.json")), [], []);
        var path = $"/v2/webhooks/subscriptions/{created.At("subscription.id").GetString()}";
        Shape.Of(await shop.GetAsync(path)).ShouldMatch(Shape.Of(created), [], []);
        Shape
            .Of(await shop.GetAsync("/v2/webhooks/subscriptions"))
            .ShouldMatch(Shape.Of(Shop.Sample("list-webhook-subscriptions.json")), [], []);
        Shape
            .Of(await shop.PostAsync(path + "/signature-key", new { }))
            .ShouldMatch(Shape.Of(Shop.Sample("update-webhook-signature-key.json")), [], []);

        await shop.CallAsync(
            HttpMethod.Put,
            path,
            new
            {
                subscription = new
                {
                    notification_url = "http://127.0.0.1:1/nobody",
                    event_types = new[] { "payment.created", "order.created", "order.updated" },
                },
            }
        );
        var test = await shop.PostAsync(path + "/test", new { event_type = "payment.created" });
        Shape.Of(test).ShouldMatch(Shape.Of(Shop.Sample("test-webhook-subscription.json")), [], []);
        var sent = JsonDocument.Parse(test.At("subscription_test_result.payload").GetString()!).RootElement;
        var documented = JsonDocument
            .Parse(Shop.Sample("test-webhook-subscription.json").At("subscription_test_result.payload").GetString()!)
            .RootElement;
        string[] application = ["", ".application_id", ".square_product"];
        foreach (var type in new[] { "order.created", "order.updated" })
            Shape
                .Of(
                    JsonDocument
                        .Parse(
                            (await shop.PostAsync(path + "/test", new { event_type = type }))
                                .At("subscription_test_result.payload")
                                .GetString()!
                        )
                        .RootElement
                )
                .ShouldMatch(Shape.Of(Shop.Sample($"webhook.{type}.json")), [], []);
        Shape.Of(sent).ShouldMatch(Shape.Of(documented), [.. application.Select(a => "data.object.payment.application_details" + a)], []);
    }

    [Theory]
    [InlineData("payment.created")]
    [InlineData("payment.updated")]
    [InlineData("refund.created")]
    [InlineData("refund.updated")]
    [InlineData("order.created")]
    [InlineData("order.updated")]
    public async Task Webhooks_have_squares_fields(string type)
    {
        await using var shop = await Shop.OpenAsync();
        var payment = shop.Simulator.Ledger.AddSale(
            new Sale
            {
                LocationId = shop.LocationId,
                Amount = 1070,
                PaymentId = "hYy9pRFVxpDsO1FB05SunFWUe9JZY",
            }
        );
        shop.Simulator.Ledger.Capture(payment.Id);
        shop.Simulator.Ledger.GiveBack(payment.Id, 100);
        var told = Json(shop.Simulator.Ledger.Events(payment.Id).First(e => e.Type == type).Body());
        string[] beyond = type.StartsWith("payment", StringComparison.Ordinal)
            ?
            [
                "data.object.payment.application_details",
                "data.object.payment.application_details.application_id",
                "data.object.payment.application_details.square_product",
            ]
            : [];
        string[] leftOut = type == "refund.updated" ? [.. Fee.Select(f => "data.object.refund." + f)] : [];
        Shape.Of(told).ShouldMatch(Shape.Of(Shop.Sample($"webhook.{type}.json")), beyond, leftOut);
    }

    /// <summary>With all that a payment can have: a tip, tax, discount and service charge, a refund.</summary>
    private static Payment Sold(Shop shop)
    {
        var ledger = shop.Simulator.Ledger;
        var payment = ledger.AddSale(
            new Sale
            {
                LocationId = shop.LocationId,
                Amount = 2140,
                PaymentId = "hYy9pRFVxpDsO1FB05SunFWUe9JZY",
                Tip = 200,
                Discount = 300,
                ServiceCharge = 100,
            }
        );
        ledger.Capture(payment.Id);
        return ledger.GiveBack(payment.Id, 140, "Example Refund");
    }

    private static JsonElement Json(ReadOnlyMemory<byte> body) => JsonDocument.Parse(body).RootElement;
}
