using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace PosModular.IntegrationTests.Fixtures;

internal static class TestKeys
{
    public static string Encryption { get; } = string.Concat(Enumerable.Repeat("0f1e2d3c", 8));

    public const string Signing = "a signing key for tests, of more than thirty-two bytes";

    public static string Token(string userId, params string[] roles)
    {
        var claims = new Dictionary<string, object> { ["sub"] = userId };
        if (roles.Length > 0)
            claims["role"] = roles;
        return new JsonWebTokenHandler().CreateToken(
            new SecurityTokenDescriptor
            {
                Claims = claims,
                Expires = TimeProvider.System.GetUtcNow().UtcDateTime.AddHours(1),
                SigningCredentials = new SigningCredentials(
                    new SymmetricSecurityKey(System.Text.Encoding.UTF8.GetBytes(Signing)),
                    SecurityAlgorithms.HmacSha256
                ),
            }
        );
    }
}
