using System.Text.Json.Nodes;
using PosModular.Simulator.Toast;

namespace PosModular.Simulator;

/// <summary>
/// Square's error body: <c>{ "errors": [ { category, code, detail, field } ] }</c>
/// (Square docs, Build Basics › Handling Errors; categories by the API specification's ErrorCode).
/// </summary>
internal static class SquareError
{
    public static IResult Response(int status, string code, string detail, string? field = null) =>
        SquareResponse.FromJson(Body(code, detail, field), status);

    public static IResult Unauthorized() => Response(401, "UNAUTHORIZED", "This request could not be authorized.");

    public static IResult NotFound(string what) => Response(404, "NOT_FOUND", $"{what} not found.");

    public static IResult BadRequest(string code, string detail, string field) => Response(400, code, detail, field);

    /// <summary>The response body without a status.</summary>
    public static JsonObject Body(string code, string detail, string? field = null)
    {
        var error = new JsonObject
        {
            ["category"] = CategoryForCode(code),
            ["code"] = code,
            ["detail"] = detail,
        };
        if (field is not null)
            error["field"] = field;
        return new JsonObject { ["errors"] = new JsonArray(error) };
    }

    /// <summary>Square's usual error code for an HTTP status.</summary>
    public static string CodeForStatus(int status) =>
        status switch
        {
            400 => "BAD_REQUEST",
            401 => "UNAUTHORIZED",
            403 => "FORBIDDEN",
            404 => "NOT_FOUND",
            405 => "METHOD_NOT_ALLOWED",
            429 => "RATE_LIMITED",
            503 => "SERVICE_UNAVAILABLE",
            504 => "GATEWAY_TIMEOUT",
            >= 500 => "INTERNAL_SERVER_ERROR",
            _ => "BAD_REQUEST",
        };

    /// <summary>Adds the provider's error body to a 404 or 405 that routing produced.</summary>
    public static Task WriteStatusBodyAsync(HttpContext context)
    {
        context.Response.ContentType = "application/json";
        var status = context.Response.StatusCode;
        var detail = $"{context.Request.Method} {context.Request.Path} is not served.";
        return context.Response.WriteAsync(
            ToastError.IsToastPath(context.Request.Path)
                ? ToastError.Body(status, detail)
                : SquareResponse.Serialize(Body(CodeForStatus(status), detail))
        );
    }

    private static string CategoryForCode(string code) =>
        code switch
        {
            "UNAUTHORIZED"
            or "ACCESS_TOKEN_EXPIRED"
            or "ACCESS_TOKEN_REVOKED"
            or "CLIENT_DISABLED"
            or "FORBIDDEN"
            or "INSUFFICIENT_SCOPES" => "AUTHENTICATION_ERROR",
            "RATE_LIMITED" => "RATE_LIMIT_ERROR",
            "INTERNAL_SERVER_ERROR" or "SERVICE_UNAVAILABLE" or "GATEWAY_TIMEOUT" => "API_ERROR",
            _ => "INVALID_REQUEST_ERROR",
        };
}
