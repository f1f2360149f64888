using System.Globalization;
using System.Net;
using System.Text.Json;
using Integrations.Contracts.Connections;
using NodaTime;
using PosModular.Kernel.Errors;

namespace Integrations.Toast;

/// <summary>Toast's refusals as our errors, each saying what to do next. Of what Toast writes only its number is repeated: the rest is somebody's text.</summary>
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
            "Toast cannot be reached or does not answer properly just now. Nothing was changed; try again in a minute."
        );

    public static UserError TooManyWaiting { get; } =
        new(ErrorCode.RateLimitExceeded, "Too many calls to Toast wait already. Try again in a minute.");

    public static UserError RestaurantNotFound { get; } =
        new(
            ErrorCode.LocationNotFound,
            "Toast knows no such restaurant, or it is archived. The restaurant GUID stands in Toast Web under Integrations › Toast API access, or comes from Toast's integrations team.",
            LocationField
        );

    public static UserError CurrencyUnknown { get; } =
        new(
            ErrorCode.ProviderUnavailable,
            "Toast does not tell this restaurant's currency, and its orders name none: no amount could be read. Have it set in Toast Web, then try again.",
            LocationField
        );

    public static UserError LoginRefused(PosEnvironment environment) =>
        new(
            ErrorCode.InvalidCredentials,
            $"Toast does not accept this client id and secret for {NameOf(environment)}. Copy both again from Toast Web under Integrations › Toast API access › Manage credentials; the secret is shown only once.",
            SecretField
        );

    public static UserError TokenRefused(PosEnvironment environment) =>
        new(
            ErrorCode.InvalidCredentials,
            $"Toast does not accept this bearer token for {NameOf(environment)}; such a token lives about a day. Connect the till with clientId and clientSecret, and tokens are fetched by themselves.",
            "credentials.apiKey"
        );

    public static UserError NewTokenRefused(PosEnvironment environment) =>
        new(
            ErrorCode.InvalidCredentials,
            $"Toast logs these credentials in for {NameOf(environment)} and then refuses the token that it gave. Ask Toast whether they are blocked, or make new ones.",
            SecretField
        );

    public static UserError OtherEnvironment(PosEnvironment requested, PosEnvironment actual) =>
        new(
            ErrorCode.InvalidCredentials,
            $"These are credentials for {NameOf(actual)}, and they were sent to {NameOf(requested)}. Choose environment {NameOf(actual)}, or use the credentials of {NameOf(requested)}.",
            "credentials.environment"
        );

    /// <summary>403 says that the restaurant is not connected to this client, or that the client lacks a scope; which of them, the other call tells.</summary>
    public static ProviderFault NotAllowed(params string[] scopes) =>
        new(
            scopes is [var one]
                ? new UserError(
                    ErrorCode.PermissionDenied,
                    $"The credentials lack {one}. Add this scope to them in Toast Web under Integrations › Toast API access › Manage credentials, or ask Toast to add it.",
                    "credentials.clientId"
                )
                : new UserError(
                    ErrorCode.PermissionDenied,
                    $"Toast does not let these credentials read this restaurant: it is not among their locations, or they lack {OrdersRead} and {RestaurantsRead}. Add the location and these scopes to them in Toast Web.",
                    LocationField
                )
        )
        {
            MissingScopes = scopes,
        };

    /// <summary>What a refusal means.</summary>
    /// <param name="status">Toast's.</param>
    /// <param name="body">Toast's ErrorMessage; only its number is read.</param>
    /// <param name="retryAfter">How long Toast asks to wait.</param>
    public static ProviderFault ToFault(HttpStatusCode status, ReadOnlyMemory<byte> body, TimeSpan? retryAfter)
    {
        UserError error = status switch
        {
            HttpStatusCode.Unauthorized => new(ErrorCode.InvalidCredentials, "Toast does not accept the token.", SecretField),
            HttpStatusCode.Forbidden => NotAllowed(OrdersRead, RestaurantsRead).Error,
            HttpStatusCode.NotFound => new(ErrorCode.NotFound, "Toast has no such thing (any more)."),
            HttpStatusCode.TooManyRequests => new(ErrorCode.RateLimitExceeded, "Toast asks us to slow down" + RetryAdvice(retryAfter)),
            // 499: Toast's own way of saying that the call took too long.
            >= HttpStatusCode.BadRequest and < HttpStatusCode.InternalServerError and not (HttpStatusCode)499 => new(
                ErrorCode.InvalidInput,
                "Toast refuses the request" + (ErrorNumberOf(body) is { } number ? $" (error {number})." : $" ({(int)status}).")
            ),
            _ => new(ErrorCode.ProviderUnavailable, $"Toast answered {(int)status}. Nothing was changed; try again in a minute."),
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
