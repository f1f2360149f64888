using System.Numerics;
using System.Security.Cryptography;
using System.Text;
using Integrations.Contracts.Connections;
using NodaTime;

namespace Ingestion.Syncs;

/// <summary>The position of a run, and the position after a page. Pure. A stream is read window by window, because a provider limits the
/// time span of a query, and a window page by page. Where pages may shift while they are read, a window is read in several passes, until
/// one contains nothing new.</summary>
internal sealed record SyncPosition(
    SyncTrigger Trigger,
    Instant To,
    int Stream,
    Instant WindowStart,
    string? Cursor,
    Instant? ReadUntil,
    int PassPages,
    bool PassFoundChanges
)
{
    // A busy location takes some thousand payments a day, so a listing of this size is no listing any more.
    private const int MaxPagesPerStreamAndDay = 1_000;

    // An order may be edited again and again while it is read. The next sync reads what is left then.
    private const int MaxPasses = 10;

    public int Passes { get; init; }

    /// <summary>An earlier page of this listing; null at its start. A listing that runs in a circle comes back to it: the page is
    /// replaced at each power of two of the number of pages, so it lies on the circle sooner or later and the circle closes before the
    /// next replacement (R. P. Brent, "An improved Monte Carlo factorization algorithm", 1980). One page is enough to store, whatever the
    /// length of the listing.</summary>
    public PageMark? Mark { get; init; }

    /// <summary>What could not be used on the pages so far.</summary>
    public SkippedTally Skipped { get; init; } = SkippedTally.Empty;

    public static SyncPosition Of(SyncRunRow run) =>
        new(run.Trigger, run.ToAt, run.Stream, run.Place, run.Cursor, run.Reached, run.PassPages, run.PassFoundChanges)
        {
            Mark = run.SeenCursor is null && run.SeenPage is null ? null : new PageMark(run.SeenCursor, run.SeenPage),
            Skipped = SkippedTally.Deserialize(run.Skipped),
        };

    /// <summary>How many pages a run may read before it pauses: a thousand for each of the provider's streams and each day, begun or
    /// whole, of the time span.</summary>
    public static int MaxPages(int streams, Instant from, Instant to) =>
        (int)Math.Min(int.MaxValue, (long)MaxPagesPerStreamAndDay * streams * Math.Max(1, (long)Math.Ceiling((to - from).TotalDays)));

    /// <summary>Why the page cannot be the next one of its listing: it leads back to a page that was read before. Null when it
    /// can.</summary>
    public string? FindRepetition(PosPage page) =>
        page.NextCursor is null ? null
        : page.NextCursor == Cursor || (Mark?.Cursor is { } seen && PageMark.HashOf(page.NextCursor) == seen)
            ? "its list of pages leads back to a page that was already read"
        : page.Fingerprint is { } print && print == Mark?.Page ? "it sends a page again that was already read"
        : null;

    /// <summary>The end of the current window.</summary>
    public Instant WindowEnd(Duration maxWindow) => To - WindowStart > maxWindow ? WindowStart + maxWindow : To;

    public bool IsDone(int streams) => Stream >= streams;

    /// <summary>The request for the next page. The time span stays the same for all pages of a window, as providers require.</summary>
    public PageRequest Request(IReadOnlyList<string> streams, Duration maxWindow) =>
        new(streams[Stream], WindowStart, WindowEnd(maxWindow), Cursor);

    /// <summary>The position after a page that was written.</summary>
    /// <param name="page">The page.</param>
    /// <param name="foundChanges">Whether the page contained something new.</param>
    /// <param name="from">The start of the run's time span.</param>
    /// <param name="maxWindow">The longest time span of one query at the provider.</param>
    public SyncPosition After(PosPage page, bool foundChanges, Instant from, Duration maxWindow)
    {
        var current = this with
        {
            PassPages = PassPages + 1,
            PassFoundChanges = PassFoundChanges || foundChanges,
            Skipped = Skipped.Add(page.SkippedItems),
            Mark = Mark is null || BitOperations.IsPow2(PassPages + 1) ? PageMark.Of(page) : Mark,
        };
        if (page.NextCursor is not null)
            return current with { Cursor = page.NextCursor, ReadUntil = page.ResumeAt ?? ReadUntil };
        // A listing that cannot be resumed by time shifts when something in it changes. It is read again until it contains nothing new. A
        // single page cannot shift.
        if ((page.ResumeAt ?? ReadUntil) is null && current.PassPages > 1 && current.PassFoundChanges && Passes + 1 < MaxPasses)
            return current with
            {
                Cursor = null,
                ReadUntil = null,
                Mark = null,
                PassPages = 0,
                PassFoundChanges = false,
                Passes = Passes + 1,
            };
        var end = WindowEnd(maxWindow);
        var next = current with { Cursor = null, ReadUntil = null, Mark = null, PassPages = 0, PassFoundChanges = false, Passes = 0 };
        return end < To ? next with { WindowStart = end } : next with { Stream = Stream + 1, WindowStart = from };
    }

    /// <summary>The position to continue from when the cursor has expired: everything before it has been read.</summary>
    public SyncPosition Rewound() => this with { Cursor = null, WindowStart = ReadUntil ?? WindowStart, ReadUntil = null, Mark = null };

    /// <summary>The position after an outage. The run now reads up to the present, so that it covers the whole gap. A cursor from before
    /// the outage is not used.</summary>
    public SyncPosition Recovering(Instant now) => Rewound() with { Trigger = SyncTrigger.Recovery, To = now };
}

/// <summary>What identifies a page of a listing: the cursor that it leads to and a hash of what it lists.</summary>
/// <param name="Cursor">A hash of the cursor; null on the last page.</param>
/// <param name="Page">A hash of what the page lists; null when it lists nothing.</param>
internal sealed record PageMark(string? Cursor, string? Page)
{
    public static PageMark Of(PosPage page) => new(page.NextCursor is { } cursor ? HashOf(cursor) : null, page.Fingerprint);

    // Cursors can be long, and the hash is stored.
    public static string HashOf(string cursor) => Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(cursor)).AsSpan(0, 12));
}
