using MediatR;
using Npgsql;

namespace PosModular.Kernel.Feed;

/// <summary>A feed as its publisher describes it: the only way facts leave a module (docs/adr/0004-the-feed.md).</summary>
/// <remarks>The publisher has <c>feed_heads (venue_id, seq)</c> and a table of changes keyed (venue_id, seq). It locks the heads of its
/// venues to the commit, so within a venue the sequence has no gap and is the order of the commits.</remarks>
public abstract class FeedSource(string name, string headsTable, string changesSql)
{
    /// <summary>What positions, bells and metrics call it, e.g. <c>ingestion</c>.</summary>
    public string Name { get; } = name;

    /// <summary>With its schema, e.g. <c>ingestion.feed_heads</c>.</summary>
    public string HeadsTable { get; } = headsTable;

    /// <summary>A query over the changes of one venue, <c>b.venue_id</c>, after one place, <c>b.seq</c>, in order; venue_id and seq
    /// are its first columns. It carries no limit.</summary>
    public string ChangesSql { get; } = changesSql;

    /// <summary>Reads all rows; columns start at <paramref name="offset"/>.</summary>
    internal abstract Task<FeedBatch> ReadAsync(NpgsqlDataReader rows, int offset, CancellationToken cancellationToken);
}

/// <summary>A feed of one kind of change, announced as one notification.</summary>
/// <param name="name">See <see cref="FeedSource.Name"/>.</param>
/// <param name="headsTable">See <see cref="FeedSource.HeadsTable"/>.</param>
/// <param name="changesSql">See <see cref="FeedSource.ChangesSql"/>.</param>
/// <param name="readChange">One row, columns from the given ordinal on.</param>
/// <param name="createNotification">The notification of these changes; null when none of them matters to readers.</param>
public sealed class FeedSource<TChange>(
    string name,
    string headsTable,
    string changesSql,
    Func<NpgsqlDataReader, int, TChange> readChange,
    Func<IReadOnlyList<TChange>, INotification?> createNotification
) : FeedSource(name, headsTable, changesSql)
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

/// <summary>Where a change stands, and the reader's position in that venue before this batch.</summary>
internal sealed record FeedChangePosition(string VenueId, long Seq, long From);

/// <summary>Changes of one or more venues, each venue's in order and without a gap.</summary>
internal sealed record FeedBatch(IReadOnlyList<FeedChangePosition> Positions, INotification? Notification)
{
    /// <summary>The last sequence number of each venue in it. Throws <see cref="FeedGapException"/> when a number is missing: nothing may be
    /// skipped unseen.</summary>
    public IReadOnlyList<(string VenueId, long From, long To)> SequenceRanges()
    {
        var ranges = new Dictionary<string, (long From, long To)>();
        foreach (var position in Positions)
        {
            var before = ranges.TryGetValue(position.VenueId, out var range) ? range : (position.From, To: position.From);
            if (position.Seq != before.To + 1)
                throw new FeedGapException(position.VenueId, before.To, position.Seq);
            ranges[position.VenueId] = (before.From, position.Seq);
        }
        return [.. ranges.Select(e => (e.Key, e.Value.From, e.Value.To))];
    }
}

/// <summary>A number is missing in a venue's feed: somebody has taken it out of the database.</summary>
internal sealed class FeedGapException(string venueId, long from, long to)
    : InvalidOperationException($"The feed of venue {venueId} jumps from {from} to {to}.")
{
    public string VenueId => venueId;
}
