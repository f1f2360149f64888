using PosModular.Simulator.Webhooks;

namespace PosModular.Simulator.Toast;

/// <summary>
/// Sends Toast's signed webhooks. After a timeout, a 404, a 429 or a 5xx it retries 5 minutes later and again 10 minutes after that;
/// other responses are not retried (Toast docs, Retry support; Timeouts). A target is a restaurant's guid.
/// </summary>
public sealed class ToastWebhookSender(
    RestaurantStore restaurants,
    SimulatorSettings settings,
    TimeProvider clock,
    ILogger<ToastWebhookSender> log
) : WebhookSender(settings, clock, log)
{
    /// <summary>Minutes to wait before each retry; scaled by <see cref="SimulatorSettings.RetryScale"/>.</summary>
    public static readonly IReadOnlyList<int> RetryDelaysInMinutes = [5, 10];

    private protected override IReadOnlyList<int> RetryDelays => RetryDelaysInMinutes;

    private protected override TimeSpan AttemptTimeout { get; } = settings.ToastDeliveryTimeout;

    private protected override bool ShouldRetry(int status) => status is 0 or 404 or 429 or >= 500;

    /// <summary>Queues an event for the restaurant's URL, if it has one.</summary>
    internal void Send(ToastEvent webhookEvent) =>
        Enqueue(
            webhookEvent.Guid,
            webhookEvent,
            restaurants.Find(webhookEvent.Restaurant.Guid)?.WebhookUrl is null ? [] : [webhookEvent.Restaurant.Guid.ToString()]
        );

    private protected override HttpRequestMessage? CreateRequest(Delivery delivery)
    {
        if (restaurants.Find(Guid.Parse(delivery.Target)) is not { WebhookUrl: { } url, WebhookSecret: { } secret } restaurant)
            return null;
        var webhookEvent = (ToastEvent)delivery.Event;
        var body = webhookEvent.Body();
        var request = PostRequest(url, body, "Toast");
        request.Headers.TryAddWithoutValidation(ToastSignature.Header, ToastSignature.Compute(secret, body.Span, webhookEvent.Timestamp));
        request.Headers.TryAddWithoutValidation("Toast-Attempt-Number", FormattableString.Invariant($"{delivery.Retry + 1}"));
        request.Headers.TryAddWithoutValidation("Toast-Event-Type", ToastEvent.Type);
        request.Headers.TryAddWithoutValidation("Toast-Restaurant-External-ID", restaurant.Guid.ToString());
        return request;
    }
}
