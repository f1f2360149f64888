using Integrations.Contracts.Connections;

namespace Integrations.Contracts.Webhooks;

/// <summary>Verifies webhooks of providers: whether a request is genuine, to which connection it belongs, and what it reports. Works from
/// memory and asks the database only about connections that are not in memory yet.</summary>
public interface IWebhookVerifier
{
    /// <summary>Whether a request can be genuine by its headers alone: it has a signature, and the connection on whose path it arrived
    /// exists. A request that cannot be genuine is counted as rejected. Database exceptions pass through as in VerifyAsync.</summary>
    ValueTask<bool> CanBeGenuineAsync(Provider provider, Guid? connectionId, string? signature, CancellationToken cancellationToken);

    /// <summary>Verifies the signature over the raw bytes before anything else is read from them. Database exceptions pass through when a
    /// connection must be looked up and the database is unavailable.</summary>
    ValueTask<WebhookVerification> VerifyAsync(WebhookRequest request, CancellationToken cancellationToken);

    /// <summary>Translates a stored event again that was verified when it arrived, for its connection or, without one, for the connection
    /// that owns the location now.</summary>
    ValueTask<WebhookVerification> TranslateAgainAsync(
        Provider provider,
        Guid? connectionId,
        ReadOnlyMemory<byte> body,
        CancellationToken cancellationToken
    );
}

/// <summary>A webhook request as it arrived.</summary>
/// <param name="Provider">The provider whose path received the request.</param>
/// <param name="ConnectionId">The connection whose path received the request; null for the provider's general path.</param>
/// <param name="Signature">The provider's signature header; null when the request has none.</param>
/// <param name="RequestUrl">The URL as the request itself states it. It only serves diagnostics, never the verification, because a proxy
/// changes it.</param>
/// <param name="Body">The raw bytes of the body.</param>
public sealed record WebhookRequest(Provider Provider, Guid? ConnectionId, string? Signature, string RequestUrl, ReadOnlyMemory<byte> Body);

/// <summary>The result of verifying a webhook.</summary>
/// <param name="IsGenuine">False when the signature is missing or wrong, or when there is no such connection. All other values are null
/// then.</param>
/// <param name="Event">The translated event.</param>
/// <param name="Connection">The connection for which the event was signed or, for an application-level key, to which it belongs; null
/// when there is none.</param>
/// <param name="IgnoredReason">Why a genuine event must not count: its location belongs to another connection, the connection is
/// disconnected, or there is none. Null when the event counts.</param>
public sealed record WebhookVerification(
    bool IsGenuine,
    PosEvent? Event = null,
    PosConnectionDetails? Connection = null,
    string? IgnoredReason = null
)
{
    public static WebhookVerification Rejected { get; } = new(false);

    /// <summary>The signature cannot be verified at the moment, because the connection's key cannot be decrypted or is being rotated. The
    /// sender must keep the event and send it again.</summary>
    public static WebhookVerification Undecided { get; } =
        new(false, IgnoredReason: "The connection's signature key is not available on this host at the moment.");
}
