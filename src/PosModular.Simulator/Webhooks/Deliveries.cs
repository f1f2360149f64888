using System.Collections.Concurrent;
using System.Net.Http.Headers;
using System.Text;
using System.Threading.Channels;

namespace PosModular.Simulator.Webhooks;

/// <summary>
/// Sends signed webhooks and tries again as Square does: 11 retries over a day, then it gives up (Square docs, Square
/// Webhooks). Anything but a 2xx in time is a failure. Order is not kept.
/// </summary>
public sealed class Deliveries(SubscriptionBook subscriptions, SimulatorSettings settings, TimeProvider clock, ILogger<Deliveries> log) : BackgroundService
{
    /// <summary>Before each retry, in minutes; scaled by <see cref="SimulatorSettings.RetryScale"/>.</summary>
    public static readonly IReadOnlyList<int> GapsInMinutes = [1, 2, 4, 8, 16, 32, 60, 120, 240, 480, 480];

    private const int FailuresKept = 1_000;

    private readonly Channel<Delivery> queue = Channel.CreateUnbounded<Delivery>();
    private readonly ConcurrentQueue<FailedDelivery> failures = new();
    private readonly HttpClient http = new(new SocketsHttpHandler
    {
        UseProxy = false,
        AllowAutoRedirect = false,
        UseCookies = false,
        MaxConnectionsPerServer = settings.DeliveryConcurrency,
    })
    { Timeout = Timeout.InfiniteTimeSpan };

    private readonly Lock gate = new();
    private TaskCompletionSource idle = Settled();
    private long delivered, pending, dropped, unwanted, attempts;

    /// <summary>As of now.</summary>
    public DeliveryCounts Counts
    {
        get { lock (gate) return new DeliveryCounts(delivered, pending, dropped, unwanted, Interlocked.Read(ref attempts)); }
    }

    /// <summary>The last 1,000 failures, the oldest first.</summary>
    public IReadOnlyList<FailedDelivery> Failures => [.. failures];

    /// <summary>Ends when nothing is pending, retries included: every webhook is delivered or dropped.</summary>
    public Task WhenIdleAsync(CancellationToken ct = default)
    {
        lock (gate) return idle.Task.WaitAsync(ct);
    }

    /// <summary>Queues an event for every enabled subscription of these applications that asks for its type.</summary>
    internal void Send(WebhookEvent told, IReadOnlySet<string> applicationIds)
    {
        var wanting = subscriptions.Wanting(told.Type, applicationIds);
        lock (gate)
        {
            if (wanting.Count == 0) unwanted++;
            else if (pending == 0) idle = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            pending += wanting.Count;
        }

        foreach (var subscription in wanting) queue.Writer.TryWrite(new Delivery(told, subscription.Id, clock.GetUtcNow(), Retry: 0, Reason: null));
    }

    /// <summary>A test notification: one attempt, not counted. The status, or 0 without an answer.</summary>
    internal async Task<int> SendOnceAsync(Subscription subscription, string payload, CancellationToken ct) =>
        (await PostAsync(subscription, Encoding.UTF8.GetBytes(payload), clock.GetUtcNow(), retry: 0, reason: null, ct)).Status;

