using System.Text.Json.Nodes;
using PosModular.Simulator.Payments;
using PosModular.Simulator.Sellers;
using PosModular.Simulator.Webhooks;

namespace PosModular.Simulator.Orders;

/// <summary>
/// <c>POST /v2/orders/batch-retrieve</c> (up to 100 ids; unknown ones are left out) and <c>GET /v2/orders/{id}</c> (Square docs,
/// Orders API). Square does not document the error code for too many ids; this one is our choice.
/// </summary>
internal static class OrderEndpoints
{
    private const int MaxOrdersPerRequest = 100;

    public static void MapOrders(this IEndpointRouteBuilder app)
    {
        app.MapPost("/v2/orders/batch-retrieve", BatchRetrieveAsync).RequireToken("ORDERS_READ");
        app.MapGet("/v2/orders/{id}", Get).RequireToken("ORDERS_READ");
    }

    private static IResult Get(string id, HttpContext http, SquareLedger ledger)
    {
        if (ledger.ReadableOrder(id, http.Caller().MerchantId) is not { } order)
            return SquareError.NotFound("Order");
        return SquareJson.Response(json =>
        {
            json.WritePropertyName("order");
            OrderJson.Write(json, order);
        });
    }

    private static async Task<IResult> BatchRetrieveAsync(HttpContext http, SquareLedger ledger, SellerStore sellers)
    {
        var body = await SubscriptionDraft.ReadBodyAsync(http.Request);
        if (body?["order_ids"] is not JsonArray ids)
            return SquareError.BadRequest("MISSING_REQUIRED_PARAMETER", "Missing required parameter.", "order_ids");
        if (ids.Count > MaxOrdersPerRequest)
            return SquareError.BadRequest("VALUE_TOO_LONG", "order_ids has at most 100 ids.", "order_ids");
        var seller = http.Caller().MerchantId;
        Location? location = null;
        if (body["location_id"]?.ToString() is { } asked && (location = sellers.FindLocation(seller, asked)) is null)
            return SquareError.NotFound("Location");

        var orders = ids.Select(id => ledger.ReadableOrder(id?.ToString() ?? "", seller))
            .OfType<Order>()
            .Where(order => location is null || order.LocationId == location.Id)
            .ToList();
        return SquareJson.Response(json =>
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
