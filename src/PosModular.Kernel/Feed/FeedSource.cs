using MediatR;
using Npgsql;

namespace PosModular.Kernel.Feed;

/// <summary>A feed, as its publishing module describes it. Feeds are the only way in which facts leave a module
/// (docs/adr/0004-the-feed.md).</summary>
/// <remarks>The publisher has the table <c>feed_heads (venue_id, seq)</c> and a table of changes with the key (venue_id, seq). It locks
/// the heads of the venues concerned until the commit, so within a venue the sequence has no gap and equals the order of the
/// commits.</remarks>
public abstract class FeedSource(string name, string headsTable, string changesSql, string? signal)
{
    /// <summary>Its name in positions, signals and metrics, e.g. <c>ingestion</c>.</summary>
    public string Name { get; } = name;

    /// <summary>The signal that is raised after each commit: the feed's name, unless the same changes are published in several
    /// forms.</summary>
    public string Signal { get; } = signal ?? name;

    /// <summary>The qualified name of the table, e.g. <c>ingestion.feed_heads</c>.</summary>
    public string HeadsTable { get; } = headsTable;

    /// <summary>A query without a limit for the changes of the venue <c>b.venue_id</c> after the sequence <c>b.seq</c>, in order. Its
    /// first columns are venue_id and seq.</summary>
    public string ChangesSql { get; } = changesSql;

    /// <summary>Reads all rows. Their columns start at the ordinal <paramref name="offset"/>.</summary>
    internal abstract Task<FeedBatch> ReadAsync(NpgsqlDataReader rows, int offset, CancellationToken cancellationToken);
}

/// <summary>A feed of one kind of change; a batch of changes is published as one notification.</summary>
/// <param name="name">See <see cref="FeedSource.Name"/>.</param>
/// <param name="headsTable">See <see cref="FeedSource.HeadsTable"/>.</param>
/// <param name="changesSql">See <see cref="FeedSource.ChangesSql"/>.</param>
/// <param name="readChange">Reads one row whose columns start at the given ordinal.</param>
/// <param name="createNotification">Creates the notification of these changes; null when none of them concerns readers.</param>
/// <param name="signal">See <see cref="FeedSource.Signal"/>; null for the name.</param>
public sealed class FeedSource<TChange>(
    string name,
    string headsTable,
    string changesSql,
    Func<NpgsqlDataReader, int, TChange> readChange,
    Func<IReadOnlyList<TChange>, INotification?> createNotification,
    string? signal = null
) : FeedSource(name, headsTable, changesSql, signal)
{
    internal override async Task<FeedBatch> ReadAsync(NpgsqlDataReader rows, int offset, CancellationToken cancellationToken)
    {
        var positions = new List<FeedChangePosition>();
        var changes = new List<TChange>();
        while (await rows.ReadAsync(cancellationToken))
        {
            positions.Add(new FeedChangePosition(rows.GetString(offset), rows.GetInt64(offset + 1), rows.GetInt64(0)));
            changes.Add(readChange(rows, offset));
        }
        return new FeedBatch(positions, changes.Count == 0 ? null : createNotification(changes));
    }
}

/// <summary>The position of a change, and that of the reader in the same venue before the batch.</summary>
internal sealed record FeedChangePosition(string VenueId, long Seq, long ReaderSeq);

/// <summary>Changes of one or more venues, in order within each venue.</summary>
internal sealed record FeedBatch(IReadOnlyList<FeedChangePosition> Positions, INotification? Notification)
{
    /// <summary>The last sequence number of each venue. Throws <see cref="FeedGapException"/> when a number is missing, since no change
    /// may be skipped unnoticed.</summary>
    public IReadOnlyList<(string VenueId, long Seq)> LastSequences()
    {
        var ends = new Dictionary<string, long>();
        foreach (var (venueId, seq, readerSeq) in Positions)
        {
            var previous = ends.GetValueOrDefault(venueId, readerSeq);
            ends[venueId] = seq == previous + 1 ? seq : throw new FeedGapException(venueId, previous, seq);
        }
        return [.. ends.Select(e => (e.Key, e.Value))];
    }
}

/// <summary>A sequence number is missing in a venue's feed: somebody has deleted the change from the database.</summary>
internal sealed class FeedGapException(string venueId, long from, long to)
    : InvalidOperationException($"The feed of venue {venueId} jumps from {from} to {to}.")
{
    public string VenueId => venueId;
}
