using GraphQL;
using GraphQL.DataLoader;
using Ingestion.Transactions;
using Integrations.Contracts.Connections;
using Microsoft.EntityFrameworkCore;
using NodaTime;
using PosModular.Kernel.Amounts;
using PosModular.Kernel.Batching;
using PosModular.Kernel.Schema;

namespace Ingestion.Refunds;

/// <summary>The state of a refund.</summary>
internal enum RefundStatus
{
    /// <summary>The refund has begun. It counts once it is completed.</summary>
    Pending,

    /// <summary>The refund is completed.</summary>
    Completed,

    /// <summary>The provider refused the refund.</summary>
    Rejected,

    /// <summary>The refund failed.</summary>
    Failed,
}

/// <summary>A refund to a guest.</summary>
/// <param name="Id">The refund's id here, a version-7 UUID.</param>
/// <param name="ExternalId">The provider's refund id.</param>
/// <param name="Amount">The amount refunded.</param>
/// <param name="Status">The state of the refund.</param>
/// <param name="Reason">The reason as the seller wrote it; null when there is none.</param>
/// <param name="CreatedAt">When the provider created the refund.</param>
internal sealed record Refund(Guid Id, string ExternalId, Money Amount, RefundStatus Status, string? Reason, Instant CreatedAt);

/// <summary>The transaction's refunds as the provider reports them, oldest first. Only COMPLETED ones count towards refunded.</summary>
internal sealed class TransactionRefunds(IDbContextFactory<IngestionDb> dbFactory)
{
    public IDataLoaderResult<IEnumerable<Refund>> Refunds([Parent] Transaction transaction, IResolveFieldContext context) =>
        BatchLoaders.Load<(Provider Provider, string Id), IEnumerable<Refund>>(
            context,
            (typeof(TransactionRefunds), transaction.Venue.Id),
            (transaction.Provider, transaction.ExternalId),
            async (payments, cancellationToken) =>
            {
                await using var db = await dbFactory.CreateDbContextAsync(cancellationToken);
                var (venueId, providers, ids) = (
                    transaction.Venue.Id,
                    payments.Select(p => p.Provider).Distinct().ToArray(),
                    payments.Select(p => p.Id).ToArray()
                );
                // A refund that names no payment has a transaction of its own, under the refund's id.
                var rows = await db
                    .Refunds.AsNoTracking()
                    .Where(r =>
                        r.VenueId == venueId
                        && providers.Contains(r.Provider)
                        && (ids.Contains(r.PaymentExternalId!) || (r.PaymentExternalId == null && ids.Contains(r.ExternalId)))
                    )
                    .OrderBy(r => r.CreatedAt)
                    .ThenBy(r => r.Id)
                    .ToListAsync(cancellationToken);
                return rows.GroupBy(r => (r.Provider, r.PaymentExternalId ?? r.ExternalId)).ToDictionary(g => g.Key, g => g.Select(Of));
            },
            []
        );

    private static Refund Of(RefundRow row) =>
        new(
            row.Id,
            row.ExternalId,
            new Money(row.AmountMinor, row.Currency),
            row.State switch
            {
                RefundState.Completed => RefundStatus.Completed,
                RefundState.Rejected => RefundStatus.Rejected,
                RefundState.Failed => RefundStatus.Failed,
                _ => RefundStatus.Pending,
            },
            row.Reason,
            row.CreatedAt
        );
}
