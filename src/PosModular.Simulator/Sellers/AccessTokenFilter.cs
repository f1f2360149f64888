namespace PosModular.Simulator.Sellers;

/// <summary>
/// Checks bearer tokens: 401 UNAUTHORIZED, ACCESS_TOKEN_EXPIRED or ACCESS_TOKEN_REVOKED, 403 INSUFFICIENT_SCOPES. Square
/// publishes the codes; the HTTP statuses of the last three are assumed, not confirmed.
/// </summary>
internal static class AccessTokenFilter
{
    /// <summary>Admits only valid tokens that have the scope; without a scope, any valid token.</summary>
    public static TBuilder RequireToken<TBuilder>(this TBuilder endpoint, string? scope = null)
        where TBuilder : IEndpointConventionBuilder =>
        endpoint.AddEndpointFilter(async (call, next) => Authorize(call.HttpContext, scope, personalOnly: false) ?? await next(call));

    /// <summary>
    /// Admits only personal tokens, because subscriptions belong to the application and not to a seller. Square documents no status for
    /// the refusal; 403 is our choice.
    /// </summary>
    public static TBuilder RequirePersonalToken<TBuilder>(this TBuilder endpoint)
        where TBuilder : IEndpointConventionBuilder =>
        endpoint.AddEndpointFilter(async (call, next) => Authorize(call.HttpContext, scope: null, personalOnly: true) ?? await next(call));

    /// <summary>The caller's access token.</summary>
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
