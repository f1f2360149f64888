using Integrations.Contracts.Connections;

namespace Integrations.Contracts.Webhooks;

/// <summary>Where a provider's webhook comes in: is it genuine, whose till is it, and what does it say. Reads memory, not the database,
/// but for tills it does not know yet.</summary>
public interface IWebhookVerifier
{
    /// <summary>Checks the signature over the raw bytes before anything is read from them. Throws what the database throws when a till
    /// must be looked up and it is away.</summary>
    ValueTask<WebhookVerification> VerifyAsync(WebhookRequest request, CancellationToken cancellationToken);

    /// <summary>Reads an event again that was genuine when it came: for its connection, or for whoever has its location now.</summary>
    ValueTask<WebhookVerification> TranslateAgainAsync(
        Provider provider,
        Guid? connectionId,
        ReadOnlyMemory<byte> body,
        CancellationToken cancellationToken
    );
}

/// <summary>A webhook as it came in.</summary>
/// <param name="Provider">Whose path it came in by.</param>
/// <param name="ConnectionId">Whose path; null on a general one.</param>
/// <param name="Signature">The provider's signature header; null when there was none.</param>
/// <param name="RequestUrl">The address as the request itself names it. Only for telling what is wrong, never for the check: a proxy changes it.</param>
/// <param name="Body">The raw bytes.</param>
public sealed record WebhookRequest(Provider Provider, Guid? ConnectionId, string? Signature, string RequestUrl, ReadOnlyMemory<byte> Body);

/// <summary>The gate's answer.</summary>
/// <param name="IsGenuine">False: the signature is missing or wrong, or there is no such connection. Nothing else is set then.</param>
/// <param name="Event">What the body says.</param>
/// <param name="Connection">The till it was signed for or, on an application's key, belongs to; null when no till is known for it.</param>
/// <param name="IgnoredReason">Set for a genuine event that must not count: another location, a disconnected till, no till.</param>
public sealed record WebhookVerification(
    bool IsGenuine,
    PosEvent? Event = null,
    PosConnectionDetails? Connection = null,
    string? IgnoredReason = null
)
{
    public static WebhookVerification Rejected { get; } = new(false);

    /// <summary>It cannot be told yet whether it is genuine, because the till's key cannot be opened or is just being changed: the sender must
    /// keep it and come again.</summary>
    public static WebhookVerification Undecided { get; } = new(false, IgnoredReason: "The till's key is not known here at the moment.");
}
