using PosModular.Simulator.Sellers;

namespace PosModular.Simulator.Control;

/// <summary>
/// <list type="bullet">
/// <item><c>POST /_sim/tills</c> <see cref="TillOrder"/>: merchant, location and token in one; what exists is used again.</item>
/// <item><c>GET /_sim/tills</c>: the locations. Tokens are shown only when made.</item>
/// <item><c>POST /_sim/tokens</c> <c>{value, merchantId, applicationId, oAuth?, scopes?, expiresAt?, refreshToken?, applicationSecret?}</c>: one more token, or a changed one.</item>
/// <item><c>POST /_sim/tokens/revoke</c> <c>{value}</c>: an OAuth token ends the consent and tells oauth.authorization.revoked.</item>
/// </list>
/// </summary>
internal static class Tills
{
    public static void MapTills(this IEndpointRouteBuilder room)
    {
        room.MapPost("tills", (TillOrder order, SellerBook sellers) => sellers.AddTill(order));
        room.MapGet("tills", (SellerBook sellers) => sellers.Locations);
        room.MapPost("tokens", (AccessToken token, SellerBook sellers) => sellers.AddToken(token));
        room.MapPost("tokens/revoke", (TokenToRevoke token, SellerBook sellers) => sellers.RevokeToken(token.Value));
    }

    internal sealed record TokenToRevoke(string Value);
}
