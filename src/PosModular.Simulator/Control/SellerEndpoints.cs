using PosModular.Simulator.Sellers;

namespace PosModular.Simulator.Control;

/// <summary>
/// <list type="bullet">
/// <item><c>POST /_sim/tills</c> <see cref="SellerDraft"/>: merchant, location and token in one; what exists is used again.</item>
/// <item><c>GET /_sim/tills</c>: the locations. Tokens are shown only when made.</item>
/// <item><c>POST /_sim/tokens</c> <c>{value, merchantId, applicationId, oAuth?, scopes?, expiresAt?, refreshToken?, applicationSecret?}</c>: one more token, or a changed one.</item>
/// <item><c>POST /_sim/tokens/revoke</c> <c>{value}</c>: an OAuth token ends the consent and tells oauth.authorization.revoked.</item>
/// </list>
/// </summary>
internal static class SellerEndpoints
{
    public static void MapSellers(this IEndpointRouteBuilder control)
    {
        control.MapPost("tills", (SellerDraft order, SellerStore sellers) => sellers.AddSeller(order));
        control.MapGet("tills", (SellerStore sellers) => sellers.Locations);
        control.MapPost("tokens", (AccessToken token, SellerStore sellers) => sellers.AddToken(token));
        control.MapPost("tokens/revoke", (RevokeTokenRequest token, SellerStore sellers) => sellers.RevokeToken(token.Value));
    }

    internal sealed record RevokeTokenRequest(string Value);
}
