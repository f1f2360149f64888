using NodaTime;
using PosModular.Kernel.Errors;

namespace Integrations.Contracts.Connections;

/// <summary>A connected till as other modules know it.</summary>
/// <param name="ConnectionId">Its connection.</param>
/// <param name="VenueId">Its venue.</param>
/// <param name="Provider">Whose till it is.</param>
/// <param name="MerchantId">The merchant, or the location where the provider names none: what a card's fingerprint is unique within.</param>
/// <param name="ProcessRules">Whether its sales may unlock.</param>
public sealed record PosConnectionDetails(
    Guid ConnectionId,
    string VenueId,
    Provider Provider,
    string MerchantId,
    bool ProcessRules = true
);

/// <summary>A till and how it is to be polled.</summary>
/// <param name="Details">The till.</param>
/// <param name="SyncEnabled">Whether it is polled by itself.</param>
/// <param name="SyncInterval">From the start of one sync to the next.</param>
/// <param name="ConnectedAt">When it was connected first; the first sync reaches back from there.</param>
public sealed record PosConnectionSchedule(PosConnectionDetails Details, bool SyncEnabled, Duration SyncInterval, Instant ConnectedAt);

/// <summary>The tills and what their providers tell when asked. Every call passes the provider's limiter, retries and token refresh, and tells
/// the connection's health; none of them throws for what the provider does wrong.</summary>
public interface IPosConnections
{
    /// <summary>All that are connected now.</summary>
    Task<IReadOnlyList<PosConnectionSchedule>> ListConnectedAsync(CancellationToken cancellationToken);

    /// <summary>The till of a connection, also of one that was cut off; null when there is none.</summary>
    ValueTask<PosConnectionDetails?> FindAsync(Guid connectionId, CancellationToken cancellationToken);

    /// <summary>What there is to page through at this provider, in the order to do it.</summary>
    /// <param name="provider">Whose.</param>
    /// <param name="isBackfill">True when nothing was read before, or for a span of the past: by the time of the sale. False: by the time of change.</param>
    IReadOnlyList<string> Streams(Provider provider, bool isBackfill);

    /// <summary>The longest span, from its beginning to its end, that this provider pages through at once; a longer one must be cut into pieces.</summary>
    Duration MaxQuerySpan(Provider provider);

    /// <summary>One page.</summary>
    Task<ProviderResult<PosPage>> FetchPageAsync(Guid connectionId, PageRequest request, CancellationToken cancellationToken);

    /// <summary>Up to 100 orders by their ids; ids that the provider does not know (yet) are left out.</summary>
    Task<ProviderResult<IReadOnlyList<PosOrder>>> FetchOrdersAsync(
        Guid connectionId,
        IReadOnlyList<string> orderIds,
        CancellationToken cancellationToken
    );
}

/// <summary>Which page to fetch.</summary>
/// <param name="Stream">One of <see cref="IPosConnections.Streams"/>.</param>
/// <param name="From">Inclusive.</param>
/// <param name="To">Exclusive, as far as the provider can.</param>
/// <param name="Cursor">Of the page before; null for the first page.</param>
public sealed record PageRequest(string Stream, Instant From, Instant To, string? Cursor);

/// <summary>A page of what a provider has.</summary>
/// <param name="Observations">What is on it.</param>
/// <param name="NextCursor">Null on the last page. Providers let cursors expire within minutes.</param>
/// <param name="ResumeAt">Everything of the stream before this moment has been read with this page: a place to go on from when the cursor
/// has expired. Null when the page does not tell.</param>
/// <param name="SkippedItems">Things on the page that could not be read, with the reason; they are told, never lost silently.</param>
public sealed record PosPage(PosObservations Observations, string? NextCursor, Instant? ResumeAt, IReadOnlyList<string> SkippedItems);

/// <summary>What a provider answered, or why not.</summary>
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

/// <summary>Why a call has failed.</summary>
/// <param name="Error">Code, and what to do.</param>
/// <param name="RetryAfter">How long the provider asks to wait; null when it does not say.</param>
/// <param name="CursorExpired">The cursor is no longer good: begin again from the last place reached.</param>
public sealed record ProviderFault(UserError Error, Duration? RetryAfter = null, bool CursorExpired = false)
{
    /// <summary>Permissions that the credentials lack, where that is why.</summary>
    public IReadOnlyList<string> MissingScopes { get; init; } = [];
}
