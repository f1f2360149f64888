using System.Collections.Concurrent;
using System.Net.Http.Headers;
using System.Threading.Channels;

namespace PosModular.Simulator.Webhooks;

/// <summary>
/// Sends webhooks: the parts that Square and Toast have in common, which are a queue, concurrent sending, retries after the
/// provider's delays, and counts. Delivery order is not guaranteed.
/// </summary>
public abstract class WebhookSender(SimulatorSettings settings, TimeProvider clock, ILogger log) : BackgroundService
{
    private const int MaxFailuresKept = 1_000;

    private readonly Channel<Delivery> _queue = Channel.CreateUnbounded<Delivery>();
    private readonly ConcurrentQueue<FailedDelivery> _failures = new();
    private readonly HttpClient _http = new(
        new SocketsHttpHandler
        {
            UseProxy = false,
            AllowAutoRedirect = false,
            UseCookies = false,
            MaxConnectionsPerServer = settings.DeliveryConcurrency,
        }
    )
    {
        Timeout = Timeout.InfiniteTimeSpan,
    };

    private readonly Lock _gate = new();
    private TaskCompletionSource _idle = CompletedSource();
    private long _delivered,
        _pending,
        _dropped,
        _unsubscribed,
        _attempts;

    /// <summary>Current counts.</summary>
    public DeliveryCounts Counts
    {
        get
        {
            lock (_gate)
                return new DeliveryCounts(_delivered, _pending, _dropped, _unsubscribed, Interlocked.Read(ref _attempts));
        }
    }

    /// <summary>The last 1,000 failures, oldest first.</summary>
    public IReadOnlyList<FailedDelivery> Failures => [.. _failures];

    /// <summary>Completes when nothing is pending, retries included: every webhook is delivered or dropped.</summary>
    public Task WhenIdleAsync(CancellationToken cancellationToken = default)
    {
        lock (_gate)
            return _idle.Task.WaitAsync(cancellationToken);
    }

    /// <summary>Minutes to wait before each retry; scaled by <see cref="SimulatorSettings.RetryScale"/>.</summary>
    private protected abstract IReadOnlyList<int> RetryDelays { get; }

    /// <summary>Builds the request from the target's current URL and key; null when the target no longer exists.</summary>
    private protected abstract HttpRequestMessage? CreateRequest(Delivery delivery);

    /// <summary>How long the receiver may take to answer.</summary>
    private protected abstract TimeSpan AttemptTimeout { get; }

    /// <summary>Whether a failed attempt is retried.</summary>
    /// <param name="status">HTTP status; 0 when there was no response.</param>
    private protected virtual bool ShouldRetry(int status) => true;

    /// <summary>Queues an event for each target; without targets it counts as unsubscribed.</summary>
    private protected void Enqueue(Guid eventId, object webhookEvent, IReadOnlyCollection<string> targets)
    {
        lock (_gate)
        {
            if (targets.Count == 0)
                _unsubscribed++;
            else if (_pending == 0)
                _idle = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _pending += targets.Count;
        }

        foreach (var target in targets)
            _queue.Writer.TryWrite(new Delivery(eventId, webhookEvent, target, clock.GetUtcNow(), Retry: 0, Reason: null));
    }

    /// <summary>The HTTP status (0 when there was no response) and, unless it is a 2xx, Square's reason for the failure.</summary>
    private protected async Task<(int Status, string? Reason)> SendAsync(HttpRequestMessage request, CancellationToken stoppingToken)
    {
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken);
        timeout.CancelAfter(AttemptTimeout);
        try
        {
            using var answer = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, timeout.Token);
            return ((int)answer.StatusCode, answer.IsSuccessStatusCode ? null : "http_error");
        }
        catch (OperationCanceledException) when (!stoppingToken.IsCancellationRequested)
        {
            return (0, "http_timeout");
        }
        catch (HttpRequestException e)
        {
            return (0, e.HttpRequestError is HttpRequestError.SecureConnectionError ? "ssl_error" : "other_error");
        }
    }

    private protected static HttpRequestMessage PostRequest(string url, ReadOnlyMemory<byte> body, string userAgent)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, url) { Content = new ReadOnlyMemoryContent(body) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        request.Headers.TryAddWithoutValidation("User-Agent", userAgent);
        return request;
    }

    /// <inheritdoc />
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            await Parallel.ForEachAsync(
                _queue.Reader.ReadAllAsync(stoppingToken),
                new ParallelOptions { MaxDegreeOfParallelism = settings.DeliveryConcurrency, CancellationToken = stoppingToken },
                AttemptAsync
            );
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            if (Counts is { Pending: > 0 } left)
                log.LogInformation("The simulator stopped with {Pending} undelivered webhooks; they are lost.", left.Pending);
        }
    }

    private async ValueTask AttemptAsync(Delivery delivery, CancellationToken stoppingToken)
    {
        using var request = CreateRequest(delivery);
        if (request is null)
        {
            Fail(delivery, "subscription_gone", 0, givenUp: true);
            return;
        }

        Interlocked.Increment(ref _attempts);
        var (status, reason) = await SendAsync(request, stoppingToken);
        if (reason is null)
        {
            Finish(ref _delivered);
            return;
        }

        var givenUp = delivery.Retry == RetryDelays.Count || !ShouldRetry(status);
        Fail(delivery, reason, status, givenUp);
        if (!givenUp)
            _ = RetryAsync(delivery with { Retry = delivery.Retry + 1, Reason = reason }, stoppingToken);
    }

    private async Task RetryAsync(Delivery delivery, CancellationToken stoppingToken)
    {
        try
        {
            await Task.Delay(TimeSpan.FromMinutes(RetryDelays[delivery.Retry - 1]) * settings.RetryScale, stoppingToken);
            _queue.Writer.TryWrite(delivery);
        }
        catch (OperationCanceledException)
        {
            // The webhook stays pending; the message at shutdown counts it.
        }
    }

    private void Fail(Delivery delivery, string reason, int status, bool givenUp)
    {
        _failures.Enqueue(
            new FailedDelivery(clock.GetUtcNow(), delivery.EventId, delivery.Target, delivery.Retry, reason, status, givenUp)
        );
        if (_failures.Count > MaxFailuresKept)
            _failures.TryDequeue(out _);
        if (!givenUp)
            return;
        log.LogWarning(
            "Event {EventId} was not delivered after {Retries} retries and is dropped: {Reason}, HTTP status {Status}.",
            delivery.EventId,
            delivery.Retry,
            reason,
            status
        );
        Finish(ref _dropped);
    }

    private void Finish(ref long counter)
    {
        lock (_gate)
        {
            counter++;
            if (--_pending == 0)
                _idle.TrySetResult();
        }
    }

    private static TaskCompletionSource CompletedSource()
    {
        var settled = new TaskCompletionSource();
        settled.SetResult();
        return settled;
    }

    /// <inheritdoc />
    public override void Dispose()
    {
        _http.Dispose();
        base.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>One event for one target, whose URL and key are looked up at each attempt.</summary>
    private protected sealed record Delivery(
        Guid EventId,
        object Event,
        string Target,
        DateTimeOffset FirstSentAt,
        int Retry,
        string? Reason
    );
}
