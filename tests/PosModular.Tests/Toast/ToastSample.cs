using System.Text.Json.Nodes;
using Integrations.Contracts.Connections;
using Integrations.Toast;
using Shouldly;

namespace PosModular.Tests.Toast;

/// <summary>The examples of Toast's developer guide, and orders that are derived from them.</summary>
internal static class ToastSample
{
    public const string RestaurantId = "3f2504e0-4f89-41d3-9a0c-0305e82c3301";

    public static byte[] Bytes(string name) => File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "Toast", "Samples", name));

    public static JsonNode Json(string name) => JsonNode.Parse(Bytes(name))!;

    /// <summary>The guide's paid order: 1.06 by card, including 0.06 tax.</summary>
    public static JsonNode Order(Action<JsonNode>? change = null)
    {
        var order = Json("order-get.json");
        change?.Invoke(order);
        return order;
    }

    /// <summary>The single check of the order.</summary>
    public static JsonNode Check(this JsonNode order) => order["checks"]![0]!;

    /// <summary>The payment with this index of the first check.</summary>
    public static JsonNode Payment(this JsonNode order, int index = 0) => order.Check()["payments"]![index]!;

    /// <summary>Replaces the payments of the check by copies with these guids and amounts.</summary>
    public static void SetPayments(this JsonNode check, params (string Guid, decimal Amount)[] payments)
    {
        var template = check["payments"]![0]!.DeepClone();
        check["payments"] = new JsonArray([
            .. payments.Select(p =>
            {
                var payment = template.DeepClone();
                (payment["guid"], payment["amount"]) = (p.Guid, p.Amount);
                return payment;
            }),
        ]);
    }

    public static byte[] Event(JsonNode order, string type = "order_updated", string restaurantId = RestaurantId) =>
        System.Text.Encoding.UTF8.GetBytes(
            new JsonObject
            {
                ["timestamp"] = "2026-11-20T20:00:00.000Z",
                ["eventCategory"] = type,
                ["eventType"] = type,
                ["guid"] = "event-1",
                ["details"] = new JsonObject { ["restaurantGuid"] = restaurantId, ["order"] = order.DeepClone() },
            }.ToJsonString()
        );

    public static PosEvent Translate(JsonNode order, string currency = "USD") => ToastTranslator.Translate(Event(order), currency);

    public static IReadOnlyList<PosPayment> Payments(JsonNode order, string currency = "USD")
    {
        var read = Translate(order, currency);
        read.UnreadableReason.ShouldBeNull();
        read.SkippedItems.ShouldBeEmpty();
        return read.Observations.ShouldNotBeNull().Payments;
    }
}
