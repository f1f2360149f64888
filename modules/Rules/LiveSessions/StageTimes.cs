using Ingestion.Contracts;
using Microsoft.EntityFrameworkCore;
using NodaTime;

namespace Rules.LiveSessions;

/// <summary>Answers from the live sessions of a venue.</summary>
internal sealed class StageTimes(IDbContextFactory<RulesDb> dbFactory) : IStageTimes
{
    public async Task<IReadOnlyList<StageTime>> ListAsync(string venueId, CancellationToken cancellationToken)
    {
        await using var db = await dbFactory.CreateDbContextAsync(cancellationToken);
        return Of(await db.LiveSessions.AsNoTracking().Where(s => s.VenueId == venueId).ToListAsync(cancellationToken));
    }

    /// <summary>Who was on stage when. Pure. Of overlapping sessions the one that started last decides, and of those that started at the
    /// same moment the one with the greater id.</summary>
    public static IReadOnlyList<StageTime> Of(IReadOnlyCollection<LiveSession> sessions)
    {
        var starting = new Queue<LiveSession>(sessions.OrderBy(s => s.StartedAt).ThenBy(s => s.Id));
        var onStage = new PriorityQueue<LiveSession, LiveSession>(
            Comparer<LiveSession>.Create((a, b) => (b.StartedAt, b.Id).CompareTo((a.StartedAt, a.Id)))
        );
        Instant[] moments =
        [
            .. sessions.Select(s => s.StartedAt).Concat(sessions.Select(s => s.EndedAt).OfType<Instant>()).Distinct().Order(),
        ];
        var times = new List<StageTime>();
        for (var i = 0; i < moments.Length; i++)
        {
            while (starting.TryPeek(out var next) && next.StartedAt == moments[i])
                onStage.Enqueue(starting.Dequeue(), next);
            while (onStage.TryPeek(out var ended, out _) && ended.EndedAt <= moments[i])
                onStage.Dequeue();
            if (!onStage.TryPeek(out var current, out _))
                continue;
            Instant? until = i + 1 < moments.Length ? moments[i + 1] : null;
            if (times is [.., var last] && last.To == moments[i] && last.PerformerId == current.PerformerId)
                times[^1] = last with { To = until };
            else
                times.Add(new StageTime(current.PerformerId, moments[i], until));
        }
        return times;
    }
}
