using System.Runtime.CompilerServices;
using PosModular.Kernel.Data;
using PosModular.Kernel.Time;

namespace PosModular.Kernel.Feed;

/// <summary>Streams a venue's feed to live subscribers: first all changes after a position, then new ones, without a gap or a
/// repetition.</summary>
public sealed class FeedTail(FeedSignal signal, TimeProvider time)
{
    private static readonly TimeSpan PollInterval = TimeSpan.FromSeconds(1);

    /// <param name="source">The name of the feed.</param>
    /// <param name="venueId">The venue.</param>
    /// <param name="after">The last sequence number that the subscriber has seen.</param>
    /// <param name="readPage">Reads a page of items after a sequence number, and returns the number up to which it has read, including
    /// changes it left out.</param>
    /// <param name="cancellationToken">Ends the stream with an OperationCanceledException.</param>
    public async IAsyncEnumerable<T> FollowAsync<T>(
        string source,
        string venueId,
        long after,
        Func<long, CancellationToken, Task<(IReadOnlyList<T> Items, long UpTo)>> readPage,
        [EnumeratorCancellation] CancellationToken cancellationToken
    )
    {
        // Listening starts before the first read, so that a commit in between is signalled.
        using var wakeup = signal.Listen(source, venueId);
        while (true)
        {
            // A stream that ended without an error would tell the client that it is complete.
            cancellationToken.ThrowIfCancellationRequested();
            (IReadOnlyList<T> Items, long UpTo) page;
            try
            {
                page = await readPage(after, cancellationToken);
            }
            catch (Exception e) when (e.IsTransient())
            {
                await time.DelayAsync(PollInterval, cancellationToken); // The position is kept, so nothing is missed.
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
