using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Integrations.Connections;
using Integrations.Contracts.Connections;
using Integrations.Providers;
using Microsoft.Extensions.DependencyInjection;
using Polly.RateLimiting;
using Polly.Timeout;

namespace Integrations.Square;

/// <summary>Sends requests to Square and returns JSON or a fault. Apart from webhook subscriptions and tokens it only reads: a POST to
/// /v2/payments would charge a card and is never made.</summary>
internal sealed class SquareApi(IHttpClientFactory clients, IntegrationsSettings settings, TimeProvider time)
{
    private const string ClientName = "square";

    // A response holds at most a hundred payments or orders; a far larger one is not a valid response.
    private const int MaxResponseBytes = 32 * 1024 * 1024;

    public static void Register(IServiceCollection services)
    {
        services.AddProviderClient(ClientName, s =>
            s.GetRequiredService<IntegrationsSettings>().SquareCallsPer10Seconds is > 0 and var calls
                ? ProviderClient.CreateLimiter(calls, TimeSpan.FromSeconds(10), request => request.Headers.Authorization?.Parameter)
                : null
        );
        services.AddSingleton<SquareApi>();
    }

    public Task<ProviderResult<JsonDocument>> GetAsync(PosCredentials credentials, string path, CancellationToken cancellationToken) =>
        SendAsync(credentials.Environment, credentials.AccessToken, HttpMethod.Get, path, null, cancellationToken);

    public Task<ProviderResult<JsonDocument>> PostAsync(
        PosCredentials credentials,
        string path,
        object body,
        CancellationToken cancellationToken
    ) => SendAsync(credentials.Environment, credentials.AccessToken, HttpMethod.Post, path, body, cancellationToken);

    /// <summary>Sends a request without retries and with a longer timeout, because Square itself waits for a third party.</summary>
    public Task<ProviderResult<JsonDocument>> PostWithoutRetryAsync(
        PosCredentials credentials,
        string path,
        object body,
        CancellationToken cancellationToken
    ) => SendAsync(credentials.Environment, credentials.AccessToken, HttpMethod.Post, path, body, cancellationToken, noRetry: true);

    public async Task<ProviderResult<JsonDocument>> SendAsync(
        PosEnvironment environment,
        string? accessToken,
        HttpMethod method,
        string path,
        object? body,
        CancellationToken cancellationToken,
        bool noRetry = false
    )
    {
        using var request = new HttpRequestMessage(method, new Uri(settings.SquareBaseUrls[environment], path));
        if (accessToken is not null)
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", accessToken);
        request.Headers.Add("Square-Version", settings.SquareVersion);
        request.Options.Set(ProviderClient.NoRetry, noRetry);
        if (body is not null)
            request.Content = JsonContent.Create(body);
        try
        {
            using var client = clients.CreateClient(ClientName);
            client.MaxResponseContentBufferSize = MaxResponseBytes;
            using var response = await client.SendAsync(request, cancellationToken);
            var content = await response.Content.ReadAsByteArrayAsync(cancellationToken);
            var retryAfter = ProviderClient.RetryAfterOf(response, time);
            if (!response.IsSuccessStatusCode)
                return SquareErrors.ToFault(response.StatusCode, content, environment, retryAfter);
            // The response to a deletion may be empty.
            var json = JsonDocument.Parse(content.Length == 0 && method == HttpMethod.Delete ? "{}"u8.ToArray() : content);
            if (SquareErrors.FaultOfSuccess(json.RootElement, content, environment, retryAfter) is not { } fault)
                return ProviderResult.Success(json);
            json.Dispose();
            return fault;
        }
        catch (RateLimiterRejectedException)
        {
            return new ProviderFault(
                new(
                    PosModular.Kernel.Errors.ErrorCode.RateLimitExceeded,
                    "Too many calls to Square are already waiting. Try again in a minute."
                )
            );
        }
        catch (Exception e)
            when (e is HttpRequestException or IOException or TimeoutRejectedException or JsonException
                || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested)
            )
        {
            return new ProviderFault(SquareErrors.Unavailable);
        }
    }

    /// <summary>A text field; null when it is missing, empty, no text or not valid Unicode.</summary>
    public static string? ReadText(JsonElement parent, string name)
    {
        try
        {
            return
                parent.ValueKind == JsonValueKind.Object
                && parent.TryGetProperty(name, out var value)
                && value.ValueKind == JsonValueKind.String
                && value.GetString() is { Length: > 0 } text
                ? text
                : null;
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }
}
