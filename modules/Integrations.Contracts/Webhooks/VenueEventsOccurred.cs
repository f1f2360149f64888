using System.Text.Json;
using System.Text.Json.Serialization;
using MediatR;
using NodaTime;
using NodaTime.Text;

namespace Integrations.Contracts.Webhooks;

/// <summary>Something happened at venues that other systems hear of by webhook. A module that publishes a feed describes its changes once
/// more in this form, under one of the names below, so that whoever sends them needs to know nothing else of the module. Each venue's
/// events come in the order of the feed, and each is handed over once.</summary>
public sealed record VenueEventsOccurred(IReadOnlyList<VenueEvent> Events) : INotification
{
    /// <summary>The name of the feed of transactions in this form.</summary>
    public const string TransactionsFeed = "events.transactions";

    /// <summary>The name of the feed of unlocks and revocations in this form.</summary>
    public const string MembershipsFeed = "events.memberships";
}

/// <summary>One event of a venue.</summary>
/// <param name="VenueId">The venue.</param>
/// <param name="Type">One of <see cref="VenueEventTypes"/>.</param>
/// <param name="Subject">What it is about. Events of one subject, such as a member, are sent in their order.</param>
/// <param name="At">When it happened.</param>
/// <param name="Data">What happened, as a JSON object.</param>
public sealed record VenueEvent(string VenueId, string Type, string Subject, Instant At, string Data)
{
    private static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseUpper), new InstantConverter() },
    };

    /// <param name="venueId">The venue.</param>
    /// <param name="type">One of <see cref="VenueEventTypes"/>.</param>
    /// <param name="subject">What it is about.</param>
    /// <param name="at">When it happened.</param>
    /// <param name="data">What happened; written as JSON with the names and formats of the API.</param>
    public static VenueEvent Of(string venueId, string type, string subject, Instant at, object data) =>
        new(venueId, type, subject, at, JsonSerializer.Serialize(data, Json));

    /// <summary>The subject of everything that concerns one member.</summary>
    public static string Member(string userId) => "member:" + userId;

    private sealed class InstantConverter : JsonConverter<Instant>
    {
        public override Instant Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            InstantPattern.ExtendedIso.Parse(reader.GetString()!).Value;

        public override void Write(Utf8JsonWriter writer, Instant value, JsonSerializerOptions options) =>
            writer.WriteStringValue(InstantPattern.ExtendedIso.Format(value));
    }
}

/// <summary>The types of events that other systems can subscribe to.</summary>
public static class VenueEventTypes
{
    /// <summary>A member was given an unlock.</summary>
    public const string MembershipUnlocked = "membership.unlocked";

    /// <summary>A member's unlock was revoked.</summary>
    public const string MembershipRevoked = "membership.revoked";

    /// <summary>A transaction was authorised or captured for the first time.</summary>
    public const string TransactionCreated = "transaction.created";

    /// <summary>A POS connection needs attention.</summary>
    public const string ConnectionNeedsAttention = "connection.needs_attention";

    /// <summary>No payment has come from a connection for much longer than usual.</summary>
    public const string ConnectionQuiet = "connection.quiet";

    /// <summary>The figures of a business date still differ from the provider's after the repair.</summary>
    public const string ReconciliationDiffers = "reconciliation.differs";

    public static IReadOnlyList<string> All { get; } =
    [MembershipUnlocked, MembershipRevoked, TransactionCreated, ConnectionNeedsAttention, ConnectionQuiet, ReconciliationDiffers];
}
