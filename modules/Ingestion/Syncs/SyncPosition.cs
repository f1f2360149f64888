using Integrations.Contracts.Connections;
using NodaTime;

namespace Ingestion.Syncs;

/// <summary>Where a run is, and where it is after a page: pure. A stream is read piece by piece (a provider pages through a limited span), a piece page by
/// page and, where its pages may shift while they are read, pass by pass until one brings nothing new.</summary>
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
    // An order may be edited again and again while it is read; the next sync sees to the rest.
    private const int MaxPasses = 10;

    public int Passes { get; init; }

    public static SyncPosition Of(SyncRunRow run) =>
        new(run.Trigger, run.ToAt, run.Stream, run.Place, run.Cursor, run.Reached, run.PassPages, run.PassFoundChanges);

    /// <summary>The end of the piece under way.</summary>
    public Instant WindowEnd(Duration maxWindow) => To - WindowStart > maxWindow ? WindowStart + maxWindow : To;

    public bool IsDone(int streams) => Stream >= streams;

    /// <summary>The page to ask for: the span stays the same from page to page of a piece, as providers demand.</summary>
    public PageRequest Request(IReadOnlyList<string> streams, Duration maxWindow) =>
        new(streams[Stream], WindowStart, WindowEnd(maxWindow), Cursor);

    /// <summary>After a page that was written.</summary>
    /// <param name="page">The page.</param>
    /// <param name="foundChanges">Whether it brought something that was not known.</param>
    /// <param name="from">Where the run's span begins.</param>
    /// <param name="maxWindow">The longest span the provider pages through.</param>
    public SyncPosition After(PosPage page, bool foundChanges, Instant from, Duration maxWindow)
    {
        var skippedSummary =
            page.SkippedItems.Count == 0
                ? SkippedSummary
                : $"{page.SkippedItems.Count} on one page could not be used: {string.Join("; ", page.SkippedItems.Take(3))}";
        var current = this with
        {
            PassPages = PassPages + 1,
            PassFoundChanges = PassFoundChanges || foundChanges,
            SkippedSummary = skippedSummary,
        };
        if (page.NextCursor is not null)
            return current with { Cursor = page.NextCursor, ReadUntil = page.ResumeAt ?? ReadUntil };
        // A listing without places shifts when something in it changes: it is read again until it brings nothing new. One page cannot shift.
        if ((page.ResumeAt ?? ReadUntil) is null && current.PassPages > 1 && current.PassFoundChanges && Passes + 1 < MaxPasses)
            return current with { Cursor = null, ReadUntil = null, PassPages = 0, PassFoundChanges = false, Passes = Passes + 1 };
        var end = WindowEnd(maxWindow);
        var next = current with { Cursor = null, ReadUntil = null, PassPages = 0, PassFoundChanges = false, Passes = 0 };
        return end < To ? next with { WindowStart = end } : next with { Stream = Stream + 1, WindowStart = from };
    }

    /// <summary>The cursor is no longer good: on from where everything before has been read.</summary>
    public SyncPosition Rewound() => this with { Cursor = null, WindowStart = ReadUntil ?? WindowStart, ReadUntil = null };

    /// <summary>After an outage: up to now, so that the gap is covered whole. A cursor of before is not trusted.</summary>
    public SyncPosition Recovering(Instant now) => Rewound() with { Trigger = SyncTrigger.Recovery, To = now };
}
