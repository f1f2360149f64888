using System.Runtime.CompilerServices;
using Ingestion.Contracts;
using Microsoft.EntityFrameworkCore;
using NodaTime;
using Npgsql;
using PosModular.Kernel.Data;

namespace Ingestion.Transactions;

/// <summary>Answers from the transactions of a venue.</summary>
internal sealed class SpendHistory(IDbContextFactory<IngestionDb> dbFactory, NpgsqlDataSource database) : ISpendHistory
{
    private const string Columns = "t.id, t.user_id, t.status, t.currency, t.total_minor - t.refunded_minor, t.occurred_at, t.rules_off";

    private const string SelectOfUsers = $"""
        select {Columns} from ingestion.transactions t
        where t.venue_id = $1 and t.user_id = any($2) and t.status = any($3)
        order by t.user_id, t.occurred_at, t.id
        """;

    // The sum without refunds of unknown payments is never below the greatest running sum, so nobody who reached the spend is left out.
    private const string SelectOfSpenders = $"""
        with spenders as materialized (
          select user_id from ingestion.transactions
          where venue_id = $1 and user_id is not null and currency = $2 and status = any($3) and occurred_at < $4
          group by user_id having sum(greatest(total_minor - refunded_minor, 0)) >= $5)
        select {Columns} from spenders s join ingestion.transactions t on t.venue_id = $1 and t.user_id = s.user_id
        where t.status = any($3) and t.occurred_at < $4
        order by t.user_id, t.occurred_at, t.id
        """;

    private static readonly TimeSpan ReadTimeout = TimeSpan.FromSeconds(30);

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

    public IAsyncEnumerable<SpendingTransaction> ReadAsync(
        string venueId,
        IReadOnlyCollection<string> userIds,
        IReadOnlyCollection<TransactionStatus> statuses,
        CancellationToken cancellationToken
    ) => ReadAsync(database.CreateCommand(SelectOfUsers).AddValues(venueId, userIds.ToArray(), Numbers(statuses)), cancellationToken);

    public IAsyncEnumerable<SpendingTransaction> ReadSpendersAsync(
        string venueId,
        string currency,
        long minSpendMinor,
        IReadOnlyCollection<TransactionStatus> statuses,
        Instant? to,
        CancellationToken cancellationToken
    ) =>
        ReadAsync(
            database.CreateCommand(SelectOfSpenders).AddValues(venueId, currency, Numbers(statuses), to ?? Instant.MaxValue, minSpendMinor),
            cancellationToken
        );

    public async Task<IReadOnlyList<string>> ListUsersAsync(
        string venueId,
        Instant from,
        Instant to,
        string afterUserId,
        int limit,
        CancellationToken cancellationToken
    )
    {
        await using var db = await dbFactory.CreateDbContextAsync(cancellationToken);
        return await db
            .Transactions.AsNoTracking()
            .Where(t =>
                t.VenueId == venueId && t.OccurredAt >= from && t.OccurredAt < to && t.UserId != null && t.UserId.CompareTo(afterUserId) > 0
            )
            .Select(t => t.UserId!)
            .Distinct()
            .OrderBy(u => u)
            .Take(limit)
            .ToListAsync(cancellationToken);
    }

    private static short[] Numbers(IEnumerable<TransactionStatus> statuses) => [.. statuses.Select(s => (short)s)];

    private static async IAsyncEnumerable<SpendingTransaction> ReadAsync(
        NpgsqlCommand command,
        [EnumeratorCancellation] CancellationToken cancellationToken
    )
    {
        await using (command)
        {
            command.CommandTimeout = (int)ReadTimeout.TotalSeconds;
            await using var row = await command.ExecuteReaderAsync(cancellationToken);
            while (await row.ReadAsync(cancellationToken))
                yield return new SpendingTransaction(
                    row.GetGuid(0),
                    row.GetString(1),
                    (TransactionStatus)row.GetInt16(2),
                    row.GetString(3),
                    row.GetInt64(4),
                    row.GetFieldValue<Instant>(5),
                    row.GetBoolean(6)
                );
        }
    }
}
