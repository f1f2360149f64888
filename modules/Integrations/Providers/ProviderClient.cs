using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Threading.RateLimiting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Http.Resilience;
using Polly;

namespace Integrations.Providers;

/// <summary>How a provider is called: tried again 3 times with exponential backoff and jitter (about 1, 2, 4 s) on 5xx and network failures, on 429 as
/// long as the provider says, never on any other 4xx; each attempt waits for the limiter of its token and has 10 s to be answered. But see <see cref="NoRetry"/>.</summary>
internal static class ProviderClient
{
    /// <summary>The key of the clock that pauses and timeouts go by.</summary>
    public const string ClockKey = "providers";

    /// <summary>Somebody waits for the answer: a longer pause is told (RATE_LIMIT_EXCEEDED, with its length) instead of kept.</summary>
    private static readonly TimeSpan MaxRetryAfter = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan AttemptTimeout = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan NoRetryTimeout = TimeSpan.FromSeconds(30);

    /// <summary>True for a request that is made once and waited for longer (30 s), since the provider in its turn waits for somebody.</summary>
    public static readonly HttpRequestOptionsKey<bool> NoRetry = new("once");

    /// <param name="services">The module's.</param>
    /// <param name="name">The client's and the pipeline's name.</param>
    /// <param name="createLimiter">What each attempt passes; null for none.</param>
    public static void AddProviderClient(
        this IServiceCollection services,
        string name,
        Func<IServiceProvider, PartitionedRateLimiter<HttpRequestMessage>?> createLimiter
    ) =>
        services
            .AddHttpClient(name, client => client.Timeout = TimeSpan.FromMinutes(2))
            // A token travels in a header: none of them is logged.
            .RedactLoggedHeaders(_ => true)
            .AddResilienceHandler(name, (pipeline, context) =>
            {
                var time = context.ServiceProvider.GetRequiredKeyedService<TimeProvider>(ClockKey);
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
                if (createLimiter(context.ServiceProvider) is { } rateLimiter)
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
                        TimeoutGenerator = arguments =>
                            ValueTask.FromResult(IsNoRetry(arguments.Context) ? NoRetryTimeout : AttemptTimeout),
                    }
                );
            });

    private static bool IsNoRetry(ResilienceContext context) =>
        context.GetRequestMessage() is { } request && request.Options.TryGetValue(NoRetry, out var noRetry) && noRetry;

    /// <summary>How long a provider asks to wait: Retry-After (seconds or a date) or Toast's X-Toast-RateLimit-Reset (UNIX time); null when it does not say.</summary>
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

    /// <summary>A limiter with one bucket for each key (by its hash, so that no token lies about in it); a request over it waits its turn.</summary>
    /// <param name="permits">So many calls …</param>
    /// <param name="period">… in this time; bursts of that size pass at once.</param>
    /// <param name="key">Whose bucket; null for a request that is not limited.</param>
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
