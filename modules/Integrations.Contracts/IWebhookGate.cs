namespace Integrations.Contracts;

/// <summary>Where a provider's webhook comes in: is it genuine, whose till is it, and what does it say. Reads memory, not the database,
/// but for tills it does not know yet.</summary>
public interface IWebhookGate
{
    /// <summary>Checks the signature over the raw bytes before anything is read from them. Throws what the database throws when a till
    /// must be looked up and it is away.</summary>
    ValueTask<Admission> AdmitAsync(Provider provider, Guid? connectionId, string? signature, ReadOnlyMemory<byte> body, CancellationToken ct);
}

/// <summary>The gate's answer.</summary>
/// <param name="Genuine">False: the signature is missing or wrong, or there is no such connection. Nothing else is set then.</param>
/// <param name="Event">What the body says.</param>
/// <param name="Till">The till it was signed for or, on an application's key, belongs to; null when no till is known for it.</param>
/// <param name="IgnoredBecause">Set for a genuine event that must not count: another location, a disconnected till, no till.</param>
public sealed record Admission(bool Genuine, PosEvent? Event = null, Till? Till = null, string? IgnoredBecause = null)
{
    public static Admission Refused { get; } = new(false);

    /// <summary>It cannot be told whether it is genuine, because the till's key cannot be opened: the sender must keep it and come again.</summary>
    public static Admission Undecided { get; } = new(false, IgnoredBecause: "The till's key cannot be opened.");
}

/// <summary>A connected till as other modules know it.</summary>
/// <param name="ConnectionId">Its connection.</param>
/// <param name="VenueId">Its venue.</param>
/// <param name="Provider">Whose till it is.</param>
/// <param name="MerchantId">The merchant, or the location where the provider names none: what a card's fingerprint is unique within.</param>
public sealed record Till(Guid ConnectionId, string VenueId, Provider Provider, string MerchantId);
