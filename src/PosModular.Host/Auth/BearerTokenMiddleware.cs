namespace PosModular.Host.Auth;

/// <summary>Paths beside GraphQL that are for signed-in users: whoever calls is known there, and nobody else gets in.</summary>
internal static class BearerTokenMiddleware
{
    /// <summary>Without a good token 401, and a body that says why: {code, message}.</summary>
    public static void RequireBearerToken(this WebApplication app, string path) =>
        app.UseWhen(
            context => context.Request.Path.StartsWithSegments(path),
            branch =>
                branch.Use(
                    async (context, next) =>
                    {
                        var verdict = await context
                            .RequestServices.GetRequiredService<BearerTokenValidator>()
                            .ValidateAsync(context.Request.Headers.Authorization, context.RequestAborted);
                        if (!verdict.IsAccepted)
                        {
                            context.Response.StatusCode = StatusCodes.Status401Unauthorized;
                            context.Response.Headers.WWWAuthenticate = "Bearer";
                            await context.Response.WriteAsJsonAsync(new { code = "UNAUTHENTICATED", message = verdict.RefusalReason });
                            return;
                        }
                        context.User = verdict.User;
                        await next(context);
                    }
                )
        );
}
