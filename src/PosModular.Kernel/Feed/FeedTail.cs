using System.Runtime.CompilerServices;
using PosModular.Kernel.Data;
using PosModular.Kernel.Time;

namespace PosModular.Kernel.Feed;

/// <summary>Reads up to <paramref name="limit"/> changes after a sequence number, each with its item as it is at the time of
/// reading.</summary>
public delegate Task<FeedPage<T>> ReadFeedPage<T>(long after, int limit, CancellationToken cancellationToken);

/// <summary>A part of a feed.</summary>
/// <param name="Items">The changes in the order of the feed.</param>
/// <param name="UpTo">The sequence number up to which the feed was read, including changes that were left out.</param>
public sealed record FeedPage<T>(IReadOnlyList<(long Seq, T Item)> Items, long UpTo);

/// <summary>Streams a venue's feed to live subscribers: first all changes after a position, then new ones, without a gap or a repetition.
/// The subscriber takes each item as it is at that moment: when the feed has moved since the page was read, or after a second, the rest of
/// the page is read again.</summary>
public sealed class FeedTail(FeedSignal signal, TimeProvider time)
{
    private const int MinLimit = 10;
    private const int MaxLimit = 200;
    private static readonly TimeSpan PollInterval = TimeSpan.FromSeconds(1);

    /// <param name="source">The name of the feed.</param>
    /// <param name="venueId">The venue.</param>
    /// <param name="after">The last sequence number that the subscriber has seen.</param>
    /// <param name="readPage">Reads a page of the feed.</param>
    /// <param name="cancellationToken">Ends the stream with an OperationCanceledException.</param>
    public async IAsyncEnumerable<T> FollowAsync<T>(
        string source,
        string venueId,
        long after,
        ReadFeedPage<T> readPage,
        [EnumeratorCancellation] CancellationToken cancellationToken
    )
    {
        // Listening starts before the first read, so that a commit in between is signalled.
        using var wakeup = signal.Listen(source, venueId);
        var limit = MaxLimit;
        while (true)
        {
            // A stream that ended without an error would tell the client that it is complete.
            cancellationToken.ThrowIfCancellationRequested();
            wakeup.Reset();
            var readAt = time.GetTimestamp();
            FeedPage<T> page;
            try
            {
                page = await readPage(after, limit, cancellationToken);
            }
            catch (Exception e) when (e.IsTransient())
            {
                await time.DelayAsync(PollInterval, cancellationToken); // The position is kept, so nothing is missed.
                continue;
            }
            var (start, taken) = (after, 0);
            foreach (var (seq, item) in page.Items)
            {
                // The subscriber takes items at its own speed, and none may go back behind what another subscription has shown since.
                if (taken > 0 && (wakeup.IsSet || time.GetElapsedTime(readAt) >= PollInterval))
                    break;
                (after, taken) = (seq, taken + 1);
                yield return item;
            }
            if (taken < page.Items.Count)
            {
                limit = Math.Clamp(2 * taken, MinLimit, MaxLimit); // A slow subscriber does not have long pages read again and again.
                continue;
            }
            limit = Math.Min(2 * limit, MaxLimit);
            if (page.UpTo > start)
                after = page.UpTo;
            else
                await wakeup.WaitAsync(PollInterval, time, cancellationToken);
        }
    }
}
