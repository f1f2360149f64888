using System.Text.Json.Nodes;
using PosModular.Simulator.Webhooks;

namespace PosModular.Simulator.Sellers;

/// <summary>
/// <c>POST /oauth2/token</c> with <c>grant_type: refresh_token</c> (Square docs, OAuth API › ObtainToken). A wrong application, secret
/// or refresh token gets 401; other grants need a browser and get 400.
/// </summary>
internal static class TokenRefreshEndpoint
{
    public static void MapTokenRefresh(this IEndpointRouteBuilder app) =>
        app.MapPost("/oauth2/token", async (HttpContext http, SellerStore sellers) =>
        {
            var body = await SubscriptionDraft.ReadBodyAsync(http.Request);
            if (body?["client_id"]?.ToString() is not { Length: > 0 } application)
                return SquareError.BadRequest("MISSING_REQUIRED_PARAMETER", "Missing required parameter.", "client_id");
            if (body["grant_type"]?.ToString() != "refresh_token")
                return SquareError.BadRequest("INVALID_VALUE", "grant_type must be refresh_token.", "grant_type");
            if (body["refresh_token"]?.ToString() is not { Length: > 0 } refresh)
                return SquareError.BadRequest("MISSING_REQUIRED_PARAMETER", "Missing required parameter.", "refresh_token");
            if (sellers.RefreshAccessToken(refresh, application, body["client_secret"]?.ToString()) is not { } token)
                return SquareError.Unauthorized();
            return SquareResponse.FromJson(
                new JsonObject
                {
                    ["access_token"] = token.Value,
                    ["token_type"] = "bearer",
                    ["expires_at"] = SquareTime.Rfc3339Seconds(token.ExpiresAt!.Value),
                    ["merchant_id"] = token.MerchantId,
                    ["refresh_token"] = token.RefreshToken,
                }
            );
        });
}
