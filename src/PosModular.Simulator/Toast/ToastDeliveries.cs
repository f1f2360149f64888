using PosModular.Simulator.Webhooks;

namespace PosModular.Simulator.Toast;

/// <summary>
/// Sends Toast's signed webhooks. After a timeout, a 404, a 429 or a 5xx it tries again, 5 minutes later and 10 minutes after that,
/// never after another answer (Toast docs, Retry support; Timeouts). A target is a restaurant's guid.
/// </summary>
public sealed class ToastDeliveries(
    RestaurantBook restaurants,
    SimulatorSettings settings,
    TimeProvider clock,
    ILogger<ToastDeliveries> log
) : Courier(settings, clock, log)
{
    /// <summary>Before each retry, in minutes; scaled by <see cref="SimulatorSettings.RetryScale"/>.</summary>
    public static readonly IReadOnlyList<int> GapsInMinutes = [5, 10];

    private protected override IReadOnlyList<int> Gaps => GapsInMinutes;

    private protected override TimeSpan Patience { get; } = settings.ToastDeliveryTimeout;

    private protected override bool TriesAgainAfter(int status) => status is 0 or 404 or 429 or >= 500;

    /// <summary>Queues an event for the restaurant's URL, if it has one.</summary>
    internal void Send(ToastEvent told) =>
        Post(told.Guid, told, restaurants.Find(told.Restaurant.Guid)?.WebhookUrl is null ? [] : [told.Restaurant.Guid.ToString()]);

    private protected override HttpRequestMessage? Address(Parcel parcel)
    {
        if (restaurants.Find(Guid.Parse(parcel.Target)) is not { WebhookUrl: { } url, WebhookSecret: { } secret } restaurant)
            return null;
        var told = (ToastEvent)parcel.Told;
        var body = told.Body();
        var request = Request(url, body, "Toast");
        request.Headers.TryAddWithoutValidation(ToastSignature.Header, ToastSignature.Of(secret, body.Span, told.Timestamp));
        request.Headers.TryAddWithoutValidation("Toast-Attempt-Number", FormattableString.Invariant($"{parcel.Retry + 1}"));
        request.Headers.TryAddWithoutValidation("Toast-Event-Type", ToastEvent.Type);
        request.Headers.TryAddWithoutValidation("Toast-Restaurant-External-ID", restaurant.Guid.ToString());
        return request;
    }
}