    /// <inheritdoc />
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            await Parallel.ForEachAsync(
                queue.Reader.ReadAllAsync(stoppingToken),
                new ParallelOptions { MaxDegreeOfParallelism = settings.DeliveryConcurrency, CancellationToken = stoppingToken },
                AttemptAsync);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            if (Counts is { Pending: > 0 } left) log.LogWarning("Stopped with {Pending} webhooks not delivered; they are lost.", left.Pending);
        }
    }

    private async ValueTask AttemptAsync(Delivery delivery, CancellationToken stopping)
    {
        var subscription = subscriptions.Find(delivery.SubscriptionId);
        if (subscription is not { Enabled: true })
        {
            Fail(delivery, "subscription_gone", 0, givenUp: true);
            return;
        }

        Interlocked.Increment(ref attempts);
        var (status, reason) = await PostAsync(subscription, delivery.Told.Body(), delivery.FirstSentAt, delivery.Retry, delivery.Reason, stopping);
        if (reason is null)
        {
            Settle(ref delivered);
            return;
        }

        var lastTry = delivery.Retry == GapsInMinutes.Count;
        Fail(delivery, reason, status, lastTry);
        if (!lastTry) _ = TryAgainAsync(delivery with { Retry = delivery.Retry + 1, Reason = reason }, stopping);
    }

    private async Task TryAgainAsync(Delivery delivery, CancellationToken stopping)
    {
        try
        {
            await Task.Delay(TimeSpan.FromMinutes(GapsInMinutes[delivery.Retry - 1]) * settings.RetryScale, stopping);
            queue.Writer.TryWrite(delivery);
        }
        catch (OperationCanceledException)
        {
            // Still pending; the stop reports how many are.
        }
    }

    /// <summary>The status (0 without an answer) and, unless it is a 2xx, Square's word for what went wrong.</summary>
    private async Task<(int Status, string? Reason)> PostAsync(Subscription subscription, ReadOnlyMemory<byte> body, DateTimeOffset firstSentAt, int retry, string? reason, CancellationToken stopping)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, subscription.NotificationUrl) { Content = new ReadOnlyMemoryContent(body) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        request.Headers.TryAddWithoutValidation("User-Agent", "Square Connect v2");
        request.Headers.TryAddWithoutValidation(Signature.Header, Signature.Of(subscription.SignatureKey, subscription.NotificationUrl, body.Span));
        request.Headers.TryAddWithoutValidation("square-environment", "Sandbox");
        request.Headers.TryAddWithoutValidation("square-initial-delivery-timestamp", SquareTime.Rfc3339(firstSentAt));
        if (retry > 0)
        {
            request.Headers.TryAddWithoutValidation("square-retry-number", FormattableString.Invariant($"{retry}"));
            request.Headers.TryAddWithoutValidation("square-retry-reason", reason);
        }

        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        timeout.CancelAfter(settings.DeliveryTimeout);
        try
        {
            using var answer = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, timeout.Token);
            return ((int)answer.StatusCode, answer.IsSuccessStatusCode ? null : "http_error");
        }
        catch (OperationCanceledException) when (!stopping.IsCancellationRequested)
        {
            return (0, "http_timeout");
        }
        catch (HttpRequestException e)
        {
            return (0, e.HttpRequestError is HttpRequestError.SecureConnectionError ? "ssl_error" : "other_error");
        }
    }

    private void Fail(Delivery delivery, string reason, int status, bool givenUp)
    {
        failures.Enqueue(new FailedDelivery(clock.GetUtcNow(), delivery.Told.EventId, delivery.SubscriptionId, delivery.Retry, reason, status, givenUp));
        if (failures.Count > FailuresKept) failures.TryDequeue(out _);
        if (!givenUp) return;
        log.LogWarning("Gave up on event {EventId} after {Retries} retries: {Reason} {Status}", delivery.Told.EventId, delivery.Retry, reason, status);
        Settle(ref dropped);
    }

    private void Settle(ref long counter)
    {
        lock (gate)
        {
            counter++;
            if (--pending == 0) idle.TrySetResult();
        }
    }

    private static TaskCompletionSource Settled()
    {
        var settled = new TaskCompletionSource();
        settled.SetResult();
        return settled;
    }

    /// <inheritdoc />
    public override void Dispose()
    {
        http.Dispose();
        base.Dispose();
    }

    /// <summary>One event on its way to one subscription, whose URL and key are looked up at each attempt.</summary>
    private sealed record Delivery(WebhookEvent Told, string SubscriptionId, DateTimeOffset FirstSentAt, int Retry, string? Reason);
}
