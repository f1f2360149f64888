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
    bool PassFoundChanges,
    string? SkippedSummary = null
)
{
    // An order may be edited again and again while it is read. The next sync reads what is left then.
    private const int MaxPasses = 10;

    public int Passes { get; init; }

    public static SyncPosition Of(SyncRunRow run) =>
        new(run.Trigger, run.ToAt, run.Stream, run.Place, run.Cursor, run.Reached, run.PassPages, run.PassFoundChanges);

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
        var skippedSummary =
            page.SkippedItems.Count == 0
                ? SkippedSummary
                : $"{page.SkippedItems.Count} items on one page could not be used: {string.Join("; ", page.SkippedItems.Take(3))}";
        var current = this with
        {
            PassPages = PassPages + 1,
            PassFoundChanges = PassFoundChanges || foundChanges,
            SkippedSummary = skippedSummary,
        };
        if (page.NextCursor is not null)
            return current with { Cursor = page.NextCursor, ReadUntil = page.ResumeAt ?? ReadUntil };
        // A listing that cannot be resumed by time shifts when something in it changes. It is read again until it contains nothing new. A
        // single page cannot shift.
        if ((page.ResumeAt ?? ReadUntil) is null && current.PassPages > 1 && current.PassFoundChanges && Passes + 1 < MaxPasses)
            return current with { Cursor = null, ReadUntil = null, PassPages = 0, PassFoundChanges = false, Passes = Passes + 1 };
        var end = WindowEnd(maxWindow);
        var next = current with { Cursor = null, ReadUntil = null, PassPages = 0, PassFoundChanges = false, Passes = 0 };
        return end < To ? next with { WindowStart = end } : next with { Stream = Stream + 1, WindowStart = from };
    }

    /// <summary>The position to continue from when the cursor has expired: everything before it has been read.</summary>
    public SyncPosition Rewound() => this with { Cursor = null, WindowStart = ReadUntil ?? WindowStart, ReadUntil = null };

    /// <summary>The position after an outage. The run now reads up to the present, so that it covers the whole gap. A cursor from before
    /// the outage is not used.</summary>
    public SyncPosition Recovering(Instant now) => Rewound() with { Trigger = SyncTrigger.Recovery, To = now };
}
