using System.Runtime.CompilerServices;

namespace PosModular.Kernel.Feed;

/// <summary>A venue's feed as an endless stream, for live subscribers: everything after a place, then what comes, without a gap or a
/// repetition.</summary>
public sealed class FeedTail(FeedBell bell, TimeProvider time)
{
    private static readonly TimeSpan Poll = TimeSpan.FromSeconds(1);

    /// <param name="source">Name of the feed.</param>
    /// <param name="venueId">The venue.</param>
    /// <param name="after">The last sequence number already seen.</param>
    /// <param name="read">Up to a page of what follows that number, and the number it has read up to (also when it passed over some).</param>
    /// <param name="ct">Ends the stream.</param>
    public async IAsyncEnumerable<T> Follow<T>(
        string source, string venueId, long after, Func<long, CancellationToken, Task<(IReadOnlyList<T> Items, long UpTo)>> read,
        [EnumeratorCancellation] CancellationToken ct)
    {
        // Listening starts before the first read, so what is committed in between rings.
        using var rope = bell.Listen(source, venueId);
        while (true)
        {
            ct.ThrowIfCancellationRequested(); // an end by itself would tell the client that there is no more
            (IReadOnlyList<T> Items, long UpTo) page;
            try
            {
                page = await read(after, ct);
            }
            catch (Exception e) when (Data.Transience.IsTransient(e))
            {
                await time.WaitAsync(Poll, ct); // the database is away: the place is kept, nothing is missed
                continue;
            }
            foreach (var item in page.Items)
                yield return item;
            if (page.UpTo > after)
                after = page.UpTo;
            else
                await rope.WaitAsync(Poll, time, ct);
        }
    }
}
