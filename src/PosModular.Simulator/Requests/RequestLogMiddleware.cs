namespace PosModular.Simulator.Requests;

/// <summary>Puts the log before everything else.</summary>
internal static class RequestLogMiddleware
{
    public static void UseRequestLog(this WebApplication app)
    {
        var log = app.Services.GetRequiredService<RequestLog>();
        var clock = app.Services.GetRequiredService<TimeProvider>();
        app.Use(
            (context, next) =>
            {
                if (context.Request.Path.StartsWithSegments("/_sim"))
                    return next(context);
                var entry = log.Begin(clock.GetUtcNow(), context.Request);

                // Before the first byte leaves: a test that has its answer must find it in the log.
                context.Response.OnStarting(() =>
                {
                    entry.Complete(context.Response.StatusCode);
                    return Task.CompletedTask;
                });
                return next(context);
            }
        );
    }
}
