using System.Net;
using System.Text.Json;
using Integrations.Contracts.Connections;
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
        catch (JsonException)
        {
            return [];
        }
    }

    private static string NameOf(PosEnvironment environment) => environment.ToString().ToUpperInvariant();
}
