using System.Globalization;
using Ingestion.Contracts;
using Integrations.Contracts.Access;
using Integrations.Contracts.Calendar;
using Integrations.Contracts.Connections;
using Integrations.Contracts.Venues;
using Microsoft.EntityFrameworkCore;
using NodaTime;
using NodaTime.Text;
using PosModular.Kernel.Errors;

namespace Ingestion.Transactions;

/// <summary>The transactions of a venue that a filter selects.</summary>
/// <param name="Venue">The venue.</param>
/// <param name="Filter">The conditions; null for none.</param>
internal sealed record TransactionSelection(IVenue Venue, TransactionFilter? Filter)
{
    /// <summary>Leaves out what was added after this sequence number; null for nothing.</summary>
    public long? AddedUntil { get; init; }

    /// <summary>The users who hold the filter's tier; null without one.</summary>
    public IReadOnlyList<string>? UserIdsOfTier { get; init; }

    /// <summary>When the filter's performer was on stage; null without one.</summary>
    public IReadOnlyList<StageTime>? OnStage { get; init; }

    /// <summary>Whether all transactions of the venue are selected.</summary>
    public bool IsEverything => Filter is null && AddedUntil is null;

    /// <summary>The selected transactions. Throws INVALID_INPUT for a malformed search or a date out of range.</summary>
    public IQueryable<TransactionRow> Rows(IngestionDb db)
    {
        var (venueId, filter) = (Venue.Id, Filter ?? new TransactionFilter());
        // A multirange is searched in logarithmic time, however many nights a performer was on stage. PostgreSQL expects that this function
        // selects a third of the rows, and reads them in the order of the list; for the operator it expects next to none, and sorts.
        // The text is read once, in a statement of its own, and not for each row.
        var rows = OnStage is null
            ? db.Transactions
            : db.Transactions.FromSql(
                $"""
                select * from ingestion.transactions
                where multirange_contains_elem((select cast({MultirangeOf(OnStage)} as tstzmultirange)), occurred_at)
                """
            );
        if (OnStage is [var firstTime, ..])
            rows = rows.Where(t => t.OccurredAt >= firstTime.From);
        if (OnStage is [.., { To: { } lastEnd }])
            rows = rows.Where(t => t.OccurredAt < lastEnd);
        rows = rows.AsNoTracking().Where(t => t.VenueId == venueId);
        if (AddedUntil is { } seq)
            rows = rows.Where(t => t.AddedSeq == null || t.AddedSeq <= seq);
        if (UserIdsOfTier is { } userIds)
            rows = rows.Where(t => userIds.Contains(t.UserId!));
        if (filter.BusinessDateFrom is { } firstDate && StartOf(firstDate, "businessDateFrom") is var fromDate)
            rows = rows.Where(t => t.OccurredAt >= fromDate);
        if (filter.BusinessDateTo is { } lastDate && StartOf(lastDate, "businessDateTo", 1) is var toDate)
            rows = rows.Where(t => t.OccurredAt < toDate);
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
        if (filter.CardToken is { } cardToken)
            rows = rows.Where(t => t.CardToken == cardToken);
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

    private Instant StartOf(LocalDate date, string field, int daysLater = 0) =>
        date.Year is >= 1900 and <= 2200
            ? Venue.StartOf(date.PlusDays(daysLater))
            : throw ApiError.InvalidInput($"{field} must lie between the years 1900 and 2200. Pass a date in that range.");

    private static string MultirangeOf(IEnumerable<StageTime> times) =>
        "{"
        + string.Join(
            ',',
            times.Select(t =>
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"[{InstantPattern.ExtendedIso.Format(t.From)},{(t.To is { } to ? InstantPattern.ExtendedIso.Format(to) : "")})"
                )
            )
        )
        + "}";
}

/// <summary>Prepares selections: checks a filter against the venue's connections, and asks the rules for what only they know.</summary>
internal sealed class TransactionSelections(IVenues venues, IPosConnections connections, IMemberTiers tiers, IStageTimes stageTimes)
{
    /// <summary>Throws INVALID_INPUT for a connection of another venue that the caller may see, or of another provider than the filter's.
    /// An unknown connection has no transactions.</summary>
    public async ValueTask<TransactionSelection> ResolveAsync(
        TransactionFilter? filter,
        IVenue venue,
        Caller caller,
        CancellationToken cancellationToken
    )
    {
        if (filter is null)
            return new TransactionSelection(venue, null);
        if (await connections.IsOfAnotherVenueAsync(filter.ConnectionId, venue, venues, caller, cancellationToken))
            throw ApiError.InvalidInput("connectionId belongs to another venue. Pass a connection of this venue.");
        if (
            filter is { Provider: { } provider, ConnectionId: { } connectionId }
            && Guid.TryParse(connectionId, out var id)
            && await connections.FindAsync(id, cancellationToken) is { } connection
            && connection.VenueId == venue.Id
            && connection.Provider != provider
        )
            throw ApiError.InvalidInput("connectionId belongs to another provider than provider says. Pass one of them.");
        return new TransactionSelection(venue, filter)
        {
            UserIdsOfTier = filter.Tier is { } tier ? await tiers.ListUserIdsAsync(venue.Id, tier, cancellationToken) : null,
            OnStage = filter.PerformerId is { } performerId
                ? [.. (await stageTimes.ListAsync(venue.Id, cancellationToken)).Where(t => t.PerformerId == performerId)]
                : null,
        };
    }
}
