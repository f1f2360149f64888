using PosModular.Simulator.Toast;

namespace PosModular.Simulator.Faults;

/// <summary>Applies faults before any other handling of a call. The control API under <c>/_sim</c> has none.</summary>
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
                const string Detail = "The simulator's control API asked for this error.";
                await context.Response.WriteAsync(
                    fault.Body is { } body ? body
                    : ToastError.IsToastPath(request.Path) ? ToastError.Body(status, Detail, fault.Code)
                    : SquareResponse.Serialize(SquareError.Body(fault.Code ?? SquareError.CodeForStatus(status), Detail))
                );
            }
        );
    }
}
