using System.Net;

namespace PosModular.Simulator.Control;

/// <summary>
/// The control API under <c>/_sim</c>: for tests, demos and people, without a token, from this machine only (others get 404). JSON is
/// in camelCase, amounts are in minor units. An invalid request gets 400, an unknown id 404, an impossible change 409, each with
/// <c>{"message"}</c>.
/// </summary>
internal static class ControlApi
{
    public static void MapControlApi(this WebApplication app)
    {
        app.Use(
            async (context, next) =>
            {
                if (!context.Request.Path.StartsWithSegments("/_sim"))
                {
                    await next(context);
                    return;
                }

                var caller = context.Connection.RemoteIpAddress;
                if (caller is not null && !IPAddress.IsLoopback(caller))
                {
                    context.Response.StatusCode = 404;
                    return;
                }

                try
                {
                    await next(context);
                }
                catch (BadHttpRequestException e)
                {
                    await WriteErrorAsync(context, 400, e.InnerException?.Message ?? e.Message);
                }
                catch (KeyNotFoundException e)
                {
                    await WriteErrorAsync(context, 404, e.Message);
                }
                catch (InvalidOperationException e)
                {
                    await WriteErrorAsync(context, 409, e.Message);
                }
            }
        );

        var room = app.MapGroup("/_sim");
        room.MapSellers();
        room.MapSales();
        room.MapMonitoring();
        room.MapFaults();
        room.MapToast();
    }

    private static Task WriteErrorAsync(HttpContext context, int status, string message)
    {
        context.Response.StatusCode = status;
        return context.Response.WriteAsJsonAsync(new { message });
    }
}
