namespace PosModular.Simulator.Webhooks;

/// <summary>Number of webhooks by outcome. Every webhook with a recipient is in exactly one of the first three.</summary>
/// <param name="Delivered">Answered with a 2xx.</param>
/// <param name="Pending">Queued, in flight or waiting for a retry.</param>
/// <param name="Dropped">Not delivered by the last retry, or the subscription was deleted or disabled in the meantime.</param>
/// <param name="Unsubscribed">Events that no subscription includes; nothing was sent.</param>
/// <param name="Attempts">Requests sent, retries included.</param>
public sealed record DeliveryCounts(long Delivered, long Pending, long Dropped, long Unsubscribed, long Attempts);

/// <summary>A delivery attempt that did not get a 2xx.</summary>
/// <param name="At">When the attempt failed.</param>
/// <param name="EventId">The event.</param>
/// <param name="SubscriptionId">The target: a Square subscription or a Toast restaurant.</param>
/// <param name="Retry">0 for the first attempt.</param>
/// <param name="Reason">http_timeout, http_error, ssl_error, other_error; or subscription_gone.</param>
/// <param name="Status">HTTP status; 0 when there was no response.</param>
/// <param name="GivenUp">Whether this was the last attempt.</param>
public sealed record FailedDelivery(
    DateTimeOffset At,
    Guid EventId,
    string SubscriptionId,
    int Retry,
    string Reason,
    int Status,
    bool GivenUp
);
