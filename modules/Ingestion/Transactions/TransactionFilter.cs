using GraphQL;
using Ingestion.Contracts;
using Integrations.Contracts.Access;
using Integrations.Contracts.Connections;
using Integrations.Contracts.Venues;
using Microsoft.EntityFrameworkCore;
using NodaTime;
using PosModular.Kernel.Errors;

namespace Ingestion.Transactions;

/// <summary>Selects transactions. All conditions must hold.</summary>
internal sealed record TransactionFilter
{
    /// <summary>Payments made at or after this instant.</summary>
    public Instant? From { get; init; }

    /// <summary>Payments made before this instant.</summary>
    public Instant? To { get; init; }

    /// <summary>Transactions of this connection of the venue.</summary>
    [Id]
    public string? ConnectionId { get; init; }

    /// <summary>Transactions of this provider; beside connectionId, it must be the connection's.</summary>
    public Provider? Provider { get; init; }

    /// <summary>Transactions in one of these states.</summary>
    public IReadOnlyList<TransactionStatus>? Statuses { get; init; }

    /// <summary>Transactions paid by one of these methods.</summary>
    public IReadOnlyList<PaymentMethod>? PaymentMethods { get; init; }

    /// <summary>Transactions of this user.</summary>
    [Id]
    public string? UserId { get; init; }

    /// <summary>True selects transactions that are matched to a user, false those matched to nobody.</summary>
    public bool? Matched { get; init; }

    /// <summary>The minimum total, in minor units of the transaction's currency.</summary>
    public long? MinTotalMinor { get; init; }

    /// <summary>The maximum total, in minor units of the transaction's currency.</summary>
    public long? MaxTotalMinor { get; init; }

    /// <summary>The whole external id, order id or last four digits of the card, 1 to 200 characters.</summary>
    public string? Search { get; init; }

    /// <summary>Throws INVALID_INPUT for a connection of another venue that the caller may see, or of another provider than the filter's.
    /// An unknown connection has no transactions.</summary>
    public static async ValueTask DemandConsistentAsync(
        TransactionFilter? filter,
        IVenue venue,
        IPosConnections connections,
        IVenues venues,
        Caller caller,
        CancellationToken cancellationToken
    )
    {
        if (await connections.IsOfAnotherVenueAsync(filter?.ConnectionId, venue, venues, caller, cancellationToken))
            throw ApiError.InvalidInput("connectionId belongs to another venue. Pass a connection of this venue.");
        if (
            filter is { Provider: { } provider, ConnectionId: { } connectionId }
            && Guid.TryParse(connectionId, out var id)
            && await connections.FindAsync(id, cancellationToken) is { } connection
            && connection.VenueId == venue.Id
            && connection.Provider != provider
        )
            throw ApiError.InvalidInput("connectionId belongs to another provider than provider says. Pass one of them.");
    }

    /// <summary>Applies the filter. Throws INVALID_INPUT for a malformed search.</summary>
    /// <param name="db">The database.</param>
    /// <param name="venueId">The venue.</param>
    /// <param name="filter">The conditions; null for none.</param>
    /// <param name="addedUntil">Leaves out what was added after this sequence number; null for nothing.</param>
    public static IQueryable<TransactionRow> Apply(IngestionDb db, string venueId, TransactionFilter? filter, long? addedUntil = null)
    {
        var rows = db.Transactions.AsNoTracking().Where(t => t.VenueId == venueId);
        if (addedUntil is { } seq)
            rows = rows.Where(t => t.AddedSeq == null || t.AddedSeq <= seq);
        if (filter is null)
            return rows;
        if (filter.From is { } from)
            rows = rows.Where(t => t.OccurredAt >= from);
        if (filter.To is { } to)
            rows = rows.Where(t => t.OccurredAt < to);
        if (filter.ConnectionId is { } connection)
            rows = Guid.TryParse(connection, out var id) ? rows.Where(t => t.ConnectionId == id) : rows.Where(_ => false);
        if (filter.Provider is { } provider)
            rows = rows.Where(t => t.Provider == provider);
        if (filter.Statuses is { } statuses)
            rows = rows.Where(t => statuses.Contains(t.Status));
        if (filter.PaymentMethods is { } methods)
            rows = rows.Where(t => methods.Contains(t.PaymentMethod));
        if (filter.UserId is { } userId)
            rows = rows.Where(t => t.UserId == userId);
        if (filter.Matched is { } matched)
            rows = rows.Where(t => t.UserId != null == matched);
        if (filter.MinTotalMinor is { } minTotal)
            rows = rows.Where(t => t.TotalMinor >= minTotal);
        if (filter.MaxTotalMinor is { } maxTotal)
            rows = rows.Where(t => t.TotalMinor <= maxTotal);
        if (filter.Search?.Trim() is { } text)
        {
            if (text.Length is 0 or > 200 || text.Any(char.IsControl))
                throw ApiError.InvalidInput(
                    "search must be an external id, an order id or the last four digits of a card, 1 to 200 characters."
                );
            rows = rows.Where(t => t.ExternalId == text || t.ExternalOrderId == text || t.CardLast4 == text);
        }
        return rows;
    }
}
