using Ingestion.Contracts;
using Microsoft.EntityFrameworkCore;
using PosModular.Kernel.Data;

namespace Ingestion.Transactions;

/// <summary>Answers from the transactions of a venue.</summary>
internal sealed class SpendHistory(IDbContextFactory<IngestionDb> dbFactory) : ISpendHistory
{
    public async Task<IReadOnlyList<SpendingTransaction>> ListNewestAsync(
        string venueId,
        string userId,
        int limit,
        CancellationToken cancellationToken
    )
    {
        await using var db = await dbFactory.CreateDbContextAsync(cancellationToken);
        return await db.BoundedAsync("Try again when the host is less busy.", () =>
            db
                .Transactions.AsNoTracking()
                .Where(t => t.VenueId == venueId && t.UserId == userId)
                .OrderByDescending(t => t.OccurredAt)
                .ThenByDescending(t => t.Id)
                .Take(limit)
                .Select(t => new SpendingTransaction(
                    t.Id,
                    t.UserId!,
                    t.Status,
                    t.Currency,
                    t.TotalMinor - t.RefundedMinor,
                    t.OccurredAt,
                    t.RulesOff
                ))
                .ToListAsync(cancellationToken)
        );
    }

    public async Task<IReadOnlyDictionary<long, Guid>> FindTransactionsAsync(
        string venueId,
        IReadOnlyCollection<long> seqs,
        CancellationToken cancellationToken
    )
    {
        await using var db = await dbFactory.CreateDbContextAsync(cancellationToken);
        return await db
            .TransactionVersions.AsNoTracking()
            .Where(v => v.VenueId == venueId && seqs.Contains(v.Seq))
            .ToDictionaryAsync(v => v.Seq, v => v.TransactionId, cancellationToken);
    }
}
