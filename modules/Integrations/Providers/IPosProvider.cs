using Integrations.Connections;
using Integrations.Contracts.Connections;
using NodaTime;
using PosModular.Kernel.Errors;

namespace Integrations.Providers;

/// <summary>A provider of tills: everything that differs between them. One folder and one line in the module each. No call throws for what the
/// provider does wrong; none logs or tells a secret.</summary>
internal interface IPosProvider
{
    Provider Provider { get; }

    /// <summary>What is wrong with the form of these credentials; null when it is well. The field is a path into the input.</summary>
    UserError? CheckFormat(PosCredentials credentials);

    /// <summary>Asks the provider whether these credentials open this location and allow all that is needed. PERMISSION_DENIED comes with what is missing.</summary>
    Task<ProviderResult<PosLocation>> ValidateAsync(PosCredentials credentials, CancellationToken cancellationToken);

    /// <summary>Credentials that go on when these end; the same ones when they need no renewal.</summary>
    Task<ProviderResult<PosCredentials>> RenewAsync(PosCredentials credentials, CancellationToken cancellationToken);

    /// <summary>Null where subscriptions are made by hand.</summary>
    IWebhookSubscriptions? Subscriptions { get; }

    /// <summary>The largest webhook body and the header with its signature are the endpoint's; here: whether the signature is that of this body,
    /// sent to this address, under this key. Constant time, over raw bytes.</summary>
    bool IsSignatureValid(ReadOnlySpan<byte> key, ReadOnlySpan<byte> notificationUrl, ReadOnlySpan<byte> body, string? signature);

    /// <summary>The event in our own words: a pure function, which never throws.</summary>
    /// <param name="body">The raw bytes.</param>
    /// <param name="currency">The location's, ISO 4217, for a provider whose amounts name none (Toast); null while it is not known whose event it is.
    /// Event id, type and location are read all the same.</param>
    PosEvent Translate(ReadOnlyMemory<byte> body, string? currency);

    /// <inheritdoc cref="IPosConnections.Streams"/>
    IReadOnlyList<string> Streams(bool isBackfill);

    /// <inheritdoc cref="IPosConnections.MaxQuerySpan"/>
    Duration MaxQuerySpan => Duration.FromDays(36_500);

    /// <inheritdoc cref="IPosConnections.FetchPageAsync"/>
    Task<ProviderResult<PosPage>> FetchPageAsync(PosCredentials credentials, PageRequest request, CancellationToken cancellationToken);

    /// <inheritdoc cref="IPosConnections.FetchOrdersAsync"/>
    Task<ProviderResult<IReadOnlyList<PosOrder>>> FetchOrdersAsync(
        PosCredentials credentials,
        IReadOnlyList<string> orderIds,
        CancellationToken cancellationToken
    );
}

/// <summary>Webhook subscriptions at a provider that lets a program make them.</summary>
internal interface IWebhookSubscriptions
{
    /// <summary>Has the provider send its events to this address. The same idempotency key again makes no second subscription.</summary>
    Task<ProviderResult<WebhookSubscription>> CreateAsync(
        PosCredentials credentials,
        string notificationUrl,
        string idempotencyKey,
        CancellationToken cancellationToken
    );

    /// <summary>A subscription made before, with its key; NOT_FOUND when the provider has it no more.</summary>
    Task<ProviderResult<WebhookSubscription>> FindAsync(
        PosCredentials credentials,
        string subscriptionId,
        CancellationToken cancellationToken
    );

    /// <summary>From now on the events go to another address; also asks for all event types that are used today.</summary>
    Task<ProviderResult<WebhookSubscription>> UpdateUrlAsync(
        PosCredentials credentials,
        string subscriptionId,
        string notificationUrl,
        CancellationToken cancellationToken
    );

    /// <summary>Has the provider sign with a new key from now on.</summary>
    Task<ProviderResult<WebhookSubscription>> RotateKeyAsync(
        PosCredentials credentials,
        string subscriptionId,
        CancellationToken cancellationToken
    );

    /// <summary>The type of event that a test sends: one that all our subscriptions ask for and that tells of no money.</summary>
    string TestEventType { get; }

    /// <summary>Has the provider send a test event to the subscription's address, once. It answers when that address has, or after a long wait.</summary>
    Task<ProviderResult<TestEventDelivery>> SendTestEventAsync(
        PosCredentials credentials,
        string subscriptionId,
        CancellationToken cancellationToken
    );

    /// <summary>Null when it is gone, also when it was gone before.</summary>
    Task<ProviderFault?> DeleteAsync(PosCredentials credentials, string subscriptionId, CancellationToken cancellationToken);
}

/// <summary>A location as its provider knows it.</summary>
/// <param name="Id">The provider's.</param>
/// <param name="Name">For people.</param>
/// <param name="MerchantId">Whose it is.</param>
/// <param name="MerchantName">For people.</param>
/// <param name="TimeZone">IANA.</param>
/// <param name="Currency">ISO 4217.</param>
/// <param name="DayCutoff">Where its business day ends, for a provider that tells.</param>
/// <param name="ExpiresAt">When the credentials end; null when they do not, or the provider does not tell.</param>
/// <param name="ApplicationId">The application the credentials belong to.</param>
internal sealed record PosLocation(
    string Id,
    string? Name,
    string? MerchantId,
    string? MerchantName,
    string? TimeZone,
    string? Currency,
    LocalTime? DayCutoff = null,
    Instant? ExpiresAt = null,
    string? ApplicationId = null
);

/// <summary>A webhook subscription: its id, the key its events are signed with, and where they go. The key is null where the provider does not repeat it.</summary>
internal sealed record WebhookSubscription(string Id, string? SignatureKey, string? NotificationUrl);

/// <summary>A test event that was sent, and the HTTP status that its address answered; null when it did not.</summary>
internal sealed record TestEventDelivery(int? StatusCode);
