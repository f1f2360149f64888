using System.Runtime.CompilerServices;
using Npgsql;
using PosModular.Kernel.Data;

namespace Ingestion.Ledger;

/// <summary>What became of one item.</summary>
internal enum WriteStatus
{
    /// <summary>It is durable.</summary>
    Stored,

    /// <summary>It cannot be stored as it is: it is at fault itself.</summary>
    Rejected,

    /// <summary>It is not stored, and it is not at fault: the same item may succeed later.</summary>
    Retry,
}

/// <param name="Item">The item.</param>
/// <param name="Status">What became of it.</param>
/// <param name="Error">Why it is not stored; null when it is.</param>
internal readonly record struct WriteOutcome<TItem>(TItem Item, WriteStatus Status, Exception? Error)
{
    /// <summary>Whether the database refused the item, in contrast to being away or busy.</summary>
    public bool IsRefused => Error is { } error && (error.IsDataError() || error.IsIntegrityViolation());

    /// <summary>The error in its own words, which never contain the data of the row.</summary>
    public string Reason => Error is PostgresException p ? $"{p.SqlState}: {p.MessageText}" : Error?.GetType().Name ?? "";
}

/// <summary>Writes items in as few commits as possible and says for each item what became of it. A commit that the database refuses is
/// split until the faulty item stands alone. This is the rule of docs/adr/0006-one-commit-per-batch.md: a data error (SQLSTATE class 22,
/// an index row too large) is the item's own fault; an integrity violation (class 23) is so only if the versions of a neighbour were
/// written, because otherwise the table has changed, say by a newer host; everything else is nobody's fault and passes by
/// itself.</summary>
internal static class IsolatingWriter
{
    /// <summary>Yields each item's outcome as soon as it is known.</summary>
    /// <param name="items">The items. They are written in this order.</param>
    /// <param name="venueOf">The venue whose feed lock an item needs. When a lock is not granted in time, the items of other venues are
    /// written without it.</param>
    /// <param name="write">Writes some of the items in one commit and throws when nothing was written.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public static async IAsyncEnumerable<WriteOutcome<TItem>> WriteAsync<TItem>(
        IReadOnlyList<TItem> items,
        Func<TItem, string> venueOf,
        Func<IReadOnlyList<TItem>, Task<BatchResult>> write,
        [EnumeratorCancellation] CancellationToken cancellationToken = default
    )
    {
        var (suspects, neighbourWritten) = (new List<WriteOutcome<TItem>>(), false);
        var remaining = new Stack<IReadOnlyList<TItem>>(items.Count == 0 ? [] : [items]);
        while (remaining.TryPop(out var part))
        {
            var (result, error) = await TryAsync(write, part, cancellationToken);
            if (error is null)
            {
                neighbourWritten |= result!.WroteVersions;
                foreach (var item in part)
                    yield return new WriteOutcome<TItem>(item, WriteStatus.Stored, null);
            }
            else if (error.IsDataError() || error.IsIntegrityViolation())
            {
                if (part.Count > 1)
                    PushAll([part.Take(part.Count / 2), part.Skip(part.Count / 2)]);
                else if (error.IsDataError())
                    yield return new WriteOutcome<TItem>(part[0], WriteStatus.Rejected, error);
                else
                    suspects.Add(new WriteOutcome<TItem>(part[0], WriteStatus.Retry, error));
            }
            else if (error.IsLockTimeout() && part.GroupBy(venueOf).ToArray() is { Length: > 1 } venues)
                PushAll(venues);
            else
            {
                foreach (var item in part)
                    yield return new WriteOutcome<TItem>(item, WriteStatus.Retry, error);
                if (error.IsLockTimeout())
                    continue;
                // The database is away or busy: the rest would fare no better now.
                foreach (var item in remaining.SelectMany(rest => rest))
                    yield return new WriteOutcome<TItem>(item, WriteStatus.Retry, error);
                remaining.Clear();
            }
        }
        foreach (var suspect in suspects)
            yield return neighbourWritten ? suspect with { Status = WriteStatus.Rejected } : suspect;

        void PushAll(IEnumerable<IEnumerable<TItem>> parts)
        {
            foreach (var next in parts.Reverse())
                remaining.Push([.. next]);
        }
    }

    private static async Task<(BatchResult? Result, Exception? Error)> TryAsync<TItem>(
        Func<IReadOnlyList<TItem>, Task<BatchResult>> write,
        IReadOnlyList<TItem> items,
        CancellationToken cancellationToken
    )
    {
        try
        {
            return (await write(items), null);
        }
        catch (Exception e) when (e is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
        {
            return (null, e);
        }
    }
}
