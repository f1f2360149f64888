using Ingestion.Syncs;
using Integrations.Contracts.Connections;
using NodaTime;
using Shouldly;
using Xunit;

namespace PosModular.Tests.Syncs;

/// <summary>A listing that leads back to a page that was read before is recognised, whatever the length of the circle.</summary>
public sealed class SyncPositionTests
{
    private static readonly Instant From = Instant.FromUtc(2026, 11, 20, 0, 0);
    private static readonly Duration MaxWindow = Duration.FromDays(36_500);

    private static readonly SyncPosition Start = new(
        SyncTrigger.Scheduled,
        From + Duration.FromDays(1),
        0,
        From,
        null,
        null,
        0,
        PassFoundChanges: false
    );

    private static PosPage Page(string? cursor, string? print = null) =>
        new(new PosObservations(), cursor, null, []) { Fingerprint = print };

    // How many pages are read until the repetition is noticed; null when all of them are read.
    private static int? ReadUntilRepetition(SyncPosition position, IEnumerable<PosPage> pages)
    {
        var count = 0;
        foreach (var page in pages)
        {
            if (position.FindRepetition(page) is not null)
                return count;
            // Each page is read by another host, which knows no more than what is stored.
            position = SyncPosition.Of(RowOf(position.After(page, foundChanges: false, From, MaxWindow)));
            count++;
        }
        return null;
    }

    private static SyncRunRow RowOf(SyncPosition position) =>
        new()
        {
            VenueId = "bar",
            Trigger = position.Trigger,
            ToAt = position.To,
            Stream = position.Stream,
            Place = position.WindowStart,
            Cursor = position.Cursor,
            Reached = position.ReadUntil,
            PassPages = position.PassPages,
            PassFoundChanges = position.PassFoundChanges,
            SeenCursor = position.Mark?.Cursor,
            SeenPage = position.Mark?.Page,
            Skipped = position.Skipped.Serialize(),
        };

    [Fact]
    public void The_same_cursor_twice_is_a_repetition() => ReadUntilRepetition(Start, [Page("SAME"), Page("SAME")]).ShouldBe(1);

    [Fact]
    public void The_same_page_under_new_cursors_is_a_repetition() =>
        ReadUntilRepetition(Start, Enumerable.Range(0, 10).Select(i => Page($"c{i}", "print"))).ShouldBe(1);

    [Fact]
    public void A_circle_of_any_length_after_any_start_is_noticed_soon()
    {
        for (var start = 0; start < 20; start++)
        for (var length = 1; length < 20; length++)
        {
            var (begin, circle) = (start, length);
            var pages = Enumerable.Range(0, 200).Select(i => Page(i < begin ? $"start{i}" : $"circle{(i - begin) % circle}"));

            ReadUntilRepetition(Start, pages).ShouldNotBeNull().ShouldBeLessThanOrEqualTo(3 * Math.Max(begin, circle) + 3);
        }
    }

    [Fact]
    public void Different_pages_empty_ones_and_the_last_one_are_no_repetition()
    {
        ReadUntilRepetition(Start, Enumerable.Range(0, 300).Select(i => Page($"c{i}", $"print{i}"))).ShouldBeNull();
        ReadUntilRepetition(Start, Enumerable.Range(0, 300).Select(i => Page($"c{i}"))).ShouldBeNull();
        ReadUntilRepetition(Start, [Page("c1", "print"), Page(null, "print")]).ShouldBeNull();
    }

    [Fact]
    public void A_listing_that_is_restarted_may_show_its_pages_again()
    {
        var position = Start.After(Page("c1", "print"), foundChanges: false, From, MaxWindow);
        position.FindRepetition(Page("c2", "print")).ShouldNotBeNull();

        position.Rewound().FindRepetition(Page("c1", "print")).ShouldBeNull();
        var otherStream = position.After(Page(null), foundChanges: false, From, MaxWindow);
        (otherStream.Stream, otherStream.FindRepetition(Page("c1", "print"))).ShouldBe((1, null));
    }

    [Theory]
    [InlineData(0.01, 3_000)]
    [InlineData(1, 3_000)]
    [InlineData(1.1, 6_000)]
    [InlineData(7, 21_000)]
    public void A_run_may_have_a_thousand_pages_for_each_stream_and_day(double days, int pages) =>
        SyncPosition.MaxPages(3, From, From + Duration.FromDays(days)).ShouldBe(pages);

    [Fact]
    public void What_could_not_be_used_is_counted_by_kind_and_once()
    {
        var page = new PosPage(
            new PosObservations(),
            "next",
            null,
            [
                new SkippedItem(SkippedKind.Payment, "p1: no total"),
                new SkippedItem(SkippedKind.Payment, "p2: no total\0"),
                new SkippedItem(SkippedKind.Payment, "p3: no tip", IsPartial: true),
            ]
        );
        var first = SyncPosition.Of(RowOf(Start.After(page, foundChanges: false, From, MaxWindow)));
        var second = first.After(
            page with
            {
                NextCursor = null,
                SkippedItems = [.. page.SkippedItems, new SkippedItem(SkippedKind.Refund, "r1: no amount")],
            },
            foundChanges: false,
            From,
            MaxWindow
        );

        second.Skipped.Summary.ShouldBe(
            "2 payments could not be used; the first: p1: no total 1 refund could not be used; the first: r1: no amount "
                + "1 payment could be used only in part; the first: p3: no tip"
        );
        Start.Skipped.Summary.ShouldBeNull();
        Start.Skipped.Serialize().ShouldBeNull();
    }

    [Fact]
    public void A_great_number_of_unusable_items_takes_little_space()
    {
        var items = Enumerable.Range(0, 10_000).Select(i => new SkippedItem(SkippedKind.Payment, $"p{i}: {new string('x', 2_000)}"));

        var tally = SkippedTally.Empty.Add(items);

        tally.Summary.ShouldNotBeNull().ShouldStartWith("10000 payments could not be used; the first: p0: xxx");
        tally.Serialize()!.Length.ShouldBeLessThan(8_000);
    }
}
