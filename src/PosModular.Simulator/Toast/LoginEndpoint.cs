using System.Globalization;
using System.Text.Json.Nodes;
using PosModular.Simulator.Webhooks;

namespace PosModular.Simulator.Toast;

/// <summary><c>POST /authentication/v1/authentication/login</c> (Toast docs, Authentication).</summary>
internal static class LoginEndpoint
{
    public static void MapToastLogin(this IEndpointRouteBuilder app) =>
        app.MapPost(
            "/authentication/v1/authentication/login",
            async (HttpContext http, RestaurantStore restaurants, LoginStore logins, TimeProvider clock) =>
            {
                var body = await SubscriptionDraft.ReadBodyAsync(http.Request);
                if (body?["clientId"]?.ToString() is not { Length: > 0 } id)
                    return ToastError.Response(400, "clientId is required", "clientId");
                if (body["userAccessType"]?.ToString() != "TOAST_MACHINE_CLIENT")
                    return ToastError.Response(400, "userAccessType must be TOAST_MACHINE_CLIENT", "userAccessType");
                if (restaurants.FindClient(id) is not { } client || client.ClientSecret != body["clientSecret"]?.ToString())
                    return ToastError.Unauthorized();

                var (token, lifetime, allowedAt) = logins.LogIn(client);
                if (allowedAt is { } at)
                {
                    var headers = http.Response.Headers;
                    headers["X-Toast-RateLimit-By"] = "ENDPOINT";
                    headers["X-Toast-RateLimit-Remaining"] = "0";
                    headers["X-Toast-RateLimit-Reset"] = at.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
                    headers.RetryAfter = Math.Max(1, Math.Ceiling((at - clock.GetUtcNow()).TotalSeconds))
                        .ToString(CultureInfo.InvariantCulture);
                    return ToastError.Response(429, "Too many authentication requests");
                }

                return SquareResponse.FromJson(
                    new JsonObject
                    {
                        ["token"] = new JsonObject
                        {
                            ["tokenType"] = "Bearer",
                            ["scope"] = null,
                            ["expiresIn"] = (long)lifetime.TotalSeconds,
                            ["accessToken"] = token,
                            ["idToken"] = null,
                            ["refreshToken"] = null,
                        },
                        ["status"] = "SUCCESS",
                    }
                );
            }
        );
}
