using Integrations.Connections;
using Integrations.Contracts.Connections;
using NodaTime;
using PosModular.Kernel.Errors;

namespace Integrations.Providers;

/// <summary>A POS provider: everything that differs between providers. Each has one folder and one line in the module. No call throws for
/// a fault of the provider, and none logs or returns a secret.</summary>
internal interface IPosProvider
{
    Provider Provider { get; }

    /// <summary>Checks the format of credentials without calling the provider; null when it is valid. The field of the error is a path
    /// into the input.</summary>
    UserError? CheckFormat(PosCredentials credentials);

    /// <summary>Asks the provider whether these credentials give access to the location with all required permissions. PERMISSION_DENIED
    /// lists those that are missing.</summary>
    Task<ProviderResult<PosLocation>> ValidateAsync(PosCredentials credentials, CancellationToken cancellationToken);

    /// <summary>Renews credentials. Returns the same ones when they need no renewal.</summary>
    Task<ProviderResult<PosCredentials>> RenewAsync(PosCredentials credentials, CancellationToken cancellationToken);

    /// <summary>Manages webhook subscriptions; null when the provider's subscriptions can only be created by hand.</summary>
    IWebhookSubscriptions? Subscriptions { get; }

    /// <summary>Whether a signature is valid for this body, this URL and this key. Works in constant time over raw bytes. The endpoint
    /// limits the size of the body and reads the signature header.</summary>
    bool IsSignatureValid(ReadOnlySpan<byte> key, ReadOnlySpan<byte> notificationUrl, ReadOnlySpan<byte> body, string? signature);

    /// <summary>Translates an event. A pure function that never throws.</summary>
    /// <param name="body">The raw bytes of the body.</param>
    /// <param name="currency">The location's currency, ISO 4217, for a provider whose amounts name none (Toast); null while the owner of
    /// the event is unknown. Event id, type and location are read without it.</param>
    PosEvent Translate(ReadOnlyMemory<byte> body, string? currency);

    /// <inheritdoc cref="IPosConnections.Streams"/>
    IReadOnlyList<string> Streams(bool isBackfill);

    /// <inheritdoc cref="IPosConnections.DayStreams"/>
    IReadOnlyList<string> DayStreams(LocalDate businessDate) => [];

    /// <inheritdoc cref="IPosConnections.ListDayPaymentIdsAsync"/>
    Task<ProviderResult<IReadOnlyList<string>>> ListDayPaymentIdsAsync(
        PosCredentials credentials,
        Instant from,
        Instant to,
        CancellationToken cancellationToken
    ) => Task.FromResult(ProviderResult.Success<IReadOnlyList<string>>([]));

    /// <inheritdoc cref="IPosConnections.FetchOneAsync"/>
    Task<ProviderResult<PosObservations>> FetchOneAsync(
        PosCredentials credentials,
        string externalId,
        bool isRefund,
        CancellationToken cancellationToken
    ) => Task.FromResult(ProviderResult.Success(new PosObservations()));

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

/// <summary>Manages webhook subscriptions at a provider that offers an API for them.</summary>
internal interface IWebhookSubscriptions
{
    /// <summary>Creates a subscription that sends events to this URL. Repeating the idempotency key creates no second
    /// subscription.</summary>
    Task<ProviderResult<WebhookSubscription>> CreateAsync(
        PosCredentials credentials,
        string notificationUrl,
        string idempotencyKey,
        CancellationToken cancellationToken
    );

    /// <summary>An existing subscription with its key; NOT_FOUND when the provider no longer has it.</summary>
    Task<ProviderResult<WebhookSubscription>> FindAsync(
        PosCredentials credentials,
        string subscriptionId,
        CancellationToken cancellationToken
    );

    /// <summary>Changes the URL of a subscription, and requests all event types that are in use today.</summary>
    Task<ProviderResult<WebhookSubscription>> UpdateUrlAsync(
        PosCredentials credentials,
        string subscriptionId,
        string notificationUrl,
        CancellationToken cancellationToken
    );

    /// <summary>Makes the provider sign with a new key from now on.</summary>
    Task<ProviderResult<WebhookSubscription>> RotateKeyAsync(
        PosCredentials credentials,
        string subscriptionId,
        CancellationToken cancellationToken
    );

    /// <summary>The event type of test events: one that all subscriptions request and that reports no amounts.</summary>
    string TestEventType { get; }

    /// <summary>Makes the provider send a test event to the subscription's URL, once. The call completes when that URL has responded, or
    /// after a long timeout.</summary>
    Task<ProviderResult<TestEventDelivery>> SendTestEventAsync(
        PosCredentials credentials,
        string subscriptionId,
        CancellationToken cancellationToken
    );

    /// <summary>Deletes a subscription. Null on success, also when it did not exist.</summary>
    Task<ProviderFault?> DeleteAsync(PosCredentials credentials, string subscriptionId, CancellationToken cancellationToken);
}

/// <summary>A location as its provider reports it.</summary>
/// <param name="Id">The provider's id of the location.</param>
/// <param name="Name">The display name.</param>
/// <param name="MerchantId">The id of the merchant that owns the location.</param>
/// <param name="MerchantName">The display name of the merchant.</param>
/// <param name="TimeZone">The IANA time zone.</param>
/// <param name="Currency">The currency, ISO 4217.</param>
/// <param name="DayCutoff">The local time at which the business date starts; null when the provider does not report it.</param>
/// <param name="ExpiresAt">When the credentials expire; null when they do not, or when the provider does not report it.</param>
/// <param name="ApplicationId">The application to which the credentials belong.</param>
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

/// <summary>A webhook subscription: its id, the key that signs its events, and the URL that receives them. The key is null when the
/// provider does not return it again.</summary>
internal sealed record WebhookSubscription(string Id, string? SignatureKey, string? NotificationUrl);

/// <summary>A test event that was sent, with the HTTP status that the URL returned; null when it returned none.</summary>
internal sealed record TestEventDelivery(int? StatusCode);
