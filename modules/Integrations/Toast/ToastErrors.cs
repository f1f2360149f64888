using System.Globalization;
using System.Net;
using System.Text.Json;
using Integrations.Contracts.Connections;
using Integrations.Providers;
using NodaTime;
using PosModular.Kernel.Errors;

namespace Integrations.Toast;

/// <summary>Translates Toast's error responses into the product's errors, each of which says what to do next. Only the number of a Toast
/// error is repeated, because its text could contain anything.</summary>
/// <remarks>Source: Toast developer guide, Responses and errors (ErrorMessage), Rate limiting.</remarks>
internal static class ToastErrors
{
    public const string OrdersRead = "orders:read";
    public const string RestaurantsRead = "restaurants:read";
    public const string SecretField = "credentials.clientSecret";
    public const string LocationField = "credentials.locationId";

    public static UserError Unavailable { get; } =
        new(
            ErrorCode.ProviderUnavailable,
            "Toast cannot be reached or does not answer properly at the moment. Nothing was changed; try again in a minute."
        );

    public static UserError TooManyWaiting { get; } =
        new(ErrorCode.RateLimitExceeded, "Too many calls to Toast are already waiting. Try again in a minute.");

    public static UserError RestaurantNotFound { get; } =
        new(
            ErrorCode.LocationNotFound,
            "Toast has no such restaurant, or it is archived. Copy the restaurant GUID from Toast Web under Integrations › "
                + "Toast API access, or ask Toast's integrations team for it.",
            LocationField
        );

    public static UserError CurrencyUnknown { get; } =
        new(
            ErrorCode.ProviderUnavailable,
            "Toast does not report this restaurant's currency, so its amounts cannot be read. Have the currency set in "
                + "Toast Web, then try again.",
            LocationField
        );

    public static UserError LoginRefused(PosEnvironment environment) =>
        new(
            ErrorCode.InvalidCredentials,
            $"Toast does not accept this client id and secret for {NameOf(environment)}. Copy both again from Toast Web "
                + "under Integrations › Toast API access › Manage credentials; the secret is shown only once.",
            SecretField
        );

    public static UserError TokenRefused(PosEnvironment environment) =>
        new(
            ErrorCode.InvalidCredentials,
            $"Toast does not accept this bearer token for {NameOf(environment)}; such a token is valid for about a day. "
                + "Connect the location with clientId and clientSecret instead, and tokens are obtained automatically.",
            "credentials.apiKey"
        );

    public static UserError NewTokenRefused(PosEnvironment environment) =>
        new(
            ErrorCode.InvalidCredentials,
            $"Toast accepts the login with these credentials for {NameOf(environment)}, but rejects the token that it "
                + "issued. Ask Toast whether they are blocked, or create new ones.",
            SecretField
        );

    public static UserError OtherEnvironment(PosEnvironment requested, PosEnvironment actual) =>
        new(
            ErrorCode.InvalidCredentials,
            $"These credentials belong to {NameOf(actual)}, but they were sent to {NameOf(requested)}. Choose environment "
                + $"{NameOf(actual)}, or use the credentials of {NameOf(requested)}.",
            "credentials.environment"
        );

    /// <summary>Status 403 means that the client has no access to the restaurant or lacks a scope; a second call shows which of
    /// them.</summary>
    public static ProviderFault NotAllowed(params string[] scopes) =>
        new(
            scopes is [var one]
                ? new UserError(
                    ErrorCode.PermissionDenied,
                    $"The credentials lack {one}. Add this scope to them in Toast Web under Integrations › Toast API access "
                        + "› Manage credentials, or ask Toast to add it.",
                    "credentials.clientId"
                )
                : new UserError(
                    ErrorCode.PermissionDenied,
                    "Toast does not allow these credentials to read this restaurant: it is not among their locations, or "
                        + $"they lack {OrdersRead} and {RestaurantsRead}. Add the location and these scopes to them in Toast Web.",
                    LocationField
                )
        )
        {
            MissingScopes = scopes,
        };

