using GraphQL;
using GraphQL.DataLoader;
using Ingestion.Contracts;
using Microsoft.EntityFrameworkCore;
using NodaTime;
using PosModular.Kernel.Amounts;
using PosModular.Kernel.Batching;
using PosModular.Kernel.Schema;

namespace Ingestion.Transactions;

/// <summary>One recorded state of a transaction.</summary>
/// <param name="Cursor">The version's position in the venue's feed.</param>
/// <param name="RecordedAt">When the version was recorded.</param>
/// <param name="Status">The state of the payment.</param>
/// <param name="Total">What the guest paid, including the tip.</param>
/// <param name="Tip">The tip within the total.</param>
/// <param name="Refunded">Amount refunded so far; never more than the total, except for a refund whose payment is unknown.</param>
/// <param name="Tax">The tax within the total; 0 while breakdownComplete is false.</param>
/// <param name="Discount">The discount that was taken off before the total; 0 while breakdownComplete is false.</param>
/// <param name="ServiceCharge">The service charge within the total; 0 while breakdownComplete is false.</param>
/// <param name="BreakdownComplete">Whether tax, discount and service charge were known.</param>
/// <param name="UserId">The user whom the transaction was matched to; null for nobody.</param>
/// <param name="Cause">What caused the version: WEBHOOK, SYNC, RECOVERY, LINK, ORDER, HAND, RECONCILIATION, CLAIM, MERGE or
/// ERASURE.</param>
/// <param name="CauseId">The id of the event, run, order, user or reconciliation behind the cause; null when there is none.</param>
/// <param name="Applied">Whether the version became the current state. False for a state that arrived when a newer one was already
/// stored.</param>
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

/// <summary>Every recorded state of the transaction, oldest first, including those that arrived too late to be applied.</summary>
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
