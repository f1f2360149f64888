using System.Text.Json.Nodes;

namespace PosModular.Simulator.Toast;

/// <summary>
/// <c>GET /restaurants/v1/restaurants/{guid}</c> (Toast docs, Restaurants API): 404 for an unknown or archived restaurant, 403 for one
/// that the client may not access.
/// </summary>
internal static class RestaurantEndpoints
{
    public static void MapToastRestaurants(this IEndpointRouteBuilder app) =>
        app.MapGet("/restaurants/v1/restaurants/{guid:guid}", (Guid guid, HttpContext http, RestaurantStore restaurants) =>
            {
                if (restaurants.Find(guid) is not { } restaurant)
                    return ToastError.NotFound("Restaurant");
                if (!http.ToastCaller().Restaurants.Contains(guid) || http.ConnectedRestaurant().Refusal is not null)
                    return ToastAuthorization.NotConnected();
                return restaurant.Archived && http.Request.Query["includeArchived"] != "true"
                    ? ToastError.NotFound("Restaurant")
                    : SquareResponse.FromJson(ToJson(restaurant));
            })
            .RequireToast("restaurants:read");

    private static JsonObject ToJson(Restaurant restaurant) =>
        new()
        {
            ["guid"] = restaurant.Guid.ToString(),
            ["general"] = new JsonObject
            {
                ["name"] = restaurant.Name,
                ["locationName"] = restaurant.LocationName,
                ["locationCode"] = "1",
                ["description"] = null,
                ["timeZone"] = restaurant.TimeZone,
                ["closeoutHour"] = restaurant.CloseoutHour,
                ["managementGroupGuid"] = restaurant.ManagementGroupGuid.ToString(),
                ["currencyCode"] = restaurant.CurrencyCode,
                ["firstBusinessDate"] = 20160101,
                ["archived"] = restaurant.Archived,
            },
            ["urls"] = new JsonObject { ["website"] = null },
            ["location"] = new JsonObject
            {
                ["address1"] = "1 Harbour Lane",
                ["address2"] = null,
                ["city"] = "Springfield",
                ["administrativeArea"] = "MA",
                ["stateCode"] = "MA",
                ["zipCode"] = "02215",
                ["country"] = "US",
                ["phone"] = "3335555555",
                ["latitude"] = 42.3446671,
                ["longitude"] = -71.1023575,
            },
            ["schedules"] = new JsonObject(),
            ["delivery"] = new JsonObject { ["enabled"] = false },
            ["onlineOrdering"] = new JsonObject { ["enabled"] = false },
            ["prepTimes"] = new JsonObject(),
        };
}
