namespace PosModular.Host.Auth;

/// <summary>Protects paths other than GraphQL, so that only authenticated users reach them.</summary>
internal static class BearerTokenMiddleware
{
    /// <summary>Answers requests without a valid token with 401 and a JSON body {code, message} that says why.</summary>
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
