using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using System.Threading.RateLimiting;
using Integrations.Contracts.Connections;
using Integrations.Providers;
using Microsoft.Extensions.DependencyInjection;
using Polly.RateLimiting;
using Polly.Timeout;

namespace Integrations.Toast;

/// <summary>A successful response of Toast.</summary>
/// <param name="Json">The body.</param>
/// <param name="Links">The values of the Link headers.</param>
internal sealed record ToastResponse(JsonDocument Json, IReadOnlyList<string> Links) : IDisposable
{
    public void Dispose() => Json.Dispose();
}

/// <summary>Sends requests to Toast and returns JSON or a fault. Apart from the login it only reads.</summary>
/// <remarks>Source: Toast developer guide, Rate limiting: 20 requests a second for a client and restaurant, ordersBulk 5 a second for a
/// client and location.</remarks>
internal sealed class ToastHttp(IHttpClientFactory clients, IntegrationsSettings settings, TimeProvider time)
{
    public const string OrdersBulk = "/orders/v2/ordersBulk";

    private const string ClientName = "toast";
    private const string RestaurantHeader = "Toast-Restaurant-External-ID";

    // A page holds at most a hundred whole orders, some of them over 600 KB.
    private const int MaxResponseBytes = 64 * 1024 * 1024;

    public static void Register(IServiceCollection services) =>
        services.AddSingleton<ToastHttp>().AddProviderClient(ClientName, s => CreateLimiter(s.GetRequiredService<IntegrationsSettings>()));

    /// <param name="environment">Toast's environment.</param>
    /// <param name="token">The access token; null for the login.</param>
    /// <param name="restaurant">The restaurant's GUID; null for the login.</param>
    /// <param name="path">The path with its query.</param>
    /// <param name="body">The body of a POST; null for a GET.</param>
    /// <param name="cancellationToken">Cancels the operation.</param>
    public async Task<ProviderResult<ToastResponse>> SendAsync(
        PosEnvironment environment,
        string? token,
        string? restaurant,
        string path,
        object? body,
        CancellationToken cancellationToken
    )
    {
        using var request = new HttpRequestMessage(
            body is null ? HttpMethod.Get : HttpMethod.Post,
            new Uri(settings.ToastBaseUrls[environment], path)
        );
        if (token is not null)
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        if (restaurant is not null)
            request.Headers.Add(RestaurantHeader, restaurant);
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
                return ToastErrors.ToFault(response.StatusCode, content, retryAfter);
            var json = JsonDocument.Parse(content);
            if (ToastErrors.FaultOfSuccess(json.RootElement, content, retryAfter) is not { } fault)
                return ProviderResult.Success(
                    new ToastResponse(json, response.Headers.TryGetValues("Link", out var links) ? [.. links] : [])
                );
            json.Dispose();
            return fault;
        }
        catch (RateLimiterRejectedException)
        {
            return new ProviderFault(ToastErrors.TooManyWaiting);
        }
        catch (Exception e)
            when (e is HttpRequestException or IOException or TimeoutRejectedException or JsonException
                || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested)
            )
        {
            return new ProviderFault(ToastErrors.Unavailable);
        }
    }

    // The stricter limiter comes first, so that a request waiting there does not use up a permit of the wider one.
    private static PartitionedRateLimiter<HttpRequestMessage>? CreateLimiter(IntegrationsSettings settings)
    {
        var limiters = new List<PartitionedRateLimiter<HttpRequestMessage>>(2);
        if (settings.ToastOrdersBulkPerSecond is > 0 and var pages)
            limiters.Add(
                ProviderClient.CreateLimiter(pages, TimeSpan.FromSeconds(1), request =>
                    request.RequestUri!.AbsolutePath.EndsWith(OrdersBulk, StringComparison.Ordinal) ? PartitionOf(request) : null
                )
            );
        if (settings.ToastCallsPerSecond is > 0 and var calls)
            limiters.Add(ProviderClient.CreateLimiter(calls, TimeSpan.FromSeconds(1), PartitionOf));
        return limiters.Count switch
        {
            0 => null,
            1 => limiters[0],
            _ => PartitionedRateLimiter.CreateChained([.. limiters]),
        };
    }

    // Logins have their own limit and are not counted here.
    private static string? PartitionOf(HttpRequestMessage request) =>
        request.Headers.Authorization?.Parameter is { } token
            ? token + " " + (request.Headers.TryGetValues(RestaurantHeader, out var restaurant) ? string.Concat(restaurant) : "")
            : null;
}
