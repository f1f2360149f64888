using System.Text.Json;
using PosModular.IntegrationTests.House;
using PosModular.Simulator.Toast;

namespace PosModular.IntegrationTests.Simulators;

/// <summary>Toast's orders, payments, webhooks and errors have the fields of its examples; what is ours alone or left out is listed.</summary>
public sealed class ToastShapeTests
{
    private static readonly string[] LeftOutOfAnOrder =
    [
        "deliveryInfo.address1",
        "deliveryInfo.address2",
        "deliveryInfo.city",
        "deliveryInfo.state",
        "deliveryInfo.zipCode",
        "deliveryInfo.latitude",
        "deliveryInfo.longitude",
        "deliveryInfo.notes",
        "curbsidePickupInfo.entityType",
        "curbsidePickupInfo.notes",
        "curbsidePickupInfo.transportColor",
        "curbsidePickupInfo.transportDescription",
        "checks[].selections[].taxInclusion",
        "checks[].selections[].unitOfMeasure",
        "appliedPackagingInfo",
    ];

    /// <summary>Of the schemas of AppliedDiscount, AppliedServiceCharge, Payment, Refund and Customer; no example of an order has one.</summary>
    private static bool IsOfTheSchema(string path) =>
        path.Contains("appliedDiscounts[]", StringComparison.Ordinal)
        || path.Contains("appliedServiceCharges[]", StringComparison.Ordinal)
        || path is "checks[].customer.guid" or "checks[].payments[].first6Digits";

    [Fact]
    public async Task An_order_has_toasts_fields_alone_in_bulk_and_in_an_event()
    {
        await using var tavern = await Tavern.OpenAsync();
        var order = Rich(tavern);
        var documented = Shape.Of(
            Shop.Sample("toast.order-get.json"),
            Shop.Sample("toast.orders-bulk.first-element.json")[0],
            Shop.Sample("toast.webhook.order_updated.json").At("details.order"),
            Inside(Shop.Sample("toast.payment-voided-cash.json")),
            Inside(Shop.Sample("toast.payment-refunded-full.json"))
        );

        var alone = await tavern.GetAsync($"/orders/v2/orders/{order.Guid}");
        var beyond = Shape.Of(alone).Paths.Where(IsOfTheSchema).ToArray();
        beyond.ShouldContain("checks[].appliedDiscounts[].discountAmount");
        beyond.ShouldContain("checks[].appliedServiceCharges[].gratuity");
        string[] drawer =
        [
            "checks[].payments[].cashDrawer.entityType",
            "checks[].payments[].cashDrawer.externalId",
            "checks[].payments[].cashDrawer.guid",
        ];
        Shape.Of(alone).ShouldMatch(documented, beyond, [.. LeftOutOfAnOrder, .. drawer]);

        var bulk = await tavern.GetAsync(Tavern.Window(tavern.Clock.GetUtcNow().AddDays(-1), tavern.Clock.GetUtcNow().AddDays(1)));
        bulk[0].ToString().ShouldBe(alone.ToString());

        var told = JsonDocument.Parse(tavern.Ledger.Events(order.Guid)[^1].Body()).RootElement;
        told.EnumerateObject()
            .Select(f => f.Name)
            .ShouldBe(Shop.Sample("toast.webhook.order_updated.json").EnumerateObject().Select(f => f.Name));
        told.At("details").EnumerateObject().Select(f => f.Name).ShouldBe(["restaurantGuid", "order"]);
        // The guest's names and phone are not in webhooks.
        string[] personal = ["checks[].customer.firstName", "checks[].customer.lastName", "checks[].customer.phone"];
        Shape.Of(told.At("details.order")).ShouldMatch(documented, beyond, [.. LeftOutOfAnOrder, .. drawer, .. personal]);
    }

    [Fact]
    public async Task A_payment_and_an_error_have_toasts_fields()
    {
        await using var tavern = await Tavern.OpenAsync();
        var order = Rich(tavern);
        var documented = Shape.Of(
            Shop.Sample("toast.payment-captured-keyed.json"),
            Shop.Sample("toast.payment-voided-cash.json"),
            Shop.Sample("toast.payment-refunded-full.json")
        );
        var shown = new List<JsonElement>();
        foreach (var payment in order.Checks[0].Payments)
            shown.Add(await tavern.GetAsync($"/orders/v2/payments/{payment.Guid}"));
        Shape.Of(shown).ShouldMatch(documented, ["first6Digits"], ["cashDrawer.entityType", "cashDrawer.externalId", "cashDrawer.guid"]);

        var error = (await tavern.CallAsync($"/orders/v2/orders/{Guid.NewGuid()}")).Body;
        error.EnumerateObject().Select(f => f.Name).ShouldBe(Shop.Sample("toast.error-message.json").EnumerateObject().Select(f => f.Name));
        error.At("status").GetInt32().ShouldBe(404);
    }

    /// <summary>With all that an order can have: discounts on both levels, both kinds of service charge, a tip, a refund, a voided payment.</summary>
    private static ToastOrder Rich(Tavern tavern)
    {
        var card = new ToastPayment
        {
            Amount = 1500,
            Tip = 200,
            Status = ToastPaymentStatus.Captured,
        };
        var cash = new ToastPayment { Amount = 430, Type = ToastPaymentType.Cash };
        var order = tavern.Ledger.Open(
            new ToastOrder
            {
                RestaurantGuid = tavern.Guid,
                Checks =
                [
                    new Check
                    {
                        Selections =
                        [
                            new Selection
                            {
                                PreDiscountPrice = 2000,
                                Tax = 130,
                                Discounts = [new AppliedDiscount(150)],
                            },
                        ],
                        Discounts = [new AppliedDiscount(100)],
                        ServiceCharges = [new ServiceCharge(20), new ServiceCharge(30, Gratuity: true)],
                        Payments = [card, cash],
                        Customer = new ToastCustomer("jack@example.com"),
                    },
                ],
            }
        );
        tavern.Ledger.GiveBack(card.Guid, 550, 25);
        return tavern.Ledger.VoidPayment(cash.Guid);
    }

    private static JsonElement Inside(JsonElement payment) =>
        JsonSerializer.SerializeToElement(new { checks = new[] { new { payments = new[] { payment } } } });
}
