using Integrations.Contracts;
using PosModular.Kernel;

namespace Integrations.Connections;

/// <summary>A provider of tills: everything that differs between them. One folder and one line in the module each.</summary>
internal interface IPosProvider
{
    Provider Provider { get; }

    /// <summary>Asks the provider for the location with these credentials.</summary>
    Task<Answer<TillLocation>> FindLocationAsync(PosEnvironment environment, string accessToken, string locationId, CancellationToken ct);

    /// <summary>Has the provider send its events to this address. The same idempotency key again makes no second subscription.</summary>
    Task<Answer<Subscription>> SubscribeAsync(PosEnvironment environment, string accessToken, string notificationUrl, string idempotencyKey, CancellationToken ct);

    /// <summary>A subscription made before, with its key; NOT_FOUND when the provider has it no more.</summary>
    Task<Answer<Subscription>> FindSubscriptionAsync(PosEnvironment environment, string accessToken, string subscriptionId, CancellationToken ct);

    /// <summary>Whether the signature is that of this body, sent to this address, under this key. Constant time, over raw bytes.</summary>
    bool IsGenuine(ReadOnlySpan<byte> key, ReadOnlySpan<byte> notificationUrl, ReadOnlySpan<byte> body, string? signature);

    /// <summary>The event in our own words: a pure function, which never throws.</summary>
    PosEvent Translate(ReadOnlyMemory<byte> body);
}

/// <summary>What a provider answered, or what was wrong.</summary>
internal readonly record struct Answer<T>(T? Value, UserError? Error) where T : class
{
    public static implicit operator Answer<T>(T value) => new(value, null);

    public static implicit operator Answer<T>(UserError error) => new(null, error);
}

/// <summary>A location as its provider knows it.</summary>
internal sealed record TillLocation(string Id, string? Name, string? MerchantId, string? MerchantName, string? TimeZone, string? Currency);

/// <summary>A webhook subscription: its id and the key its events are signed with.</summary>
internal sealed record Subscription(string Id, string SignatureKey);
