namespace PosModular.Simulator.Webhooks;

/// <summary>Where the webhooks are. Every event that somebody wanted is in exactly one of the first three.</summary>
/// <param name="Delivered">Answered with a 2xx.</param>
/// <param name="Pending">In the queue, on the way or waiting for a retry.</param>
/// <param name="Dropped">Given up after the last retry, or their subscription was deleted or disabled meanwhile.</param>
/// <param name="Unsubscribed">Events that no subscription asked for; nothing was sent.</param>
/// <param name="Attempts">Requests sent, retries included.</param>
public sealed record DeliveryCounts(long Delivered, long Pending, long Dropped, long Unsubscribed, long Attempts);

/// <summary>A delivery that did not get a 2xx.</summary>
/// <param name="At">When it was known.</param>
/// <param name="EventId">Of the event.</param>
/// <param name="SubscriptionId">Whose delivery.</param>
/// <param name="Retry">0 for the first attempt.</param>
/// <param name="Reason">http_timeout, http_error, ssl_error, other_error; or subscription_gone.</param>
/// <param name="Status">0 without an answer.</param>
/// <param name="GivenUp">No further attempt follows.</param>
public sealed record FailedDelivery(
    DateTimeOffset At,
    Guid EventId,
    string SubscriptionId,
    int Retry,
    string Reason,
    int Status,
    bool GivenUp
);
