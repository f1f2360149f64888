using PosModular.Simulator.Sellers;

namespace PosModular.Simulator.Control;

/// <summary>
/// <list type="bullet">
/// <item><c>POST /_sim/sellers</c> <see cref="SellerDraft"/>: adds a merchant, a location and a token; existing ones are reused.</item>
/// <item><c>GET /_sim/locations</c>: all locations. Tokens are shown only when they are created.</item>
/// <item><c>POST /_sim/tokens</c> <c>{value, merchantId, applicationId, oAuth?, scopes?, expiresAt?, refreshToken?,
/// applicationSecret?}</c>: adds or replaces a token.</item>
/// <item><c>POST /_sim/tokens/revoke</c> <c>{value}</c>: revoking an OAuth token revokes the consent and sends
/// oauth.authorization.revoked.</item>
/// </list>
/// </summary>
internal static class SellerEndpoints
{
    public static void MapSellers(this IEndpointRouteBuilder control)
    {
        control.MapPost("sellers", (SellerDraft draft, SellerStore sellers) => sellers.AddSeller(draft));
        control.MapGet("locations", (SellerStore sellers) => sellers.Locations);
        control.MapPost("tokens", (AccessToken token, SellerStore sellers) => sellers.AddToken(token));
        control.MapPost("tokens/revoke", (RevokeTokenRequest token, SellerStore sellers) => sellers.RevokeToken(token.Value));
    }

    internal sealed record RevokeTokenRequest(string Value);
}
