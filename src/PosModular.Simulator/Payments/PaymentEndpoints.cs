using PosModular.Simulator.Sellers;

namespace PosModular.Simulator.Payments;

/// <summary>
/// <c>GET /v2/payments</c> and <c>GET /v2/payments/{id}</c> (Square docs, Payments API). There is no POST, which at Square
/// charges a card: PosModular only reads. A POST gets 405 and appears in the request log.
/// </summary>
internal static class PaymentEndpoints
{
    public static void MapPayments(this IEndpointRouteBuilder app)
    {
        app.MapGet("/v2/payments", List).RequireToken("PAYMENTS_READ");
        app.MapGet("/v2/payments/{id}", Get).RequireToken("PAYMENTS_READ");
    }

    private static IResult Get(string id, HttpContext http, SquareLedger ledger)
    {
        if (ledger.Find(id) is not { } payment || payment.MerchantId != http.Caller().MerchantId)
            return SquareError.NotFound("Payment");
        return SquareJson.Response(json =>
        {
            json.WritePropertyName("payment");
            PaymentJson.Write(json, payment);
        });
    }

    /// <summary>Without location_id, lists the main location only, as Square does.</summary>
    private static IResult List(HttpContext http, SquareLedger ledger, SellerStore sellers, SimulatorSettings settings, TimeProvider clock)
    {
        var given = http.Request.Query;
        var locationId = given.TryGetValue("location_id", out var id) && id.ToString() is { Length: > 0 } asked ? asked : "main";
        if (sellers.FindLocation(http.Caller().MerchantId, locationId) is not { } location)
            return SquareError.NotFound("Location");

        var (query, error) = PaymentQuery.Parse(given, location.Id, clock.GetUtcNow(), settings.CursorLifetime);
        if (query is null)
            return error!;

        var (page, more) = ledger.List(query, Math.Min(query.Window.Limit, settings.PageSize));
        return SquareJson.Response(json =>
        {
            // Square returns an empty object for an empty page.
            if (page.Count == 0)
                return;
            json.WriteStartArray("payments");
            foreach (var payment in page)
                PaymentJson.Write(json, payment);
            json.WriteEndArray();
            if (more)
                json.WriteString(
                    "cursor",
                    query.Window.CursorAfter(page[^1].Id, page[^1].CreatedAt, page[^1].UpdatedAt, page[^1].OfflineAt)
                );
        });
    }
}
