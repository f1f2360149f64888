namespace PosModular.Host.Auth;

/// <summary>Paths beside GraphQL that are for signed-in users: whoever calls is known there, and nobody else gets in.</summary>
internal static class BearerPaths
{
    /// <summary>Without a good token 401, and a body that says why: {code, message}.</summary>
    public static void UseBearerTokens(this WebApplication app, string path) => app.UseWhen(context => context.Request.Path.StartsWithSegments(path), branch => branch.Use(async (context, next) =>
    {
        var verdict = await context.RequestServices.GetRequiredService<BearerTokens>().Read(context.Request.Headers.Authorization, context.RequestAborted);
        if (!verdict.Accepted)
        {
            context.Response.StatusCode = StatusCodes.Status401Unauthorized;
            context.Response.Headers.WWWAuthenticate = "Bearer";
            await context.Response.WriteAsJsonAsync(new { code = "UNAUTHENTICATED", message = verdict.Problem });
            return;
        }
        context.User = verdict.User;
        await next(context);
    }));
}
