namespace PosModular.Simulator.Toast;

/// <summary>
/// Checks tokens and restaurants (Toast docs, Authentication; Restaurant GUID header): 401 for an unknown or expired token, 403 without
/// the scope or for a restaurant without access, 400 without the header. The order of the checks is our choice.
/// </summary>
internal static class ToastAuthorization
{
    public const string RestaurantHeader = "Toast-Restaurant-External-ID";

    /// <summary>Admits only valid tokens that have the scope, and only with a restaurant in the header.</summary>
    public static TBuilder RequireToast<TBuilder>(this TBuilder endpoint, string scope)
        where TBuilder : IEndpointConventionBuilder =>
        endpoint.AddEndpointFilter(async (call, next) => Authorize(call.HttpContext, scope) ?? await next(call));

    public static ApiClient ToastCaller(this HttpContext context) => (ApiClient)context.Items[typeof(ApiClient)]!;

    /// <summary>The restaurant in the header, or the refusal.</summary>
    public static (Restaurant? Restaurant, IResult? Refusal) ConnectedRestaurant(this HttpContext context)
    {
        var guid = (Guid)context.Items[RestaurantHeader]!;
        return
            context.ToastCaller().Restaurants.Contains(guid)
            && context.RequestServices.GetRequiredService<RestaurantStore>().Find(guid) is { } restaurant
            ? (restaurant, null)
            : (null, NotConnected());
    }

    public static IResult NotConnected() => ToastError.Response(403, "The client is not authorized to access this restaurant");

    private static IResult? Authorize(HttpContext context, string scope)
    {
        var services = context.RequestServices;
        var header = context.Request.Headers.Authorization.ToString();
        if (
            !header.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase)
            || services.GetRequiredService<LoginStore>().FindClientId(header["Bearer ".Length..].Trim()) is not { } id
            || services.GetRequiredService<RestaurantStore>().FindClient(id) is not { } client
        )
        {
            return ToastError.Unauthorized();
        }

        if (!client.Scopes.Contains(scope))
            return ToastError.Response(403, $"The client lacks the scope {scope}");
        if (!Guid.TryParse(context.Request.Headers[RestaurantHeader].ToString(), out var restaurant))
            return ToastError.Response(400, $"The header {RestaurantHeader} must be a restaurant GUID", RestaurantHeader);

        context.Items[typeof(ApiClient)] = client;
        context.Items[RestaurantHeader] = restaurant;
        return null;
    }
}
