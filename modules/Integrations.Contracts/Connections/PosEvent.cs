namespace Integrations.Contracts.Connections;

/// <summary>A webhook event of a provider, translated into the product's own terms.</summary>
/// <param name="EventId">The provider's event id; null when the body has none.</param>
/// <param name="Type">The provider's event type, e.g. payment.updated; null when the body has none.</param>
/// <param name="MerchantId">The merchant to which the event belongs; null when the body names none.</param>
/// <param name="LocationId">The location to which the payment, refund or order belongs; null when the body names none.</param>
/// <param name="Observations">The objects that the event carries; null for an event type that the product does not use.</param>
/// <param name="UnreadableReason">Why the event cannot be used (not JSON, no amount …); null for a readable event.</param>
public sealed record PosEvent(
    string? EventId,
    string? Type,
    string? MerchantId,
    string? LocationId,
    PosObservations? Observations,
    string? UnreadableReason
)
{
    /// <summary>Objects of the event that could not be read, or only in part, each with the reason, while <see cref="Observations"/> holds
    /// what could. The raw event is kept and can be translated again. An event without any usable object has an
    /// <see cref="UnreadableReason"/>.</summary>
    public IReadOnlyList<string> SkippedItems { get; init; } = [];
}
