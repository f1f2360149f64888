using Integrations.Contracts;
using NodaTime;

namespace Ingestion.Syncs;

/// <summary>Where a run is, and where it is after a page: pure. A stream is read piece by piece (a provider pages through a limited span), a piece page by
/// page and, where its pages may shift while they are read, pass by pass until one brings nothing new.</summary>
internal sealed record SyncStep(
    SyncTrigger Trigger,
    Instant To,
    int Stream,
    Instant Place,
    string? Cursor,
    Instant? Reached,
    int PassPages,
    bool PassNews,
    string? Trouble = null
)
{
    // An order may be edited again and again while it is read; the next sync sees to the rest.
    private const int MostPasses = 10;

    public int Passes { get; init; }

    public static SyncStep Of(SyncRunRow run) =>
        new(run.Trigger, run.ToAt, run.Stream, run.Place, run.Cursor, run.Reached, run.PassPages, run.PassNews);

    /// <summary>The end of the piece under way.</summary>
    public Instant PieceEnd(Duration longest) => To - Place > longest ? Place + longest : To;

    public bool IsDone(int streams) => Stream >= streams;

    /// <summary>The page to ask for: the span stays the same from page to page of a piece, as providers demand.</summary>
    public PageRequest Request(IReadOnlyList<string> streams, Duration longest) => new(streams[Stream], Place, PieceEnd(longest), Cursor);

    /// <summary>After a page that was written.</summary>
    /// <param name="page">The page.</param>
    /// <param name="news">Whether it brought something that was not known.</param>
    /// <param name="from">Where the run's span begins.</param>
    /// <param name="longest">The longest span the provider pages through.</param>
    public SyncStep After(PosPage page, bool news, Instant from, Duration longest)
    {
        var trouble =
            page.Skipped.Count == 0
                ? Trouble
                : $"{page.Skipped.Count} on one page could not be used: {string.Join("; ", page.Skipped.Take(3))}";
        var here = this with { PassPages = PassPages + 1, PassNews = PassNews || news, Trouble = trouble };
        if (page.NextCursor is not null)
            return here with { Cursor = page.NextCursor, Reached = page.ReachedAt ?? Reached };
        // A listing without places shifts when something in it changes: it is read again until it brings nothing new. One page cannot shift.
        if ((page.ReachedAt ?? Reached) is null && here.PassPages > 1 && here.PassNews && Passes + 1 < MostPasses)
            return here with { Cursor = null, Reached = null, PassPages = 0, PassNews = false, Passes = Passes + 1 };
        var end = PieceEnd(longest);
        var next = here with { Cursor = null, Reached = null, PassPages = 0, PassNews = false, Passes = 0 };
        return end < To ? next with { Place = end } : next with { Stream = Stream + 1, Place = from };
    }

    /// <summary>The cursor is no longer good: on from where everything before has been read.</summary>
    public SyncStep Rewound() => this with { Cursor = null, Place = Reached ?? Place, Reached = null };

    /// <summary>After an outage: up to now, so that the gap is covered whole. A cursor of before is not trusted.</summary>
    public SyncStep Recovering(Instant now) => Rewound() with { Trigger = SyncTrigger.Recovery, To = now };
}
