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

/// <summary>How far a refund is.</summary>
internal enum RefundStatus
{
    /// <summary>Begun; it counts once it is completed.</summary>
    Pending,

    /// <summary>Given back.</summary>
    Completed,

    /// <summary>Refused by the provider.</summary>
    Rejected,

    /// <summary>Did not go through.</summary>
    Failed,
}

/// <summary>Money given back to a guest.</summary>
/// <param name="Id">A version-7 UUID.</param>
/// <param name="ExternalId">The provider's refund id.</param>
/// <param name="Amount">Given back.</param>
/// <param name="Status">How far it is.</param>
/// <param name="Reason">As the seller wrote it.</param>
/// <param name="CreatedAt">The provider's creation time.</param>
internal sealed record Refund(Guid Id, string ExternalId, Money Amount, RefundStatus Status, string? Reason, Instant CreatedAt);

/// <summary>Its refunds as the provider tells them, the oldest first. Only COMPLETED ones count in refunded.</summary>
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
                // An unlinked refund is a transaction of its own, under its own id.
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
