namespace PosModular.Simulator.Requests;

/// <summary>Records API calls before any other middleware sees them.</summary>
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

                // The status is recorded before the first byte is sent, so that a test that has its response finds it in the log.
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
