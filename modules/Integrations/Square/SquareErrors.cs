using System.Net;
using System.Text.Json;
using Integrations.Contracts.Connections;
using Integrations.Providers;
using NodaTime;
using PosModular.Kernel.Errors;

namespace Integrations.Square;

/// <summary>Translates Square's error responses into the product's errors, each of which says what to do next.</summary>
/// <remarks>Source: Square docs, Build basics › Handling errors; codes: API reference, ErrorCode.</remarks>
internal static class SquareErrors
{
    public const string TokenField = "credentials.accessToken";

    public static UserError Unavailable { get; } =
        new(
            ErrorCode.ProviderUnavailable,
            "Square cannot be reached or does not answer properly at the moment. Nothing was changed; try again in a " + "minute."
        );

    public static UserError LocationNotFound { get; } =
        new(
            ErrorCode.LocationNotFound,
            "Square has no such location for this access token. Check the location id in the Developer Dashboard under " + "Locations.",
            "credentials.locationId"
        );

    public static UserError MissingScopes(IReadOnlyList<string> scopes) =>
        new(
            ErrorCode.PermissionDenied,
            $"The access token lacks {string.Join(", ", scopes)}. Have the seller authorize the application again with these "
                + "permissions, or use a personal access token.",
            TokenField
        );

    public static UserError OtherEnvironment(PosEnvironment requested, PosEnvironment actual) =>
        new(
            ErrorCode.InvalidCredentials,
            $"This access token belongs to {NameOf(actual)}, but it was sent to {NameOf(requested)}. Choose environment "
                + $"{NameOf(actual)}, or copy the token of {NameOf(requested)}.",
            "credentials.environment"
        );

    /// <summary>What is wrong with a response of status 200; null when it is an object without errors. Errors in it are translated as if
    /// the response had their status, because its other fields are then missing or incomplete.</summary>
    public static ProviderFault? FaultOfSuccess(
        JsonElement root,
        ReadOnlyMemory<byte> body,
        PosEnvironment environment,
        TimeSpan? retryAfter
    )
    {
        if (root.ValueKind != JsonValueKind.Object)
            return Unreadable($"its response is not an object but {ProviderFaults.NameOf(root.ValueKind)}");
        if (!root.TryGetProperty("errors", out var errors) || errors.ValueKind == JsonValueKind.Null)
            return null;
        if (errors.ValueKind != JsonValueKind.Array)
            return Unreadable("the errors of its response are not a list");
        if (errors.GetArrayLength() == 0)
            return null;
        var codes = CodesOf(body);
        return
            ToFault(StatusOf(codes, SquareApi.ReadText(errors[0], "category")), body, environment, retryAfter) is var fault
            && fault.Error.Code == ErrorCode.ProviderUnavailable
            ? fault with
            {
                Error = new UserError(
                    ErrorCode.ProviderUnavailable,
                    $"Square reports an error{(codes.Count == 0 ? "" : $" ({string.Join(", ", codes.Take(3))})")} in a response that has "
                        + "the status of a success. Nothing was changed; try again in a minute."
                ),
            }
            : fault;
    }

    /// <summary>A response that has another form than Square documents.</summary>
    public static ProviderFault Unreadable(string what) => ProviderFaults.Unreadable("Square", what);

    // Source: Square API reference, ErrorCategory, and Square docs, Handling errors, for the status of each code.
    private static HttpStatusCode StatusOf(List<string> codes, string? category) =>
        codes.FirstOrDefault() switch
        {
            "UNAUTHORIZED" or "ACCESS_TOKEN_EXPIRED" or "ACCESS_TOKEN_REVOKED" => HttpStatusCode.Unauthorized,
            "FORBIDDEN" or "INSUFFICIENT_SCOPES" or "CLIENT_DISABLED" => HttpStatusCode.Forbidden,
            "NOT_FOUND" => HttpStatusCode.NotFound,
            "RATE_LIMITED" => HttpStatusCode.TooManyRequests,
            _ => category switch
            {
                "AUTHENTICATION_ERROR" => HttpStatusCode.Unauthorized,
                "RATE_LIMIT_ERROR" => HttpStatusCode.TooManyRequests,
                "INVALID_REQUEST_ERROR" => HttpStatusCode.BadRequest,
                _ => HttpStatusCode.InternalServerError,
            },
        };

