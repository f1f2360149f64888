using GraphQL;
using Ingestion.Contracts;
using Integrations.Contracts.Connections;
using Microsoft.EntityFrameworkCore;
using NodaTime;
using PosModular.Kernel.Errors;

namespace Ingestion.Transactions;

/// <summary>Which sales; all conditions must hold.</summary>
internal sealed record TransactionFilter
{
    /// <summary>Taken at or after.</summary>
    public Instant? From { get; init; }

    /// <summary>Taken before.</summary>
    public Instant? To { get; init; }

    /// <summary>Of this till.</summary>
    [Id]
    public string? ConnectionId { get; init; }

    /// <summary>Of tills of this provider.</summary>
    public Provider? Provider { get; init; }

    /// <summary>In one of these states.</summary>
    public IReadOnlyList<TransactionStatus>? Statuses { get; init; }

    /// <summary>Paid in one of these ways.</summary>
    public IReadOnlyList<PaymentMethod>? PaymentMethods { get; init; }

    /// <summary>Of this user.</summary>
    [Id]
    public string? UserId { get; init; }

    /// <summary>True: tied to a user; false: to nobody.</summary>
    public bool? Matched { get; init; }

    /// <summary>Total of at least so much, in minor units of the sale's currency.</summary>
    public long? MinTotalMinor { get; init; }

    /// <summary>Total of at most so much, in minor units of the sale's currency.</summary>
    public long? MaxTotalMinor { get; init; }

    /// <summary>External id, order id or last four digits, whole; 1 to 200 characters.</summary>
    public string? Search { get; init; }

    /// <summary>Throws INVALID_INPUT for a search that cannot be one.</summary>
    public static IQueryable<TransactionRow> Apply(IngestionDb db, string venueId, TransactionFilter? filter)
    {
        var rows = db.Transactions.AsNoTracking().Where(t => t.VenueId == venueId);
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
                    "search is an external id, an order id or the last four digits of a card, 1 to 200 characters."
                );
            rows = rows.Where(t => t.ExternalId == text || t.ExternalOrderId == text || t.CardLast4 == text);
        }
        return rows;
    }
}
