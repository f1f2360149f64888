using GraphQL;
using GraphQL.DataLoader;
using Ingestion.Contracts;
using Microsoft.EntityFrameworkCore;
using NodaTime;
using PosModular.Kernel.Batching;
using PosModular.Kernel.Schema;

namespace Rules.LiveSessions;

/// <summary>The performer who was on stage at the transaction's time; null when nobody was. Where sessions overlap, the one that started
/// last decides.</summary>
internal sealed class TransactionPerformer(IDbContextFactory<RulesDb> dbFactory)
{
    [Id]
    public IDataLoaderResult<string?> PerformerId([Parent] ITransaction transaction, IResolveFieldContext context) =>
        BatchLoaders.Load<Instant, string?>(
            context,
            (typeof(TransactionPerformer), transaction.VenueId),
            transaction.OccurredAt,
            async (times, cancellationToken) =>
            {
                await using var db = await dbFactory.CreateDbContextAsync(cancellationToken);
                var (venueId, first, last) = (transaction.VenueId, times.Min(), times.Max());
                var sessions = await db
                    .LiveSessions.AsNoTracking()
                    .Where(s => s.VenueId == venueId && s.StartedAt <= last && (s.EndedAt == null || s.EndedAt > first))
                    .OrderByDescending(s => s.StartedAt)
                    .ThenByDescending(s => s.Id)
                    .ToListAsync(cancellationToken);
                return times.ToDictionary(at => at, at => sessions.FirstOrDefault(s => s.Contains(at))?.PerformerId);
            },
            null
        );
}
