using System.Text.Json.Nodes;

namespace PosModular.Simulator.Sellers;

/// <summary>
/// <c>GET /v2/locations</c> and <c>GET /v2/locations/{id}</c>, <c>main</c> included (Square docs, Locations API). A location of
/// another seller gets the same response as an unknown one; Square does not document this case.
/// </summary>
internal static class LocationEndpoints
{
    public static void MapLocations(this IEndpointRouteBuilder app)
    {
        app.MapGet("/v2/locations", (HttpContext http, SellerStore sellers) =>
            {
                var merchant = sellers.GetMerchant(http.Caller().MerchantId);
                return Response("locations", new JsonArray([.. sellers.LocationsOf(merchant.Id).Select(l => ToJson(l, merchant))]));
            })
            .RequireToken("MERCHANT_PROFILE_READ");

        app.MapGet("/v2/locations/{id}", (string id, HttpContext http, SellerStore sellers) =>
            {
                var merchant = sellers.GetMerchant(http.Caller().MerchantId);
                return sellers.FindLocation(merchant.Id, id) is { } location
                    ? Response("location", ToJson(location, merchant))
                    : SquareError.NotFound("Location");
            })
            .RequireToken("MERCHANT_PROFILE_READ");
    }

    private static IResult Response(string name, JsonNode node) => SquareResponse.FromJson(new JsonObject { [name] = node });

    private static JsonObject ToJson(Location location, Merchant merchant) =>
        new()
        {
            ["id"] = location.Id,
            ["name"] = location.Name,
            ["address"] = new JsonObject
            {
                ["address_line_1"] = "1 Harbour Lane",
                ["locality"] = "Springfield",
                ["postal_code"] = "10115",
                ["country"] = location.Country,
            },
            ["timezone"] = location.TimeZone,
            ["capabilities"] = new JsonArray("CREDIT_CARD_PROCESSING"),
            ["status"] = "ACTIVE",
            ["created_at"] = SquareTime.Rfc3339Seconds(location.CreatedAt),
            ["merchant_id"] = merchant.Id,
            ["country"] = location.Country,
            ["language_code"] = "en-US",
            ["currency"] = location.Currency,
            ["business_name"] = merchant.BusinessName,
            ["type"] = "PHYSICAL",
            ["mcc"] = "5813",
        };
}
