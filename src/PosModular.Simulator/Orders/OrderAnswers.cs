using System.Text.Json.Nodes;
using PosModular.Simulator.Payments;
using PosModular.Simulator.Sellers;
using PosModular.Simulator.Webhooks;

namespace PosModular.Simulator.Orders;

/// <summary>
/// <c>POST /v2/orders/batch-retrieve</c> (up to 100 ids; unknown ones are left out) and <c>GET /v2/orders/{id}</c> (Square docs,
/// Orders API). The code for too many ids is our choice; Square's is not documented.
/// </summary>
internal static class OrderAnswers
{
    private const int MostAtOnce = 100;

    public static void MapOrders(this IEndpointRouteBuilder app)
    {
        app.MapPost("/v2/orders/batch-retrieve", BatchAsync).RequireToken("ORDERS_READ");
        app.MapGet("/v2/orders/{id}", Get).RequireToken("ORDERS_READ");
    }

    private static IResult Get(string id, HttpContext http, Ledger ledger)
    {
        if (ledger.ReadableOrder(id, http.Caller().MerchantId) is not { } order)
            return SquareError.NotFound("Order");
        return SquareJson.Answer(json =>
        {
            json.WritePropertyName("order");
            OrderJson.Write(json, order);
        });
    }

    private static async Task<IResult> BatchAsync(HttpContext http, Ledger ledger, SellerBook sellers)
    {
        var body = await SubscriptionDraft.BodyAsync(http.Request);
        if (body?["order_ids"] is not JsonArray ids)
            return SquareError.Bad("MISSING_REQUIRED_PARAMETER", "Missing required parameter.", "order_ids");
        if (ids.Count > MostAtOnce)
            return SquareError.Bad("VALUE_TOO_LONG", "order_ids has at most 100 ids.", "order_ids");
        var seller = http.Caller().MerchantId;
        Location? location = null;
        if (body["location_id"]?.ToString() is { } asked && (location = sellers.FindLocation(seller, asked)) is null)
            return SquareError.NotFound("Location");

        var orders = ids.Select(id => ledger.ReadableOrder(id?.ToString() ?? "", seller))
            .OfType<Order>()
            .Where(order => location is null || order.LocationId == location.Id)
            .ToList();
        return SquareJson.Answer(json =>
        {
            if (orders.Count == 0)
                return;
            json.WriteStartArray("orders");
            foreach (var order in orders)
                OrderJson.Write(json, order);
            json.WriteEndArray();
        });
    }
}
