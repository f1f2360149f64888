using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Integrations.Connections;
using Integrations.Contracts;
using Polly.Timeout;
using PosModular.Kernel;

namespace Integrations.Square;

/// <summary>Square over its REST API. Reads only: a POST to /v2/payments would charge a card and is never made.</summary>
/// <remarks>Sources: Square API reference, RetrieveLocation, CreateWebhookSubscription; errors: Square docs, Build basics › Handling errors.</remarks>
internal sealed class SquareProvider(IHttpClientFactory clients, IntegrationsSettings settings) : IPosProvider
{
    public const string Client = "square";
    private static readonly string[] EventTypes = ["payment.created", "payment.updated"];

    public Provider Provider => Provider.Square;

    public bool IsGenuine(ReadOnlySpan<byte> key, ReadOnlySpan<byte> notificationUrl, ReadOnlySpan<byte> body, string? signature) =>
        SquareSignature.IsGenuine(key, notificationUrl, body, signature);

    public PosEvent Translate(ReadOnlyMemory<byte> body) => SquareTranslator.Translate(body);

    public async Task<Answer<TillLocation>> FindLocationAsync(PosEnvironment environment, string accessToken, string locationId, CancellationToken ct)
    {
        var answer = await SendAsync(environment, accessToken, HttpMethod.Get, $"/v2/locations/{Uri.EscapeDataString(locationId)}", null, ct);
        if (answer.Error is not null)
            return answer.Error.Code switch
            {
                ErrorCode.NotFound or ErrorCode.InvalidInput => SquareErrors.NoSuchLocation,
                ErrorCode.InvalidCredentials or ErrorCode.PermissionDenied => answer.Error with { Field = "credentials.accessToken" },
                _ => answer.Error,
            };
        using var json = answer.Value!;
        if (!json.RootElement.TryGetProperty("location", out var location))
            return SquareErrors.Away;
        return new TillLocation(locationId, Text(location, "name"), Text(location, "merchant_id"), Text(location, "business_name"),
            Text(location, "timezone"), Text(location, "currency"));
    }

    public async Task<Answer<Subscription>> SubscribeAsync(
        PosEnvironment environment, string accessToken, string notificationUrl, string idempotencyKey, CancellationToken ct)
    {
        var answer = await SendAsync(environment, accessToken, HttpMethod.Post, "/v2/webhooks/subscriptions", new
        {
            idempotency_key = idempotencyKey,
            subscription = new { name = "PosModular", event_types = EventTypes, notification_url = notificationUrl, api_version = settings.SquareVersion },
        }, ct);
        return Subscription(answer);
    }

    public async Task<Answer<Subscription>> FindSubscriptionAsync(PosEnvironment environment, string accessToken, string subscriptionId, CancellationToken ct)
    {
        var answer = await SendAsync(environment, accessToken, HttpMethod.Get, $"/v2/webhooks/subscriptions/{Uri.EscapeDataString(subscriptionId)}", null, ct);
        return Subscription(answer);
    }

    private static Answer<Subscription> Subscription(Answer<JsonDocument> answer)
    {
        if (answer.Error is not null)
            return answer.Error;
        using var json = answer.Value!;
        return json.RootElement.TryGetProperty("subscription", out var subscription) && Text(subscription, "id") is { } id && Text(subscription, "signature_key") is { } key
            ? new Subscription(id, key)
            : new UserError(ErrorCode.WebhookValidationFailed, "Square made a subscription but did not tell its key.");
    }

    private async Task<Answer<JsonDocument>> SendAsync(
        PosEnvironment environment, string accessToken, HttpMethod method, string path, object? body, CancellationToken ct)
    {
        using var request = new HttpRequestMessage(method, new Uri(settings.SquareBaseUrls[environment], path));
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", accessToken);
        request.Headers.Add("Square-Version", settings.SquareVersion);
        if (body is not null)
            request.Content = JsonContent.Create(body);
        try
        {
            using var client = clients.CreateClient(Client);
            using var response = await client.SendAsync(request, ct);
            if (!response.IsSuccessStatusCode)
                return SquareErrors.Read(response.StatusCode, environment);
            return await JsonDocument.ParseAsync(await response.Content.ReadAsStreamAsync(ct), default, ct);
        }
        catch (Exception e) when (e is HttpRequestException or TimeoutRejectedException or JsonException || (e is OperationCanceledException && !ct.IsCancellationRequested))
        {
            return SquareErrors.Away;
        }
    }

    private static string? Text(JsonElement of, string name) =>
        of.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}

/// <summary>Square's refusals as our errors.</summary>
internal static class SquareErrors
{
    public static UserError Away { get; } = new(ErrorCode.ProviderUnavailable, "Square cannot be reached or does not answer properly just now. Nothing was changed; try again in a minute.");

    public static UserError NoSuchLocation { get; } = new(ErrorCode.LocationNotFound,
        "Square knows no such location under this access token. Check the location id in the Developer Dashboard under Locations.", "credentials.locationId");

    public static UserError Read(HttpStatusCode status, PosEnvironment environment) => status switch
    {
        HttpStatusCode.Unauthorized => new(ErrorCode.InvalidCredentials,
            $"Square does not accept this access token for {environment.ToString().ToUpperInvariant()}. Copy it again, and check that it is not the other environment's."),
        HttpStatusCode.Forbidden => new(ErrorCode.PermissionDenied,
            "The access token lacks a permission that is needed (MERCHANT_PROFILE_READ, PAYMENTS_READ). Give the application these permissions, or use a personal access token."),
        HttpStatusCode.NotFound => new(ErrorCode.NotFound, "Square has no such thing (any more)."),
        HttpStatusCode.BadRequest => new(ErrorCode.InvalidInput, "Square refuses the request as malformed. A webhook address must be https and reachable from outside: check Pos__PublicBaseUrl."),
        HttpStatusCode.TooManyRequests => new(ErrorCode.RateLimitExceeded, "Square asks us to slow down. Try again in a minute."),
        _ => new(ErrorCode.ProviderUnavailable, $"Square answered {(int)status}. Nothing was changed; try again in a minute."),
    };
}
