using System.Text.Json;
using PosModular.IntegrationTests.Fixtures;
using PosModular.Simulator.Payments;
using PosModular.Simulator.Sellers;

namespace PosModular.IntegrationTests.Simulators;

/// <summary>
/// The simulator's responses have the fields that Square documents. Fields that no example shows come from the schemas of Square's
/// API specification and are listed; so are the fields of the examples that are omitted.
/// </summary>
public sealed class SquareShapeTests
{
    /// <summary>Fields of a payment that are in the schema but in no example: tips and refunds.</summary>
    private static readonly string[] AdditionalPaymentPaths =
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

    /// <summary>Fields that the product does not read: staff, processing fees and the bank's codes.</summary>
    private static readonly string[] OmittedPaymentPaths =
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

    private static readonly string[] FeePaths =
    [
        "processing_fee",
        "processing_fee[]",
        "processing_fee[].amount_money",
        "processing_fee[].amount_money.amount",
        "processing_fee[].amount_money.currency",
        "processing_fee[].effective_at",
        "processing_fee[].type",
    ];

    private static JsonShape DocumentedPayment =>
        JsonShape.Of(
            SimulatedSquare.Sample("get-payment.json").At("payment"),
            SimulatedSquare.Sample("list-payments.json").At("payments.0"),
            SimulatedSquare.Sample("webhook.payment.created.json").At("data.object.payment"),
            SimulatedSquare.Sample("webhook.payment.updated.json").At("data.object.payment")
        );

    [Fact]
    public async Task A_payment_has_the_documented_fields_when_read_alone_listed_and_in_an_event()
    {
        await using var square = await SimulatedSquare.StartAsync();
        var payment = CreateRefundedPayment(square);
        var single = await square.GetAsync($"/v2/payments/{payment.Id}");
        var list = await square.GetAsync($"/v2/payments?location_id={square.LocationId}");
        var webhook = Parse(square.Simulator.Ledger.Events(payment.Id).Last(e => e.Type == "payment.updated").Body());

        foreach (var shown in new[] { single.At("payment"), list.At("payments.0"), webhook.At("data.object.payment") })
            JsonShape.Of(shown).ShouldMatch(DocumentedPayment, AdditionalPaymentPaths, OmittedPaymentPaths);
        single.EnumerateObject().Select(f => f.Name).ShouldBe(["payment"]);
        list.EnumerateObject().Select(f => f.Name).ShouldBe(["payments"]);
    }

