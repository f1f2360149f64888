using System.Runtime.CompilerServices;
using PosModular.Kernel.Time;

namespace PosModular.Kernel.Feed;

/// <summary>A venue's feed as an endless stream, for live subscribers: everything after a place, then what comes, without a gap or a
/// repetition.</summary>
public sealed class FeedTail(FeedSignal signal, TimeProvider time)
{
    private static readonly TimeSpan PollInterval = TimeSpan.FromSeconds(1);

    /// <param name="source">Name of the feed.</param>
    /// <param name="venueId">The venue.</param>
    /// <param name="after">The last sequence number already seen.</param>
    /// <param name="readPage">Up to a page of what follows that number, and the number it has read up to (also when it passed over some).</param>
    /// <param name="cancellationToken">Ends the stream.</param>
    public async IAsyncEnumerable<T> FollowAsync<T>(
        string source,
        string venueId,
        long after,
        Func<long, CancellationToken, Task<(IReadOnlyList<T> Items, long UpTo)>> readPage,
        [EnumeratorCancellation] CancellationToken cancellationToken
    )
    {
        // Listening starts before the first read, so what is committed in between rings.
        using var wakeup = signal.Listen(source, venueId);
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested(); // an end by itself would tell the client that there is no more
            (IReadOnlyList<T> Items, long UpTo) page;
            try
            {
                page = await readPage(after, cancellationToken);
            }
            catch (Exception e) when (Data.DatabaseErrors.IsTransient(e))
            {
                await time.DelayAsync(PollInterval, cancellationToken); // the database is away: the place is kept, nothing is missed
                continue;
            }
            foreach (var item in page.Items)
                yield return item;
            if (page.UpTo > after)
                after = page.UpTo;
            else
                await wakeup.WaitAsync(PollInterval, time, cancellationToken);
        }
    }
}
