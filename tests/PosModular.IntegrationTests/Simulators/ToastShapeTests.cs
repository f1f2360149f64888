using System.Text.Json;
using PosModular.IntegrationTests.Fixtures;
using PosModular.Simulator.Toast;

namespace PosModular.IntegrationTests.Simulators;

/// <summary>
/// The simulated Toast's orders, payments, webhooks and errors have the fields of Toast's examples; additional and omitted fields are
/// listed.
/// </summary>
public sealed class ToastShapeTests
{
    private static readonly string[] OmittedOrderPaths =
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

    /// <summary>
    /// Fields of the schemas AppliedDiscount, AppliedServiceCharge, Payment, Refund and Customer that no example of an order shows.
    /// </summary>
    private static bool IsOnlyInTheSchema(string path) =>
        path.Contains("appliedDiscounts[]", StringComparison.Ordinal)
        || path.Contains("appliedServiceCharges[]", StringComparison.Ordinal)
        || path is "checks[].customer.guid" or "checks[].payments[].first6Digits";

    [Fact]
    public async Task An_order_has_the_documented_fields_when_read_alone_in_bulk_and_in_an_event()
    {
        await using var toast = await SimulatedToast.StartAsync();
        var order = CreateFullOrder(toast);
        var documented = JsonShape.Of(
            SimulatedSquare.Sample("toast.order-get.json"),
            SimulatedSquare.Sample("toast.orders-bulk.first-element.json")[0],
            SimulatedSquare.Sample("toast.webhook.order_updated.json").At("details.order"),
            WrapInOrder(SimulatedSquare.Sample("toast.payment-voided-cash.json")),
            WrapInOrder(SimulatedSquare.Sample("toast.payment-refunded-full.json"))
        );

        var single = await toast.GetAsync($"/orders/v2/orders/{order.Guid}");
        var additionalPaths = JsonShape.Of(single).Paths.Where(IsOnlyInTheSchema).ToArray();
        additionalPaths.ShouldContain("checks[].appliedDiscounts[].discountAmount");
        additionalPaths.ShouldContain("checks[].appliedServiceCharges[].gratuity");
        string[] drawer =
        [
            "checks[].payments[].cashDrawer.entityType",
            "checks[].payments[].cashDrawer.externalId",
            "checks[].payments[].cashDrawer.guid",
        ];
        JsonShape.Of(single).ShouldMatch(documented, additionalPaths, [.. OmittedOrderPaths, .. drawer]);

        var bulk = await toast.GetAsync(SimulatedToast.Window(toast.Clock.GetUtcNow().AddDays(-1), toast.Clock.GetUtcNow().AddDays(1)));
        bulk[0].ToString().ShouldBe(single.ToString());

        var webhook = JsonDocument.Parse(toast.Ledger.Events(order.Guid)[^1].Body()).RootElement;
        webhook
            .EnumerateObject()
            .Select(f => f.Name)
            .ShouldBe(SimulatedSquare.Sample("toast.webhook.order_updated.json").EnumerateObject().Select(f => f.Name));
        webhook.At("details").EnumerateObject().Select(f => f.Name).ShouldBe(["restaurantGuid", "order"]);
        // Webhooks leave out the guest's names and phone number.
        string[] personal = ["checks[].customer.firstName", "checks[].customer.lastName", "checks[].customer.phone"];
        JsonShape.Of(webhook.At("details.order")).ShouldMatch(documented, additionalPaths, [.. OmittedOrderPaths, .. drawer, .. personal]);
    }

    [Fact]
    public async Task Payments_and_errors_have_the_documented_fields()
    {
        await using var toast = await SimulatedToast.StartAsync();
        var order = CreateFullOrder(toast);
        var documented = JsonShape.Of(
            SimulatedSquare.Sample("toast.payment-captured-keyed.json"),
            SimulatedSquare.Sample("toast.payment-voided-cash.json"),
            SimulatedSquare.Sample("toast.payment-refunded-full.json")
        );
        var returned = new List<JsonElement>();
        foreach (var payment in order.Checks[0].Payments)
            returned.Add(await toast.GetAsync($"/orders/v2/payments/{payment.Guid}"));
        JsonShape
            .Of(returned)
            .ShouldMatch(documented, ["first6Digits"], ["cashDrawer.entityType", "cashDrawer.externalId", "cashDrawer.guid"]);

        var error = (await toast.CallAsync($"/orders/v2/orders/{Guid.NewGuid()}")).Body;
        error
            .EnumerateObject()
            .Select(f => f.Name)
            .ShouldBe(SimulatedSquare.Sample("toast.error-message.json").EnumerateObject().Select(f => f.Name));
        error.At("status").GetInt32().ShouldBe(404);
    }

    /// <summary>
    /// An order with everything it can have: discounts on both levels, both kinds of service charge, a tip, a refund and a voided
    /// payment.
    /// </summary>
    private static ToastOrder CreateFullOrder(SimulatedToast toast)
    {
        var card = new ToastPayment
        {
            Amount = 1500,
            Tip = 200,
            Status = ToastPaymentStatus.Captured,
        };
        var cash = new ToastPayment { Amount = 430, Type = ToastPaymentType.Cash };
        var order = toast.Ledger.AddOrder(
            new ToastOrder
            {
                RestaurantGuid = toast.Guid,
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
        toast.Ledger.RefundPayment(card.Guid, 550, 25);
        return toast.Ledger.VoidPayment(cash.Guid);
    }

    private static JsonElement WrapInOrder(JsonElement payment) =>
        JsonSerializer.SerializeToElement(new { checks = new[] { new { payments = new[] { payment } } } });
}
