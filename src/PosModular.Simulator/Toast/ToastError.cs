using System.Text.Json.Nodes;

namespace PosModular.Simulator.Toast;

/// <summary>
/// Toast's ErrorMessage (Toast docs, Responses and errors; samples/toast/error-message.json). Where Toast documents no code, it
/// is the HTTP status times 100.
/// </summary>
internal static class ToastError
{
    /// <summary>Whether a path belongs to Toast's API and not to Square's.</summary>
    public static bool IsToastPath(PathString path) =>
        path.StartsWithSegments("/authentication/v1")
        || path.StartsWithSegments("/restaurants/v1")
        || path.StartsWithSegments("/orders/v2");

    public static IResult Response(int status, string message, string? field = null) =>
        Results.Content(Body(status, message, field: field), "application/json", statusCode: status);

    public static IResult Unauthorized() => Response(401, "Full authentication is required to access this resource");

    public static IResult NotFound(string what) => Response(404, $"{what} not found");

    /// <summary>The response body without a status.</summary>
    public static string Body(int status, string message, string? code = null, string? field = null) =>
        new JsonObject
        {
            ["status"] = status,
            ["code"] = int.TryParse(code, out var number) ? number : status * 100,
            ["message"] = message,
            ["messageKey"] = null,
            ["fieldName"] = field,
            ["link"] = null,
            ["requestId"] = Guid.NewGuid().ToString(),
            ["developerMessage"] = null,
            ["errors"] = new JsonArray(),
            ["canRetry"] = null,
        }.ToJsonString();
}
