using GraphQL;
using Ingestion.Contracts;
using Integrations.Contracts;
using Microsoft.EntityFrameworkCore;
using NodaTime;
using PosModular.Kernel;
using PosModular.Kernel.Schema;

namespace Ingestion.Transactions;

/// <summary>Which sales; all conditions must hold.</summary>
internal sealed record TransactionFilter
{
    /// <summary>Taken at or after.</summary>
    public Instant? From { get; init; }

    /// <summary>Taken before.</summary>
    public Instant? To { get; init; }

    /// <summary>In one of these states.</summary>
    public IReadOnlyList<TransactionStatus>? Statuses { get; init; }
}

/// <summary>One page of sales.</summary>
internal sealed class TransactionConnection(IReadOnlyList<Edge<Transaction>> edges, PageInfo info, Func<CancellationToken, Task<long>> count)
    : Connection<Transaction>(edges, info)
{
    /// <summary>All that the filter lets through; counted only when asked for.</summary>
    public Task<long> TotalCount(CancellationToken ct) => count(ct);
}

/// <summary>The venue's sales, the newest first. Owner only.</summary>
internal sealed class VenueTransactions(IDbContextFactory<IngestionDb> dbs)
{
    private const string Kind = "newest";

    /// <param name="filter">Which sales; all of them when left out.</param>
    /// <param name="first">How many, 1 to 200.</param>
    /// <param name="after">The endCursor of the page before.</param>
    public async Task<TransactionConnection> Transactions(
        [Parent] IVenue venue, IResolveFieldContext context, CancellationToken ct,
        TransactionFilter? filter = null, [DefaultAstValue("50")] int? first = 50, string? after = null)
    {
        context.Caller().Demand(Right.SeeSales, venue);
        var page = Page.Of(first, after);
        await using var db = await dbs.CreateDbContextAsync(ct);
        var rows = Matching(db, venue.Id, filter);
        if (after is not null)
        {
            var (at, id) = Cursor.ReadTime(Kind, after);
            rows = rows.Where(t => EF.Functions.LessThan(ValueTuple.Create(t.OccurredAt, t.Id), ValueTuple.Create(at, id)));
        }
        var found = await rows.OrderByDescending(t => t.OccurredAt).ThenByDescending(t => t.Id).Take(page.Probe).ToListAsync(ct);
        var (edges, info) = Connection.Cut(page, found.ConvertAll(t => new Transaction(venue, t)), t => Cursor.OfTime(Kind, t.OccurredAt, t.Id));
        return new TransactionConnection(edges, info, async token =>
        {
            await using var counting = await dbs.CreateDbContextAsync(token);
            return await Matching(counting, venue.Id, filter).LongCountAsync(token);
        });
    }

    private static IQueryable<TransactionRow> Matching(IngestionDb db, string venueId, TransactionFilter? filter)
    {
        var rows = db.Transactions.AsNoTracking().Where(t => t.VenueId == venueId);
        if (filter?.From is { } from)
            rows = rows.Where(t => t.OccurredAt >= from);
        if (filter?.To is { } to)
            rows = rows.Where(t => t.OccurredAt < to);
        if (filter?.Statuses is { } statuses)
            rows = rows.Where(t => statuses.Contains(t.Status));
        return rows;
    }
}