    /// <summary>Translates an error response.</summary>
    /// <param name="status">The HTTP status.</param>
    /// <param name="body">The error body; only its codes are read.</param>
    /// <param name="environment">The environment that was called.</param>
    /// <param name="retryAfter">How long Square asks to wait; null when it does not say.</param>
    public static ProviderFault ToFault(HttpStatusCode status, ReadOnlyMemory<byte> body, PosEnvironment environment, TimeSpan? retryAfter)
    {
        var codes = CodesOf(body);
        UserError error = status switch
        {
            _ when codes.Contains("ACCESS_TOKEN_EXPIRED") => new(
                ErrorCode.InvalidCredentials,
                "Square reports that this access token has expired. Connect the location again with a new token; pass "
                    + "refreshToken and expiresAt to have it renewed automatically.",
                TokenField
            ),
            _ when codes.Contains("ACCESS_TOKEN_REVOKED") => new(
                ErrorCode.InvalidCredentials,
                "The seller has revoked this access token at Square. Have the application authorized again and connect the "
                    + "location with the new token.",
                TokenField
            ),
            HttpStatusCode.Unauthorized => new(
                ErrorCode.InvalidCredentials,
                $"Square does not accept this access token for {NameOf(environment)}. Copy it again from the Developer "
                    + "Dashboard under Credentials.",
                TokenField
            ),
            HttpStatusCode.Forbidden => new(
                ErrorCode.PermissionDenied,
                "The access token lacks a required permission (MERCHANT_PROFILE_READ, PAYMENTS_READ or ORDERS_READ). Give "
                    + "the application these permissions, or use a personal access token.",
                TokenField
            ),
            HttpStatusCode.NotFound => new(
                ErrorCode.NotFound,
                "Square does not have the requested object, or no longer has it. Check the ids in the request."
            ),
            HttpStatusCode.TooManyRequests => new(ErrorCode.RateLimitExceeded, "Square limits the rate of calls" + RetryAdvice(retryAfter)),
            HttpStatusCode.BadRequest => new(
                ErrorCode.InvalidInput,
                "Square rejects the request as invalid" + (codes.Count == 0 ? "." : $" ({string.Join(", ", codes)}).")
            ),
            >= HttpStatusCode.MultipleChoices and < HttpStatusCode.BadRequest => ProviderFaults.Redirected("Square", status),
            _ => new(
                ErrorCode.ProviderUnavailable,
                $"Square responded with status {(int)status}. Nothing was changed; try again in a minute."
            ),
        };
        return new ProviderFault(
            error,
            retryAfter is { } span ? Duration.FromTimeSpan(span) : null,
            CursorExpired: codes.Contains("INVALID_CURSOR")
        );
    }

    private static string RetryAdvice(TimeSpan? retryAfter) =>
        retryAfter is { } span ? $". Try again in {Math.Ceiling(span.TotalSeconds):N0} seconds." : ". Try again in a minute.";

    private static List<string> CodesOf(ReadOnlyMemory<byte> body)
    {
        try
        {
            using var json = JsonDocument.Parse(body);
            return
                json.RootElement.ValueKind != JsonValueKind.Object
                || !json.RootElement.TryGetProperty("errors", out var errors)
                || errors.ValueKind != JsonValueKind.Array
                ? []
                // Only codes that look like Square's constants are kept; anything else could be arbitrary text.
                :
                [
                    .. errors
                        .EnumerateArray()
                        .Select(e => SquareApi.ReadText(e, "code"))
                        .OfType<string>()
                        .Where(c => c.Length <= 60 && c.All(l => l is (>= 'A' and <= 'Z') or '_')),
                ];
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return []; // not JSON, or not valid Unicode
        }
    }

    private static string NameOf(PosEnvironment environment) => environment.ToString().ToUpperInvariant();
}
