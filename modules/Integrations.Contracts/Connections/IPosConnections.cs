using NodaTime;
using PosModular.Kernel.Errors;

namespace Integrations.Contracts.Connections;

/// <summary>A POS connection as other modules see it.</summary>
/// <param name="ConnectionId">The id of the connection.</param>
/// <param name="VenueId">The venue to which the location is connected.</param>
/// <param name="Provider">The provider of the point of sale.</param>
/// <param name="MerchantId">The merchant, or the location where the provider names no merchant. A card's fingerprint is unique within
/// it.</param>
/// <param name="ProcessRules">Whether transactions of this connection take part in spend rules.</param>
public sealed record PosConnectionDetails(
    Guid ConnectionId,
    string VenueId,
    Provider Provider,
    string MerchantId,
    bool ProcessRules = true
);

/// <summary>A POS connection and how often it is polled.</summary>
/// <param name="Details">The connection.</param>
/// <param name="SyncEnabled">Whether the connection is polled automatically.</param>
/// <param name="SyncInterval">The time from the start of one sync run to the start of the next.</param>
/// <param name="ConnectedAt">When the location was first connected. The first sync run reaches back from there.</param>
public sealed record PosConnectionSchedule(PosConnectionDetails Details, bool SyncEnabled, Duration SyncInterval, Instant ConnectedAt);

/// <summary>The POS connections, and calls to their providers. Every call passes the provider's rate limiter, retries transient failures,
/// renews tokens and records the connection's health. No call throws for a fault of the provider, whatever it answers.</summary>
public interface IPosConnections
{
    /// <summary>All connections that are connected now.</summary>
    Task<IReadOnlyList<PosConnectionSchedule>> ListConnectedAsync(CancellationToken cancellationToken);

    /// <summary>The connections of a venue that are connected now.</summary>
    Task<IReadOnlyList<PosConnectionSchedule>> ListConnectedAsync(string venueId, CancellationToken cancellationToken);

    /// <summary>A connection by its id, including a disconnected one; null when there is none.</summary>
    ValueTask<PosConnectionDetails?> FindAsync(Guid connectionId, CancellationToken cancellationToken);

    /// <summary>The streams of a provider, in the order in which they are to be read.</summary>
    /// <param name="provider">The provider.</param>
    /// <param name="isBackfill">True to page by creation time, for the first sync run or a span of the past; false to page by
    /// modification time.</param>
    IReadOnlyList<string> Streams(Provider provider, bool isBackfill);

    /// <summary>The streams that list the payments made and the refunds given on one business date, in their state of now, and possibly
    /// others. Empty for a provider whose days cannot be listed.</summary>
    /// <param name="provider">The provider.</param>
    /// <param name="businessDate">The business date. The time span of the requests is that of the date.</param>
    IReadOnlyList<string> DayStreams(Provider provider, LocalDate businessDate);

    /// <summary>The longest time span that a provider accepts in one query. Longer spans must be cut into pieces.</summary>
    Duration MaxQuerySpan(Provider provider);

    /// <summary>Fetches one page of a stream. An answer that cannot be read is SYNC_FAILED.</summary>
    Task<ProviderResult<PosPage>> FetchPageAsync(Guid connectionId, PageRequest request, CancellationToken cancellationToken);

    /// <summary>Fetches up to 100 orders by id. Orders that the provider does not know, or does not know yet, are missing from the
    /// result.</summary>
    Task<ProviderResult<IReadOnlyList<PosOrder>>> FetchOrdersAsync(
        Guid connectionId,
        IReadOnlyList<string> orderIds,
        CancellationToken cancellationToken
    );

    /// <summary>The ids of the payments that were made or refunded in a time span, and possibly of others, where the streams of a day do
    /// not list all of them; empty for a provider whose streams do. What they lack is fetched one by one.</summary>
    Task<ProviderResult<IReadOnlyList<string>>> ListDayPaymentIdsAsync(
        Guid connectionId,
        Instant from,
        Instant to,
        CancellationToken cancellationToken
    );

    /// <summary>Fetches one payment or refund by its id, with its present state, and possibly others of its order. The result is empty when
    /// the provider does not know it at this location.</summary>
    /// <param name="connectionId">The connection.</param>
    /// <param name="externalId">The provider's id of the payment or refund.</param>
    /// <param name="isRefund">Whether it is the id of a refund.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    Task<ProviderResult<PosObservations>> FetchOneAsync(
        Guid connectionId,
        string externalId,
        bool isRefund,
        CancellationToken cancellationToken
    );

    /// <summary>Records what is wrong with the provider's data, although its calls succeed: in the connection's recent errors and in its
    /// status, until the next successful call.</summary>
    Task RecordFaultAsync(Guid connectionId, UserError error, CancellationToken cancellationToken);
}

/// <summary>The page to fetch.</summary>
/// <param name="Stream">One of the streams that the provider offers.</param>
/// <param name="From">The start of the time span, inclusive.</param>
/// <param name="To">The end of the time span, exclusive as far as the provider supports that.</param>
/// <param name="Cursor">The cursor of the previous page; null for the first page.</param>
public sealed record PageRequest(string Stream, Instant From, Instant To, string? Cursor)
{
    /// <summary>Whether the orders of the payments are fetched along with the page, where the provider keeps them apart.</summary>
    public bool WithOrders { get; init; } = true;
}

/// <summary>One page of a provider's payments, refunds or orders.</summary>
/// <param name="Observations">The objects on the page.</param>
/// <param name="NextCursor">The cursor of the next page; null on the last page. Providers let cursors expire within minutes.</param>
/// <param name="ResumeAt">The stream has been read completely up to this instant, so that reading can resume here when the cursor has
/// expired. Null when the page does not tell.</param>
/// <param name="SkippedItems">Objects on the page that could not be read, or only in part, each with the reason.</param>
public sealed record PosPage(PosObservations Observations, string? NextCursor, Instant? ResumeAt, IReadOnlyList<SkippedItem> SkippedItems)
{
    /// <summary>A hash of everything that the page lists, the same when the provider sends the page again; null for an empty
    /// page.</summary>
    public string? Fingerprint { get; init; }
}

/// <summary>The result of a call to a provider: a value, or the fault that prevented it.</summary>
public sealed record ProviderResult<T>(T? Value, ProviderFault? Fault)
    where T : class
{
    public static implicit operator ProviderResult<T>(ProviderFault fault) => new(null, fault);
}

public static class ProviderResult
{
    public static ProviderResult<T> Success<T>(T value)
        where T : class => new(value, null);
}

/// <summary>Why a call to a provider has failed.</summary>
/// <param name="Error">The error code, and what to do.</param>
/// <param name="RetryAfter">How long the provider asks to wait; null when it does not say.</param>
/// <param name="CursorExpired">True when the cursor has expired: reading must start again from the last resume point.</param>
public sealed record ProviderFault(UserError Error, Duration? RetryAfter = null, bool CursorExpired = false)
{
    /// <summary>True when the provider answered in a form that cannot be read.</summary>
    public bool IsUnreadable { get; init; }

    /// <summary>True when the location is not connected any more, so that there is nothing left to ask.</summary>
    public bool IsDisconnected { get; init; }

    /// <summary>The permissions that the credentials lack, when that caused the fault; empty otherwise.</summary>
    public IReadOnlyList<string> MissingScopes { get; init; } = [];
}