    /// <summary>What is wrong with a response of status 200; null when it is no error. Toast's ErrorMessage states the status that the
    /// response should have had, and it is translated as if it had it.</summary>
    public static ProviderFault? FaultOfSuccess(JsonElement root, ReadOnlyMemory<byte> body, TimeSpan? retryAfter)
    {
        if (root.ValueKind != JsonValueKind.Object)
            return null;
        if (root.TryGetProperty("status", out var status) && status.ValueKind == JsonValueKind.Number)
            return ToFault(
                status.TryGetInt32(out var number) && number is >= 400 and < 600
                    ? (HttpStatusCode)number
                    : HttpStatusCode.InternalServerError,
                body,
                retryAfter
            );
        return
            root.TryGetProperty("errors", out var errors)
            && errors.ValueKind is not JsonValueKind.Null
            && !(errors.ValueKind == JsonValueKind.Array && errors.GetArrayLength() == 0)
            ? ToFault(HttpStatusCode.InternalServerError, body, retryAfter)
            : null;
    }

    /// <summary>A response that has another form than Toast documents.</summary>
    public static ProviderFault Unreadable(string what) => ProviderFaults.Unreadable("Toast", what);

    /// <summary>Translates an error response.</summary>
    /// <param name="status">The HTTP status.</param>
    /// <param name="body">Toast's ErrorMessage; only its number is read.</param>
    /// <param name="retryAfter">How long Toast asks to wait; null when it does not say.</param>
    public static ProviderFault ToFault(HttpStatusCode status, ReadOnlyMemory<byte> body, TimeSpan? retryAfter)
    {
        UserError error = status switch
        {
            HttpStatusCode.Unauthorized => new(
                ErrorCode.InvalidCredentials,
                "Toast does not accept the access token. Connect the location again with valid credentials.",
                SecretField
            ),
            HttpStatusCode.Forbidden => NotAllowed(OrdersRead, RestaurantsRead).Error,
            HttpStatusCode.NotFound => new(
                ErrorCode.NotFound,
                "Toast does not have the requested object, or no longer has it. Check the ids in the request."
            ),
            HttpStatusCode.TooManyRequests => new(ErrorCode.RateLimitExceeded, "Toast limits the rate of calls" + RetryAdvice(retryAfter)),
            // Toast uses status 499 for a call that took too long.
            >= HttpStatusCode.BadRequest and < HttpStatusCode.InternalServerError and not (HttpStatusCode)499 => new(
                ErrorCode.InvalidInput,
                "Toast rejects the request" + (ErrorNumberOf(body) is { } number ? $" (error {number})." : $" ({(int)status}).")
            ),
            >= HttpStatusCode.MultipleChoices and < HttpStatusCode.BadRequest => ProviderFaults.Redirected("Toast", status),
            _ => new(
                ErrorCode.ProviderUnavailable,
                $"Toast responded with status {(int)status}. Nothing was changed; try again in a minute."
            ),
        };
        return new ProviderFault(error, retryAfter is { } span ? Duration.FromTimeSpan(span) : null)
        {
            MissingScopes = status == HttpStatusCode.Forbidden ? [OrdersRead, RestaurantsRead] : [],
        };
    }

    private static string RetryAdvice(TimeSpan? retryAfter) =>
        retryAfter is { } span ? $". Try again in {Math.Ceiling(span.TotalSeconds):N0} seconds." : ". Try again in a minute.";

    private static string? ErrorNumberOf(ReadOnlyMemory<byte> body)
    {
        try
        {
            using var json = JsonDocument.Parse(body);
            return
                json.RootElement.ValueKind == JsonValueKind.Object
                && json.RootElement.TryGetProperty("code", out var code)
                && code.ValueKind == JsonValueKind.Number
                && code.TryGetInt32(out var number)
                ? number.ToString(CultureInfo.InvariantCulture)
                : null;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return null;
        }
    }

    private static string NameOf(PosEnvironment environment) => environment.ToString().ToUpperInvariant();
}
