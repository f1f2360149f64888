using GraphQL;
using GraphQL.DataLoader;
using Ingestion.Contracts;
using Microsoft.EntityFrameworkCore;
using NodaTime;
using PosModular.Kernel.Amounts;
using PosModular.Kernel.Batching;
using PosModular.Kernel.Schema;

namespace Ingestion.Transactions;

/// <summary>A state a sale has had.</summary>
/// <param name="Cursor">Its place in the venue's feed.</param>
/// <param name="RecordedAt">When it came in here.</param>
/// <param name="Status">How far the sale was.</param>
/// <param name="Total">What the guest paid, tip included.</param>
/// <param name="Tip">Of it, the tip.</param>
/// <param name="Refunded">Of it, given back.</param>
/// <param name="Tax">Of it; 0 while breakdownComplete is false.</param>
/// <param name="Discount">Taken off before the total; 0 while breakdownComplete is false.</param>
/// <param name="ServiceCharge">Of the total; 0 while breakdownComplete is false.</param>
/// <param name="BreakdownComplete">Whether tax, discount and service charge were known.</param>
/// <param name="UserId">Whose sale it was.</param>
/// <param name="Cause">What brought it: WEBHOOK, SYNC, RECOVERY, LINK, ORDER or HAND.</param>
/// <param name="CauseId">The event or the run.</param>
/// <param name="Applied">False for a state that came when a newer one was known already.</param>
internal sealed record TransactionVersion(
    string Cursor,
    Instant RecordedAt,
    TransactionStatus Status,
    Money Total,
    Money Tip,
    Money Refunded,
    Money Tax,
    Money Discount,
    Money ServiceCharge,
    bool BreakdownComplete,
    [property: Id] string? UserId,
    string Cause,
    string? CauseId,
    bool Applied
)
{
    public static TransactionVersion Of(TransactionVersionRow v) =>
        new(
            PosModular.Kernel.Paging.Cursor.EncodeSequence(Transaction.CursorKind, v.VenueId, v.Seq),
            v.RecordedAt,
            v.Status,
            new Money(v.TotalMinor, v.Currency),
            new Money(v.TipMinor, v.Currency),
            new Money(v.RefundedMinor, v.Currency),
            new Money(v.TaxMinor, v.Currency),
            new Money(v.DiscountMinor, v.Currency),
            new Money(v.ServiceChargeMinor, v.Currency),
            v.BreakdownComplete,
            v.UserId,
            v.Cause.ToString().ToUpperInvariant(),
            v.CauseId,
            v.Applied
        );
}

/// <summary>Every state the sale has had, the oldest first; also those that came too late to count.</summary>
internal sealed class TransactionHistory(IDbContextFactory<IngestionDb> dbFactory)
{
    public IDataLoaderResult<IEnumerable<TransactionVersion>> History([Parent] Transaction transaction, IResolveFieldContext context) =>
        BatchLoaders.Load<Guid, IEnumerable<TransactionVersion>>(
            context,
            (typeof(TransactionHistory), transaction.Venue.Id),
            transaction.Id,
            async (ids, cancellationToken) =>
            {
                await using var db = await dbFactory.CreateDbContextAsync(cancellationToken);
                var venueId = transaction.Venue.Id;
                var rows = await db
                    .TransactionVersions.AsNoTracking()
                    .Where(v => v.VenueId == venueId && ids.Contains(v.TransactionId))
                    .OrderBy(v => v.Seq)
                    .ToListAsync(cancellationToken);
                return rows.GroupBy(v => v.TransactionId).ToDictionary(g => g.Key, g => g.Select(TransactionVersion.Of));
            },
            []
        );
}
