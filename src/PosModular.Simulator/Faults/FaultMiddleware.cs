using PosModular.Simulator.Toast;

namespace PosModular.Simulator.Faults;

/// <summary>Lets faults strike before a call is looked at. <c>/_sim</c> is spared.</summary>
internal static class FaultMiddleware
{
    public static void UseFaults(this WebApplication app)
    {
        var faults = app.Services.GetRequiredService<FaultRegistry>();
        app.Use(
            async (context, next) =>
            {
                var request = context.Request;
                var fault = request.Path.StartsWithSegments("/_sim") ? null : faults.Match(request.Method, request.Path.ToString());
                if (fault is { DelayMs: > 0 })
                    await Task.Delay(fault.DelayMs, context.RequestAborted);
                if (fault is { AbortConnection: true })
                {
                    context.Abort();
                    return;
                }

                if (fault is { AbortAfterBytes: not null } or { BodyDelayMs: > 0 })
                    context.Response.Body = new FaultyResponseBody(context, fault);
                if (fault is not { Status: { } status })
                {
                    await next(context);
                    return;
                }

                foreach (var (name, value) in fault.Headers)
                    context.Response.Headers[name] = value;
                context.Response.StatusCode = status;
                context.Response.ContentType = "application/json";
                const string Why = "The simulator was told to answer so.";
                await context.Response.WriteAsync(
                    ToastError.IsToastPath(request.Path)
                        ? ToastError.Body(status, Why, fault.Code)
                        : SquareResponse.Serialize(SquareError.Body(fault.Code ?? SquareError.CodeForStatus(status), Why))
                );
            }
        );
    }
}
