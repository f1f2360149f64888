using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Http.Resilience;
using Polly;

namespace Integrations.Square;

/// <summary>How calls to Square are tried again: 3 times with exponential backoff and jitter (about 1, 2, 4 s) on 5xx and network failures,
/// on 429 as long as Retry-After says; never on any other 4xx.</summary>
internal static class SquareResilience
{
    public static void AddSquareClient(this IServiceCollection services) => services
        .AddHttpClient(SquareProvider.Client, client => client.Timeout = TimeSpan.FromMinutes(2))
        .RedactLoggedHeaders(_ => true)
        .AddResilienceHandler("square", pipeline => pipeline
            .AddRetry(new HttpRetryStrategyOptions
            {
                MaxRetryAttempts = 3,
                Delay = TimeSpan.FromSeconds(1),
                BackoffType = DelayBackoffType.Exponential,
                UseJitter = true,
                ShouldRetryAfterHeader = true,
                ShouldHandle = arguments => ValueTask.FromResult(arguments.Outcome switch
                {
                    { Exception: HttpRequestException or Polly.Timeout.TimeoutRejectedException } => true,
                    { Result: { } response } => response.StatusCode >= HttpStatusCode.InternalServerError
                        // Somebody waits for the answer: a longer pause is told instead of kept.
                        || (response.StatusCode == HttpStatusCode.TooManyRequests && !(response.Headers.RetryAfter?.Delta > TimeSpan.FromSeconds(10))),
                    _ => false,
                }),
            })
            .AddTimeout(TimeSpan.FromSeconds(10)));
}
