using PosModular.Simulator.Payments;
using PosModular.Simulator.Sellers;

namespace PosModular.Simulator.Refunds;

/// <summary>
/// <c>GET /v2/refunds</c> and <c>GET /v2/refunds/{id}</c> (Square docs, Refunds API). Refunds, like payments, are only read.
/// </summary>
internal static class RefundEndpoints
{
    public static void MapRefunds(this IEndpointRouteBuilder app)
    {
        app.MapGet("/v2/refunds", List).RequireToken("PAYMENTS_READ");
        app.MapGet("/v2/refunds/{id}", Get).RequireToken("PAYMENTS_READ");
    }

    private static IResult Get(string id, HttpContext http, SquareLedger ledger)
    {
        if (ledger.FindRefund(id) is not { } refund || refund.MerchantId != http.Caller().MerchantId)
            return SquareError.NotFound("Refund");
        return SquareJson.Response(json =>
        {
            json.WritePropertyName("refund");
            RefundJson.Write(json, refund, inEvent: false);
        });
    }

    private static IResult List(HttpContext http, SquareLedger ledger, SellerStore sellers, SimulatorSettings settings, TimeProvider clock)
    {
        var given = http.Request.Query;
        var place = http.Caller().MerchantId;
        if (given["location_id"].ToString() is { Length: > 0 } asked)
        {
            if (sellers.FindLocation(place, asked) is not { } location)
                return SquareError.NotFound("Location");
            place = location.Id;
        }

        var (query, error) = RefundQuery.Parse(given, place, clock.GetUtcNow(), settings.CursorLifetime);
        if (query is null)
            return error!;

        var (page, more) = ledger.List(query, Math.Min(query.Window.Limit, settings.PageSize));
        return SquareJson.Response(json =>
        {
            if (page.Count == 0)
                return;
            json.WriteStartArray("refunds");
            foreach (var refund in page)
                RefundJson.Write(json, refund, inEvent: false);
            json.WriteEndArray();
            if (more)
                json.WriteString("cursor", query.Window.CursorAfter(page[^1].Id, page[^1].CreatedAt, page[^1].UpdatedAt));
        });
    }
}
