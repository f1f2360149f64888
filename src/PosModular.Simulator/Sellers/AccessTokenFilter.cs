namespace PosModular.Simulator.Sellers;

/// <summary>
/// Bearer tokens at the door: 401 UNAUTHORIZED, ACCESS_TOKEN_EXPIRED or ACCESS_TOKEN_REVOKED, 403 INSUFFICIENT_SCOPES. Square
/// publishes the codes; the statuses of the last three are the expected ones, not confirmed ones.
/// </summary>
internal static class AccessTokenFilter
{
    /// <summary>Lets only tokens with the scope in; without a scope any living token.</summary>
    public static TBuilder RequireToken<TBuilder>(this TBuilder endpoint, string? scope = null)
        where TBuilder : IEndpointConventionBuilder =>
        endpoint.AddEndpointFilter(async (call, next) => Authorize(call.HttpContext, scope, personalOnly: false) ?? await next(call));

    /// <summary>Lets only personal tokens in: subscriptions belong to the application, not to a seller. The 403 is our choice; Square names no status.</summary>
    public static TBuilder RequirePersonalToken<TBuilder>(this TBuilder endpoint)
        where TBuilder : IEndpointConventionBuilder =>
        endpoint.AddEndpointFilter(async (call, next) => Authorize(call.HttpContext, scope: null, personalOnly: true) ?? await next(call));

    /// <summary>The token that was let in.</summary>
    public static AccessToken Caller(this HttpContext context) => (AccessToken)context.Items[typeof(AccessToken)]!;

    private static IResult? Authorize(HttpContext context, string? scope, bool personalOnly)
    {
        var header = context.Request.Headers.Authorization.ToString();
        if (!header.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase))
            return SquareError.Unauthorized();

        var services = context.RequestServices;
        if (services.GetRequiredService<SellerStore>().FindToken(header["Bearer ".Length..].Trim()) is not { } token)
            return SquareError.Unauthorized();
        if (token.Revoked)
            return SquareError.Response(401, "ACCESS_TOKEN_REVOKED", "The access token was revoked.");
        if (!token.IsValidAt(services.GetRequiredService<TimeProvider>().GetUtcNow()))
            return SquareError.Response(401, "ACCESS_TOKEN_EXPIRED", "The access token has expired.");
        if (personalOnly && token.OAuth)
            return SquareError.Response(403, "FORBIDDEN", "Webhook subscriptions need the personal access token of the application.");
        if (scope is not null && !token.Allows(scope))
            return SquareError.Response(403, "INSUFFICIENT_SCOPES", $"The access token lacks {scope}.");

        context.Items[typeof(AccessToken)] = token;
        return null;
    }
}
