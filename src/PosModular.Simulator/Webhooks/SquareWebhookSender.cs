using System.Text;

namespace PosModular.Simulator.Webhooks;

/// <summary>
/// Sends Square's signed webhooks with Square's retries: 11 over a day, then the webhook is dropped (Square docs, Square
/// Webhooks). Anything but a 2xx within the timeout is a failure. A target is a subscription's id.
/// </summary>
public sealed class SquareWebhookSender(
    SubscriptionStore subscriptions,
    SimulatorSettings settings,
    TimeProvider clock,
    ILogger<SquareWebhookSender> log
) : WebhookSender(settings, clock, log)
{
    /// <summary>Minutes to wait before each retry; scaled by <see cref="SimulatorSettings.RetryScale"/>.</summary>
    public static readonly IReadOnlyList<int> RetryDelaysInMinutes = [1, 2, 4, 8, 16, 32, 60, 120, 240, 480, 480];

    private readonly TimeProvider _clock = clock;

    private protected override IReadOnlyList<int> RetryDelays => RetryDelaysInMinutes;

    private protected override TimeSpan AttemptTimeout { get; } = settings.DeliveryTimeout;

    /// <summary>Queues an event for every enabled subscription of these applications that includes its type.</summary>
    internal void Send(WebhookEvent webhookEvent, IReadOnlySet<string> applicationIds) =>
        Enqueue(webhookEvent.EventId, webhookEvent, [.. subscriptions.FindSubscribed(webhookEvent.Type, applicationIds).Select(s => s.Id)]);

    /// <summary>Sends a test notification once, without counting it. Returns the HTTP status; 0 when there was no response.</summary>
    internal async Task<int> SendTestAsync(Subscription subscription, string payload, CancellationToken cancellationToken)
    {
        using var request = SignedRequest(subscription, Encoding.UTF8.GetBytes(payload), _clock.GetUtcNow());
        return (await SendAsync(request, cancellationToken)).Status;
    }

    private protected override HttpRequestMessage? CreateRequest(Delivery delivery)
    {
        if (subscriptions.Find(delivery.Target) is not { Enabled: true } subscription)
            return null;
        var request = SignedRequest(subscription, ((WebhookEvent)delivery.Event).Body(), delivery.FirstSentAt);
        if (delivery.Retry > 0)
        {
            request.Headers.TryAddWithoutValidation("square-retry-number", FormattableString.Invariant($"{delivery.Retry}"));
            request.Headers.TryAddWithoutValidation("square-retry-reason", delivery.Reason);
        }

        return request;
    }

    private static HttpRequestMessage SignedRequest(Subscription subscription, ReadOnlyMemory<byte> body, DateTimeOffset firstSentAt)
    {
        var request = PostRequest(subscription.NotificationUrl, body, "Square Connect v2");
        request.Headers.TryAddWithoutValidation(
            SquareSignature.Header,
            SquareSignature.Compute(subscription.SignatureKey, subscription.NotificationUrl, body.Span)
        );
        request.Headers.TryAddWithoutValidation("square-environment", "Sandbox");
        request.Headers.TryAddWithoutValidation("square-initial-delivery-timestamp", SquareTime.Rfc3339(firstSentAt));
        return request;
    }
}