    [Fact]
    public async Task Authorised_payments_and_cash_payments_have_the_documented_fields()
    {
        await using var square = await SimulatedSquare.StartAsync();
        var approved = square.Simulator.Ledger.AddSale(
            new Sale
            {
                LocationId = square.LocationId,
                Amount = 500,
                PaymentId = "hYy9pRFVxpDsO1FB05SunFWUe9JZY",
            }
        );
        JsonShape
            .Of((await square.GetAsync($"/v2/payments/{approved.Id}")).At("payment"))
            .ShouldMatch(
                JsonShape.Of(SimulatedSquare.Sample("webhook.payment.created.json").At("data.object.payment")),
                ["application_details", "application_details.application_id", "application_details.square_product"],
                []
            );

        // cash_details follows the schema of Payment; no example has it.
        var cash = square.Simulator.Ledger.AddSale(
            new Sale
            {
                LocationId = square.LocationId,
                Amount = 500,
                PaymentId = "bP9mAsEMYPUGjjGNaNO5ZDVyLhSZY",
                Cash = true,
            }
        );
        var shown = JsonShape.Of((await square.GetAsync($"/v2/payments/{cash.Id}")).At("payment"));
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
    public async Task A_refund_has_the_documented_fields()
    {
        await using var square = await SimulatedSquare.StartAsync();
        CreateRefundedPayment(square);
        var list = await square.GetAsync("/v2/refunds");
        // The example has a cursor; here there is only one page.
        JsonShape
            .Of(list)
            .ShouldMatch(
                JsonShape.Of(SimulatedSquare.Sample("list-payment-refunds.json")),
                [],
                ["cursor", .. FeePaths.Select(f => "refunds[]." + f)]
            );
        var one = await square.GetAsync($"/v2/refunds/{list.At("refunds.0.id").GetString()}");
        JsonShape.Of(one.At("refund")).ShouldMatch(JsonShape.Of(list.At("refunds.0")), [], []);
    }

    [Fact]
    public async Task An_order_has_the_documented_fields_when_read_alone_and_in_a_batch()
    {
        await using var square = await SimulatedSquare.StartAsync();
        var payment = CreateRefundedPayment(square);
        var order = (await square.GetAsync($"/v2/orders/{payment.OrderId}")).At("order");
        var documented = JsonShape.Of(
            SimulatedSquare.Sample("retrieve-order.json").At("order"),
            SimulatedSquare.Sample("batch-retrieve-orders.json").At("orders.0")
        );

        // Fields of the schemas Order, OrderLineItemTax, OrderServiceCharge and Tender.
        string[] money = ["", ".amount", ".currency"];
        string[] additionalPaths =
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
        // The simulator gives no reference number, and its discounts are amounts, not percentages.
        JsonShape.Of(order).ShouldMatch(documented, additionalPaths, ["discounts[].percentage", "reference_id"]);
        var batch = await square.PostAsync("/v2/orders/batch-retrieve", new { order_ids = new[] { payment.OrderId } });
        batch.ToString().ShouldBe($$"""{"orders":[{{order}}]}""");
    }

    [Fact]
    public async Task Locations_and_the_token_status_have_the_documented_fields()
    {
        await using var square = await SimulatedSquare.StartAsync(
            sellerDraft: new SellerDraft { OAuth = true, ExpiresAt = new(2027, 1, 1, 0, 0, 0, TimeSpan.Zero) }
        );
        var documented = JsonShape.Of(SimulatedSquare.Sample("list-locations.json").At("locations").EnumerateArray());
        string[] omittedPaths =
        [
            "address.administrative_district_level_1",
            "coordinates",
            "coordinates.latitude",
            "coordinates.longitude",
            "description",
            "phone_number",
        ];
        var list = await square.GetAsync("/v2/locations");
        JsonShape.Of(list.At("locations.0")).ShouldMatch(documented, [], omittedPaths);
        (await square.GetAsync($"/v2/locations/{square.LocationId}")).At("location").ToString().ShouldBe(list.At("locations.0").ToString());

        var status = await square.PostAsync("/oauth2/token/status", new { });
        status.EnumerateObject().Select(f => f.Name).ShouldBe(["scopes", "client_id", "merchant_id", "expires_at"], ignoreOrder: true);
        // Both ids are left out, because the example has placeholders in capitals for them.
        JsonShape
            .Of(status.At("scopes"), status.At("expires_at"))
            .ShouldMatch(
                JsonShape.Of(
                    SimulatedSquare.Sample("retrieve-token-status.json").At("scopes"),
                    SimulatedSquare.Sample("retrieve-token-status.json").At("expires_at")
                ),
                [],
                []
            );
    }

    [Fact]
    public async Task Subscriptions_have_the_documented_fields()
    {
        await using var square = await SimulatedSquare.StartAsync();
        var created = await square.PostAsync(
            "/v2/webhooks/subscriptions",
            SimulatedSquare.Sample("create-webhook-subscription.request.json")
        );
        JsonShape.Of(created).ShouldMatch(JsonShape.Of(SimulatedSquare.Sample("create-webhook-subscription.json")), [], []);
        var path = $"/v2/webhooks/subscriptions/{created.At("subscription.id").GetString()}";
        JsonShape.Of(await square.GetAsync(path)).ShouldMatch(JsonShape.Of(created), [], []);
        JsonShape
            .Of(await square.GetAsync("/v2/webhooks/subscriptions"))
            .ShouldMatch(JsonShape.Of(SimulatedSquare.Sample("list-webhook-subscriptions.json")), [], []);
        JsonShape
            .Of(await square.PostAsync(path + "/signature-key", new { }))
            .ShouldMatch(JsonShape.Of(SimulatedSquare.Sample("update-webhook-signature-key.json")), [], []);

        await square.CallAsync(
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
        var test = await square.PostAsync(path + "/test", new { event_type = "payment.created" });
        JsonShape.Of(test).ShouldMatch(JsonShape.Of(SimulatedSquare.Sample("test-webhook-subscription.json")), [], []);
        var sent = JsonDocument.Parse(test.At("subscription_test_result.payload").GetString()!).RootElement;
        var documented = JsonDocument
            .Parse(SimulatedSquare.Sample("test-webhook-subscription.json").At("subscription_test_result.payload").GetString()!)
            .RootElement;
        string[] application = ["", ".application_id", ".square_product"];
        foreach (var type in new[] { "order.created", "order.updated" })
            JsonShape
                .Of(
                    JsonDocument
                        .Parse(
                            (await square.PostAsync(path + "/test", new { event_type = type }))
                                .At("subscription_test_result.payload")
                                .GetString()!
                        )
                        .RootElement
                )
                .ShouldMatch(JsonShape.Of(SimulatedSquare.Sample($"webhook.{type}.json")), [], []);
        JsonShape
            .Of(sent)
            .ShouldMatch(JsonShape.Of(documented), [.. application.Select(a => "data.object.payment.application_details" + a)], []);
    }

    [Theory]
    [InlineData("payment.created")]
    [InlineData("payment.updated")]
    [InlineData("refund.created")]
    [InlineData("refund.updated")]
    [InlineData("order.created")]
    [InlineData("order.updated")]
    public async Task Webhooks_have_the_documented_fields(string type)
    {
        await using var square = await SimulatedSquare.StartAsync();
        var payment = square.Simulator.Ledger.AddSale(
            new Sale
            {
                LocationId = square.LocationId,
                Amount = 1070,
                PaymentId = "hYy9pRFVxpDsO1FB05SunFWUe9JZY",
            }
        );
        square.Simulator.Ledger.Capture(payment.Id);
        square.Simulator.Ledger.RefundPayment(payment.Id, 100);
        var webhook = Parse(square.Simulator.Ledger.Events(payment.Id).First(e => e.Type == type).Body());
        string[] additionalPaths = type.StartsWith("payment", StringComparison.Ordinal)
            ?
            [
                "data.object.payment.application_details",
                "data.object.payment.application_details.application_id",
                "data.object.payment.application_details.square_product",
            ]
            : [];
        string[] omittedPaths = type == "refund.updated" ? [.. FeePaths.Select(f => "data.object.refund." + f)] : [];
        JsonShape.Of(webhook).ShouldMatch(JsonShape.Of(SimulatedSquare.Sample($"webhook.{type}.json")), additionalPaths, omittedPaths);
    }

    /// <summary>A payment with everything it can have: a tip, tax, discount, service charge and refund.</summary>
    private static Payment CreateRefundedPayment(SimulatedSquare square)
    {
        var ledger = square.Simulator.Ledger;
        var payment = ledger.AddSale(
            new Sale
            {
                LocationId = square.LocationId,
                Amount = 2140,
                PaymentId = "hYy9pRFVxpDsO1FB05SunFWUe9JZY",
                Tip = 200,
                Discount = 300,
                ServiceCharge = 100,
            }
        );
        ledger.Capture(payment.Id);
        return ledger.RefundPayment(payment.Id, 140, "Example Refund");
    }

    private static JsonElement Parse(ReadOnlyMemory<byte> body) => JsonDocument.Parse(body).RootElement;
}
