using System.Text.Json.Nodes;

namespace PosModular.Simulator.Sellers;

/// <summary>
/// <c>POST /oauth2/token/status</c>: scopes and expiry of the token in the header (Square docs, OAuth API › RetrieveTokenStatus).
/// </summary>
internal static class TokenStatusEndpoint
{
    public static void MapTokenStatus(this IEndpointRouteBuilder app) =>
        app.MapPost("/oauth2/token/status", (HttpContext http) =>
            {
                var token = http.Caller();
                var status = new JsonObject
                {
                    ["scopes"] = new JsonArray([.. token.Scopes.Select(scope => (JsonNode)scope)]),
                    ["client_id"] = token.ApplicationId,
                    ["merchant_id"] = token.MerchantId,
                };
                if (token.ExpiresAt is { } end)
                    status["expires_at"] = SquareTime.Rfc3339Seconds(end);
                return SquareResponse.FromJson(status);
            })
            .RequireToken();
}
