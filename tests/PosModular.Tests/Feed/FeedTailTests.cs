using PosModular.Kernel.Feed;
using Shouldly;
using Xunit;

namespace PosModular.Tests.Feed;

/// <summary>A subscriber receives each change once and in order, and always with the item as it is when the subscriber takes it.</summary>
public sealed class FeedTailTests
{
    private const int Changes = 500;
    private readonly FeedSignal _signal = new();
    private readonly ManualClock _clock = new();
    private readonly List<(long After, int Limit)> _reads = [];
    private string _state = "authorised";

    private IAsyncEnumerable<(long Seq, string State)> Follow() =>
        new FeedTail(_signal, _clock).FollowAsync("ingestion", "bar", 0, ReadAsync, TestContext.Current.CancellationToken);

    private Task<FeedPage<(long, string)>> ReadAsync(long after, int limit, CancellationToken cancellationToken)
    {
        _reads.Add((after, limit));
        var count = (int)Math.Min(limit, Changes - after);
        return Task.FromResult(
            new FeedPage<(long, string)>([.. Enumerable.Range(1, count).Select(i => (after + i, (after + i, _state)))], after + count)
        );
    }

    [Fact]
    public async Task A_change_during_a_page_shows_in_its_remaining_items()
    {
        await using var events = Follow().GetAsyncEnumerator(TestContext.Current.CancellationToken);
        await events.MoveNextAsync();
        events.Current.ShouldBe((1, "authorised"));

        _state = "completed";
        _signal.Raise("ingestion", ["bar"]);

        await events.MoveNextAsync();
        events.Current.ShouldBe((2, "completed"));
    }

    [Fact]
    public async Task A_page_that_is_a_second_old_is_read_again_because_another_host_may_have_changed_its_items()
    {
        await using var events = Follow().GetAsyncEnumerator(TestContext.Current.CancellationToken);
        await events.MoveNextAsync();

        _state = "completed";
        _clock.Advance(TimeSpan.FromMilliseconds(999));
        await events.MoveNextAsync();
        events.Current.ShouldBe((2, "authorised"));
        _clock.Advance(TimeSpan.FromMilliseconds(1));
        await events.MoveNextAsync();
        events.Current.ShouldBe((3, "completed"));
    }

    [Fact]
    public async Task Pages_that_are_read_again_leave_no_gap_and_repeat_nothing()
    {
        var received = new List<long>();
        await foreach (var (seq, _) in Follow())
        {
            received.Add(seq);
            if (seq % 7 == 0)
                _signal.Raise("ingestion", ["bar"]);
            if (seq == Changes)
                break;
        }

        received.ShouldBe(Enumerable.Range(1, Changes).Select(i => (long)i));
    }

    [Fact]
    public async Task An_undisturbed_subscriber_costs_one_read_for_each_page()
    {
        await foreach (var (seq, _) in Follow())
            if (seq == Changes)
                break;

        _reads.ShouldBe([(0, 200), (200, 200), (400, 200)]);
    }

    [Fact]
    public async Task A_slow_subscriber_has_short_pages_read_again()
    {
        await foreach (var (seq, _) in Follow())
        {
            _clock.Advance(TimeSpan.FromSeconds(1));
            if (seq == 3)
                break;
        }

        _reads.ShouldBe([(0, 200), (1, 10), (2, 10)]);
    }

    private sealed class ManualClock : TimeProvider
    {
        private long _elapsed;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public void Advance(TimeSpan span) => _elapsed += span.Ticks;

        public override long GetTimestamp() => _elapsed;
    }
}
