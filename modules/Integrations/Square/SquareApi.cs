using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Integrations.Calls;
using Integrations.Connections;
using Integrations.Contracts;
using Microsoft.Extensions.DependencyInjection;
using Polly.RateLimiting;
using Polly.Timeout;

namespace Integrations.Square;

/// <summary>One call to Square, answered with JSON or with what is wrong. Reads only, but for webhook subscriptions and tokens: a POST to
/// /v2/payments would charge a card and is never made.</summary>
internal sealed class SquareApi(IHttpClientFactory clients, IntegrationsSettings settings, TimeProvider time)
{
    private const string Client = "square";

    // An answer is at most a hundred payments or orders; far more is none of Square's.
    private const int Largest = 32 * 1024 * 1024;

    public static void Register(IServiceCollection services)
    {
        services.AddProviderClient(Client, s =>
            s.GetRequiredService<IntegrationsSettings>().SquareCallsPer10Seconds is > 0 and var calls
                ? ProviderClient.Limiter(calls, TimeSpan.FromSeconds(10), request => request.Headers.Authorization?.Parameter)
                : null
        );
        services.AddSingleton<SquareApi>();
    }

    public Task<Fetched<JsonDocument>> GetAsync(PosCredentials who, string path, CancellationToken cancellationToken) =>
        SendAsync(who.Environment, who.AccessToken, HttpMethod.Get, path, null, cancellationToken);

    public Task<Fetched<JsonDocument>> PostAsync(PosCredentials who, string path, object body, CancellationToken cancellationToken) =>
        SendAsync(who.Environment, who.AccessToken, HttpMethod.Post, path, body, cancellationToken);

    /// <summary>Not tried again, and waited for longer: Square itself waits for somebody.</summary>
    public Task<Fetched<JsonDocument>> PostOnceAsync(PosCredentials who, string path, object body, CancellationToken cancellationToken) =>
        SendAsync(who.Environment, who.AccessToken, HttpMethod.Post, path, body, cancellationToken, once: true);

    public async Task<Fetched<JsonDocument>> SendAsync(
        PosEnvironment environment,
        string? accessToken,
        HttpMethod method,
        string path,
        object? body,
        CancellationToken cancellationToken,
        bool once = false
    )
    {
        using var request = new HttpRequestMessage(method, new Uri(settings.SquareBaseUrls[environment], path));
        if (accessToken is not null)
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", accessToken);
        request.Headers.Add("Square-Version", settings.SquareVersion);
        request.Options.Set(ProviderClient.Once, once);
        if (body is not null)
            request.Content = JsonContent.Create(body);
        try
        {
            using var client = clients.CreateClient(Client);
            client.MaxResponseContentBufferSize = Largest;
            using var response = await client.SendAsync(request, cancellationToken);
            var answer = await response.Content.ReadAsByteArrayAsync(cancellationToken);
            return response.IsSuccessStatusCode
                ? Fetched.Of(JsonDocument.Parse(answer.Length == 0 ? "{}"u8.ToArray() : answer))
                : SquareErrors.Read(response.StatusCode, answer, environment, ProviderClient.PauseOf(response, time));
        }
        catch (RateLimiterRejectedException)
        {
            return new FetchFault(
                new(PosModular.Kernel.Errors.ErrorCode.RateLimitExceeded, "Too many calls to Square wait already. Try again in a minute.")
            );
        }
        catch (Exception e)
            when (e is HttpRequestException or IOException or TimeoutRejectedException or JsonException
                || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested)
            )
        {
            return new FetchFault(SquareErrors.Away);
        }
    }

    public static string? Text(JsonElement of, string name) =>
        of.ValueKind == JsonValueKind.Object
        && of.TryGetProperty(name, out var value)
        && value.ValueKind == JsonValueKind.String
        && value.GetString() is { Length: > 0 } text
            ? text
            : null;
}
