using Ingestion.Contracts;
using Microsoft.EntityFrameworkCore;
using PosModular.Kernel.Time;

namespace Rules.Spend;

/// <summary>Tells how far the spend rules have followed a venue's feed. A mutation that has changed transactions waits for them, so that it
/// can return members as they are after the change.</summary>
internal sealed class EvaluationProgress(IDbContextFactory<RulesDb> dbFactory, TimeProvider time)
{
    private static readonly TimeSpan MaxWait = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(20);

    /// <summary>Waits until a change has been evaluated, but no longer than two seconds; returns whether it has.</summary>
    public async Task<bool> WaitAsync(string venueId, long seq, CancellationToken cancellationToken)
    {
        var startedAt = time.GetTimestamp();
        while (await ReadPositionAsync(venueId, cancellationToken) < seq)
        {
            if (time.GetElapsedTime(startedAt) > MaxWait)
                return false;
            await time.DelayAsync(PollInterval, cancellationToken);
        }
        return true;
    }

    private async Task<long> ReadPositionAsync(string venueId, CancellationToken cancellationToken)
    {
        await using var db = await dbFactory.CreateDbContextAsync(cancellationToken);
        return await db
            .FeedPositions.AsNoTracking()
            .Where(p => p.Source == TransactionsChanged.Feed && p.VenueId == venueId)
            .Select(p => p.Seq)
            .SingleOrDefaultAsync(cancellationToken);
    }
}
