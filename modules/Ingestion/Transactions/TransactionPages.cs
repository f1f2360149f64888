using Microsoft.EntityFrameworkCore;
using NodaTime;
using PosModular.Kernel.Paging;

namespace Ingestion.Transactions;

/// <summary>Pages of all transactions of a venue, which dashboards read most. Their queries are compiled once; queries with a filter are
/// built for each request.</summary>
internal static class TransactionPages
{
    private static readonly Func<IngestionDb, string, int, IAsyncEnumerable<TransactionRow>> Newest = EF.CompileAsyncQuery(
        (IngestionDb db, string venueId, int count) =>
            db
                .Transactions.AsNoTracking()
                .Where(t => t.VenueId == venueId)
                .OrderByDescending(t => t.OccurredAt)
                .ThenByDescending(t => t.Id)
                .Take(count)
    );

    private static readonly Func<IngestionDb, string, Instant, Guid, int, IAsyncEnumerable<TransactionRow>> NewestAfter =
        EF.CompileAsyncQuery(
            (IngestionDb db, string venueId, Instant at, Guid id, int count) =>
                db
                    .Transactions.AsNoTracking()
                    .Where(t => t.VenueId == venueId)
                    .Where(t => EF.Functions.LessThan(ValueTuple.Create(t.OccurredAt, t.Id), ValueTuple.Create(at, id)))
                    .OrderByDescending(t => t.OccurredAt)
                    .ThenByDescending(t => t.Id)
                    .Take(count)
        );

    private static readonly Func<IngestionDb, string, int, IAsyncEnumerable<TransactionRow>> Largest = EF.CompileAsyncQuery(
        (IngestionDb db, string venueId, int count) =>
            db
                .Transactions.AsNoTracking()
                .Where(t => t.VenueId == venueId)
                .OrderByDescending(t => t.TotalMinor)
                .ThenByDescending(t => t.Id)
                .Take(count)
    );

    /// <summary>Reads a page. Throws INVALID_INPUT for a cursor of another list or order.</summary>
    public static async Task<List<TransactionRow>> ReadAsync(
        IngestionDb db,
        TransactionSelection selection,
        TransactionOrder order,
        Page page,
        CancellationToken cancellationToken
    )
    {
        var venueId = selection.Venue.Id;
        var compiled = (order, page.After) switch
        {
            _ when !selection.IsEverything => null,
            (TransactionOrder.NewestFirst, null) => Newest(db, venueId, page.FetchCount),
            (TransactionOrder.LargestFirst, null) => Largest(db, venueId, page.FetchCount),
            (TransactionOrder.NewestFirst, { } after) => ReadNewestAfter(db, venueId, after, page.FetchCount),
            _ => null,
        };
        if (compiled is null)
            return await selection.Rows(db).Sorted(order, page.After).Take(page.FetchCount).ToListAsync(cancellationToken);
        var rows = new List<TransactionRow>(page.FetchCount);
        await foreach (var row in compiled.WithCancellation(cancellationToken))
            rows.Add(row);
        return rows;
    }

    private static IAsyncEnumerable<TransactionRow> ReadNewestAfter(IngestionDb db, string venueId, string after, int count)
    {
        var (at, id) = TransactionPaging.DecodeTime(TransactionOrder.NewestFirst, after);
        return NewestAfter(db, venueId, at, id, count);
    }
}
