using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Threading.RateLimiting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Http.Resilience;
using Polly;

namespace Integrations.Providers;

/// <summary>The HTTP client for providers. Requests are retried 3 times with exponential backoff and jitter (about 1, 2 and 4 s) on 5xx
/// and network failures, after the time that the provider names on 429, and never on another 4xx. Each attempt passes the rate limiter of
/// its token and has 10 s to complete. Redirections are not followed. Requests marked <see cref="NoRetry"/> are exempt.</summary>
internal static class ProviderClient
{
    /// <summary>The service key of the clock that governs delays and timeouts.</summary>
    public const string ClockKey = "providers";

    /// <summary>A caller waits for the result, so a longer delay is reported as RATE_LIMIT_EXCEEDED instead of being waited
    /// for.</summary>
    private static readonly TimeSpan MaxRetryAfter = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan AttemptTimeout = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan NoRetryTimeout = TimeSpan.FromSeconds(30);

    // Polly checks its options with RangeAttribute, which converts its bounds at the first use without a lock. Two pipelines built at the
    // same moment made the first call to a provider fail with an InvalidCastException.
    private static readonly Lock PipelineLock = new();

    /// <summary>Marks a request that is sent once and may take up to 30 s, because the provider itself waits for someone.</summary>
    public static readonly HttpRequestOptionsKey<bool> NoRetry = new("once");

    /// <param name="services">The service collection.</param>
    /// <param name="name">The name of the HTTP client and its resilience pipeline.</param>
    /// <param name="createLimiter">Creates the rate limiter that each attempt must pass; null for none.</param>
    public static void AddProviderClient(
        this IServiceCollection services,
        string name,
        Func<IServiceProvider, PartitionedRateLimiter<HttpRequestMessage>?> createLimiter
    ) =>
        services
            .AddHttpClient(name, client => client.Timeout = TimeSpan.FromMinutes(2))
            // Headers are redacted in logs because they carry tokens.
            .RedactLoggedHeaders(_ => true)
            // A redirection would carry the credentials in the header or the body to wherever it leads.
            .ConfigurePrimaryHttpMessageHandler(() => new SocketsHttpHandler { AllowAutoRedirect = false })
            .AddResilienceHandler(name, (pipeline, context) =>
            {
                lock (PipelineLock)
                    Configure(pipeline, context.ServiceProvider, createLimiter);
            });

    private static void Configure(
        ResiliencePipelineBuilder<HttpResponseMessage> pipeline,
        IServiceProvider services,
        Func<IServiceProvider, PartitionedRateLimiter<HttpRequestMessage>?> createLimiter
    )
    {
        var time = services.GetRequiredKeyedService<TimeProvider>(ClockKey);
        pipeline.TimeProvider = time;
        pipeline.AddRetry(
            new HttpRetryStrategyOptions
            {
                MaxRetryAttempts = 3,
                Delay = TimeSpan.FromSeconds(1),
                BackoffType = DelayBackoffType.Exponential,
                UseJitter = true,
                DelayGenerator = arguments =>
                    ValueTask.FromResult(arguments.Outcome.Result is { } response ? RetryAfterOf(response, time) : null),
                ShouldHandle = arguments =>
                    ValueTask.FromResult(
                        !IsNoRetry(arguments.Context)
                            && arguments.Outcome switch
                            {
                                { Exception: HttpRequestException or Polly.Timeout.TimeoutRejectedException } => true,
                                { Result: { } response } => response.StatusCode >= HttpStatusCode.InternalServerError
                                    || (
                                        response.StatusCode == HttpStatusCode.TooManyRequests
                                        && !(RetryAfterOf(response, time) > MaxRetryAfter)
                                    ),
                                _ => false,
                            }
                    ),
            }
        );
        if (createLimiter(services) is { } rateLimiter)
            pipeline.AddRateLimiter(
                new HttpRateLimiterStrategyOptions
                {
                    RateLimiter = arguments =>
                        rateLimiter.AcquireAsync(arguments.Context.GetRequestMessage()!, 1, arguments.Context.CancellationToken),
                }
            );
        pipeline.AddTimeout(
            new HttpTimeoutStrategyOptions
            {
                TimeoutGenerator = arguments => ValueTask.FromResult(IsNoRetry(arguments.Context) ? NoRetryTimeout : AttemptTimeout),
            }
        );
    }

    private static bool IsNoRetry(ResilienceContext context) =>
        context.GetRequestMessage() is { } request && request.Options.TryGetValue(NoRetry, out var noRetry) && noRetry;

    /// <summary>How long the provider asks to wait, from Retry-After (seconds or a date) or Toast's X-Toast-RateLimit-Reset (UNIX time);
    /// null when it does not say.</summary>
    public static TimeSpan? RetryAfterOf(HttpResponseMessage response, TimeProvider time)
    {
        if (response.Headers.RetryAfter?.Delta is { } delta)
            return delta;
        var until = response.Headers.RetryAfter?.Date
            ?? (
                response.StatusCode == HttpStatusCode.TooManyRequests
                && response.Headers.TryGetValues("X-Toast-RateLimit-Reset", out var reset)
                && long.TryParse(reset.FirstOrDefault(), NumberStyles.None, CultureInfo.InvariantCulture, out var epoch)
                && epoch < 253_402_300_800
                    ? DateTimeOffset.FromUnixTimeSeconds(epoch)
                    : null
            );
        return until is null ? null
            : until.Value - time.GetUtcNow() is var delay && delay > TimeSpan.Zero ? delay
            : TimeSpan.Zero;
    }

    /// <summary>Creates a rate limiter with one token bucket per key. A request over the limit waits its turn. Buckets are named by a
    /// hash of the key, so that the limiter holds no access tokens.</summary>
    /// <param name="permits">The number of requests allowed per period; a burst of that size passes at once.</param>
    /// <param name="period">The length of the period.</param>
    /// <param name="key">Returns the key of a request; null for a request without a limit.</param>
    public static PartitionedRateLimiter<HttpRequestMessage> CreateLimiter(
        int permits,
        TimeSpan period,
        Func<HttpRequestMessage, string?> key
    ) =>
        PartitionedRateLimiter.Create<HttpRequestMessage, string>(request =>
            key(request) is not { } partition
                ? RateLimitPartition.GetNoLimiter("")
                : RateLimitPartition.GetTokenBucketLimiter(
                    Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(partition)).AsSpan(0, 16)),
                    _ => new TokenBucketRateLimiterOptions
                    {
                        TokenLimit = permits,
                        TokensPerPeriod = Math.Max(1, permits / 10),
                        ReplenishmentPeriod = TimeSpan.FromTicks(
                            Math.Max(TimeSpan.TicksPerMillisecond, period.Ticks * Math.Max(1, permits / 10) / permits)
                        ),
                        QueueLimit = 10_000,
                        QueueProcessingOrder = QueueProcessingOrder.OldestFirst,
                        AutoReplenishment = true,
                    }
                )
        );
}
