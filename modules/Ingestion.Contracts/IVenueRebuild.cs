namespace Ingestion.Contracts;

/// <summary>What a module keeps of a venue that follows from the venue's transactions. Each module with such figures has one, and
/// rebuildVenue runs them all.</summary>
public interface IVenueRebuild
{
    /// <summary>Compares what is stored with what follows from the transactions, and corrects it. Returns what differed; null
    /// when changes that have not been added up yet hinder the comparison.</summary>
    /// <param name="venueId">The venue.</param>
    /// <param name="dryRun">Whether to compare only.</param>
    /// <param name="cancellationToken">Cancels.</param>
    Task<IReadOnlyList<VenueDifference>?> RunAsync(string venueId, bool dryRun, CancellationToken cancellationToken);
}

/// <summary>Something that is stored and does not follow from the transactions.</summary>
/// <param name="Kind">What differs, without a name or an amount: "the spend of a member".</param>
/// <param name="Text">What is stored and what follows from the transactions, as a sentence for those who may see the venue's
/// transactions.</param>
public sealed record VenueDifference(string Kind, string Text);
