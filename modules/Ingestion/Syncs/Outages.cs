using Ingestion.Contracts;
using Microsoft.EntityFrameworkCore;
using NodaTime;

namespace Ingestion.Syncs;

/// <summary>Answers from the recovery runs.</summary>
internal sealed class Outages(IDbContextFactory<IngestionDb> dbFactory) : IOutages
{
    public async Task<IReadOnlyList<Outage>> ListAsync(Instant since, CancellationToken cancellationToken)
    {
        await using var db = await dbFactory.CreateDbContextAsync(cancellationToken);
        return await db
            .SyncRuns.AsNoTracking()
            .Where(r => r.Trigger == SyncTrigger.Recovery && r.Status == SyncStatus.Completed && r.FinishedAt >= since)
            .Select(r => new Outage(r.ConnectionId, r.FromAt, r.ToAt, r.FinishedAt!.Value))
            .ToListAsync(cancellationToken);
    }
}
