using NodaTime;

namespace Integrations.Contracts.Venues;

/// <summary>Finds what somebody has to look at. A module registers one for each kind of trouble that it can tell; one host at a time asks
/// them all again and again, and raises what is new.</summary>
public interface IAlertSource
{
    /// <summary>The kinds that it finds.</summary>
    IReadOnlyList<string> Kinds { get; }

    /// <summary>What is wrong now, at all venues, in as few statements as possible.</summary>
    Task<IReadOnlyList<FoundAlert>> FindAsync(CancellationToken cancellationToken);
}

/// <summary>Something that is wrong now.</summary>
/// <param name="VenueId">The venue.</param>
/// <param name="Kind">One of <see cref="AlertKinds"/>.</param>
/// <param name="Subject">What is wrong, such as the id of a connection. As long as it is found again, it is the same alert.</param>
/// <param name="Since">Since when; null when that is not known, so that the moment at which it was found counts.</param>
/// <param name="Message">What is wrong and what to do, for people.</param>
public sealed record FoundAlert(string VenueId, string Kind, string Subject, Instant? Since, string Message)
{
    public Guid? ConnectionId { get; init; }

    public Guid? EndpointId { get; init; }

    public LocalDate? BusinessDate { get; init; }
}

/// <summary>The kinds of alerts, the most urgent first.</summary>
public static class AlertKinds
{
    public const string ConnectionNeedsAttention = "CONNECTION_NEEDS_ATTENTION";
    public const string ConnectionQuiet = "CONNECTION_QUIET";
    public const string ReconciliationDiffers = "RECONCILIATION_DIFFERS";
    public const string DeadLetters = "DEAD_LETTERS";
    public const string EndpointFailing = "ENDPOINT_FAILING";

    public static IReadOnlyList<string> All { get; } =
    [ConnectionNeedsAttention, ConnectionQuiet, ReconciliationDiffers, DeadLetters, EndpointFailing];
}
