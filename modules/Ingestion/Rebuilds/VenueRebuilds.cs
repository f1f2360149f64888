using Ingestion.Contracts;
using Microsoft.Extensions.Logging;

namespace Ingestion.Rebuilds;

/// <summary>Runs the rebuilds of all modules for a venue, one after the other.</summary>
internal sealed partial class VenueRebuilds(IEnumerable<IVenueRebuild> rebuilds, ILogger<VenueRebuilds> log)
{
    /// <summary>What differed, and whether everything could be compared.</summary>
    public async Task<(IReadOnlyList<VenueDifference> Differences, bool IsComplete)> RunAsync(
        string venueId,
        bool dryRun,
        CancellationToken cancellationToken
    )
    {
        var (differences, isComplete) = (new List<VenueDifference>(), true);
        foreach (var rebuild in rebuilds)
            if (await rebuild.RunAsync(venueId, dryRun, cancellationToken) is { } found)
                differences.AddRange(found);
            else
                isComplete = false;
        if (differences.Count > 0)
            LogDiffered(log, venueId, differences.Count, dryRun ? "nothing was changed" : "it was corrected");
        return (differences, isComplete);
    }

    [LoggerMessage(LogLevel.Warning, "Venue {Venue} differed from its transactions in {Count} figures; {Outcome}")]
    private static partial void LogDiffered(ILogger log, string venue, int count, string outcome);
}
