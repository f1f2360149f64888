using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using PosModular.Kernel.Feed;
using Shouldly;
using Xunit;

namespace PosModular.Tests.Feed;

/// <summary>Subscribers receive each event once and in order, however many they are, and each event is read once for all of them.</summary>
public sealed class LiveFeedsTests : IDisposable
{
    private readonly ServiceProvider _services = new ServiceCollection().AddMetrics().BuildServiceProvider();
    private readonly FeedSignal _signal = new();
    private readonly ManualClock _clock = new();
    private readonly TestFeed _feed = new();
    private readonly LiveSubscribers _subscribers;
    private readonly LiveFeeds<Owners, Event> _feeds;

    public LiveFeedsTests()
    {
        _subscribers = new(_services.GetRequiredService<IMeterFactory>());
        _feeds = new(_feed, _subscribers, _signal, _clock);
    }

    public void Dispose() => _services.Dispose();

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    private IAsyncEnumerator<Event> Follow(long after, string user = "owner") =>
        _feeds.FollowAsync("bar", after, owners => owners.Demand(user), e => e, Cancelled).GetAsyncEnumerator(Cancelled);

    private static async Task<List<Event>> TakeAsync(IAsyncEnumerator<Event> subscriber, int count)
    {
        var received = new List<Event>();
        while (received.Count < count && await subscriber.MoveNextAsync())
            received.Add(subscriber.Current);
        return received;
    }

    private void Commit(int count = 1)
    {
        _feed.Add(count);
        _signal.Raise(_feed.Name, ["bar"]);
    }

    [Fact]
    public async Task A_hundred_subscribers_receive_the_same_objects_which_were_read_once()
    {
        _feed.Add(5);
        var subscribers = Enumerable.Range(0, 100).Select(_ => Follow(after: 5)).ToArray();
        var first = subscribers.Select(s => s.MoveNextAsync().AsTask()).ToArray();
        await _feed.Started.Task;
        Commit();
        await Task.WhenAll(first);
        var last = subscribers.Select(s => TakeAsync(s, 20)).ToArray();
        for (var i = 0; i < 20; i++)
            Commit();
        var received = await Task.WhenAll(last);

        received[0].Select(e => e.Seq).ShouldBe(Enumerable.Range(7, 20).Select(i => (long)i));
        foreach (var other in received)
            for (var i = 0; i < 20; i++)
                other[i].ShouldBeSameAs(received[0][i]);
        _feed.EventsRead.ShouldBe(21);
    }

    [Fact]
    public async Task A_subscriber_that_starts_far_behind_receives_everything_once_and_in_order_while_the_feed_moves()
    {
        _feed.Add(500);
        await using var subscriber = Follow(after: 0);

        var received = new List<long>();
        for (var i = 1; i <= 700; i++)
        {
            await subscriber.MoveNextAsync();
            received.Add(subscriber.Current.Seq);
            if (i % 3 == 0 && i <= 600)
                Commit();
        }

        received.ShouldBe(Enumerable.Range(1, 700).Select(i => (long)i));
    }

    [Fact]
    public async Task A_later_event_of_the_same_subject_changes_how_an_earlier_one_is_shown()
    {
        await using var quick = Follow(after: 0);
        await using var slow = Follow(after: 0);
        var waiting = slow.MoveNextAsync();
        var next = quick.MoveNextAsync();
        Commit();
        await next;
        await waiting;
        Commit(2); // The test feed has two subjects, which take turns.
        await TakeAsync(quick, 2);
        _feed.State = "completed";
        Commit(2);
        await TakeAsync(quick, 2);

        (await TakeAsync(slow, 2)).ShouldBe([new(2, "completed"), new(3, "completed")]);
    }

    [Fact]
    public async Task An_event_that_was_committed_after_the_owner_was_withdrawn_is_not_delivered()
    {
        await using var withdrawn = Follow(after: 0, "withdrawn");
        await using var owner = Follow(after: 0);
        Commit();
        (await TakeAsync(withdrawn, 1)).Count.ShouldBe(1);
        (await TakeAsync(owner, 1)).Count.ShouldBe(1);

        _feed.Owners = new Owners(["owner"]);
        Commit();

        await Should.ThrowAsync<UnauthorizedAccessException>(() => withdrawn.MoveNextAsync().AsTask());
        (await TakeAsync(owner, 1))[0].Seq.ShouldBe(2);
    }

    [Fact]
    public async Task An_owner_who_is_withdrawn_is_refused_without_waiting_for_an_event()
    {
        await using var withdrawn = Follow(after: 0, "withdrawn");
        var next = withdrawn.MoveNextAsync();
        await _feed.Started.Task;

        _feed.Owners = new Owners(["owner"]);
        _signal.Raise(_feed.VenueSignal, ["bar"]);

        await Should.ThrowAsync<UnauthorizedAccessException>(() => next.AsTask());
    }

    [Fact]
    public async Task A_commit_whose_signal_was_lost_is_found_by_polling()
    {
        await using var subscriber = Follow(after: 0);
        var next = subscriber.MoveNextAsync();
        await _feed.Started.Task;

        _feed.Add(1);

        (await next.AsTask().WaitAsync(TimeSpan.FromSeconds(30), Cancelled)).ShouldBeTrue();
    }

    [Fact]
    public async Task A_subscriber_that_does_not_take_its_events_holds_up_no_other()
    {
        await using var stuck = Follow(after: 0);
        await using var quick = Follow(after: 0);
        var first = quick.MoveNextAsync();
        Commit();
        await first;
        await stuck.MoveNextAsync();

        for (var i = 0; i < 3_000; i += 10)
        {
            Commit(10);
            await TakeAsync(quick, 10);
        }

        // It reads what is no longer kept in memory from the database, and misses nothing.
        (await TakeAsync(stuck, 3_000)).Select(e => e.Seq).ShouldBe(Enumerable.Range(2, 3_000).Select(i => (long)i));
    }

    [Fact]
    public async Task Nothing_is_read_for_a_venue_that_nobody_follows_any_more()
    {
        await using (var subscriber = Follow(after: 0))
        {
            var next = subscriber.MoveNextAsync();
            Commit();
            await next;
            _subscribers.CountOf(_feed.Name, "bar").ShouldBe(1);
        }
        _subscribers.CountOf(_feed.Name, "bar").ShouldBe(0);
        var read = _feed.EventsRead;

        Commit();
        await using var other = Follow(after: 1);
        (await TakeAsync(other, 1))[0].Seq.ShouldBe(2);

        // The second subscriber started behind the head, so it read the event for itself; the stopped tail read nothing.
        _feed.EventsRead.ShouldBe(read + 1);
    }

    [Fact]
    public async Task An_error_that_lasts_ends_the_stream_with_it()
    {
        _feed.Failure = new InvalidOperationException("broken");

        await using var subscriber = Follow(after: 0);

        (await Should.ThrowAsync<InvalidOperationException>(() => subscriber.MoveNextAsync().AsTask())).Message.ShouldBe("broken");
    }

    [Fact]
    public async Task An_event_behind_those_in_memory_shows_its_subject_as_it_is_when_it_is_taken()
    {
        _feed.Add(100);
        await using var subscriber = Follow(after: 0);
        (await TakeAsync(subscriber, 1)).ShouldBe([new(1, "authorised")]);

        _feed.State = "completed";
        _clock.Advance(TimeSpan.FromMilliseconds(999));
        (await TakeAsync(subscriber, 1)).ShouldBe([new(2, "authorised")]);
        _clock.Advance(TimeSpan.FromMilliseconds(1));
        (await TakeAsync(subscriber, 1)).ShouldBe([new(3, "completed")]);
    }

    [Fact]
    public async Task A_slow_subscriber_that_is_behind_has_short_pages_read_again()
    {
        _feed.Add(500);
        await using var subscriber = Follow(after: 0);
        for (var i = 0; i < 3; i++)
        {
            await subscriber.MoveNextAsync();
            _clock.Advance(TimeSpan.FromSeconds(1));
        }

        _feed.PagesBehind.ShouldBe([(0, 200), (1, 10), (2, 10)]);
    }

    private sealed record Owners(IReadOnlyList<string> UserIds)
    {
        public void Demand(string user)
        {
            if (!UserIds.Contains(user))
                throw new UnauthorizedAccessException();
        }
    }

    private sealed record Event(long Seq, string State);

    private sealed class TestFeed : ILiveFeed<Owners, Event>
    {
        private static readonly Guid[] Subjects = [Guid.NewGuid(), Guid.NewGuid()];
        private readonly Lock _lock = new();
        private long _head;
        private long _tailStart = long.MaxValue;

        public string Name => "ingestion";
        public string VenueSignal => "venues";
        public string State { get; set; } = "authorised";
        public Owners Owners { get; set; } = new(["owner", "withdrawn"]);
        public Exception? Failure { get; set; }
        public int EventsRead { get; private set; }

        /// <summary>Completes when the venue's events are first read, after which they are kept in memory.</summary>
        public TaskCompletionSource Started { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        /// <summary>The pages that a subscriber read for itself.</summary>
        public List<(long After, int Limit)> PagesBehind { get; } = [];

        public void Add(int count)
        {
            lock (_lock)
                _head += count;
        }

        public Task<IReadOnlyDictionary<string, long>> ReadHeadsAsync(
            IReadOnlyCollection<string> venueIds,
            CancellationToken cancellationToken
        )
        {
            lock (_lock)
            {
                _tailStart = Math.Min(_tailStart, _head);
                return Task.FromResult<IReadOnlyDictionary<string, long>>(new Dictionary<string, long> { ["bar"] = _head });
            }
        }

        public Task<LivePage<Owners, Event>> ReadAsync(
            string venueId,
            long keptAfter,
            long after,
            int limit,
            CancellationToken cancellationToken
        )
        {
            Started.TrySetResult();
            if (Failure is not null)
                throw Failure;
            lock (_lock)
            {
                if (after < _tailStart)
                    PagesBehind.Add((after, limit));
                var count = (int)Math.Min(limit, _head - after);
                EventsRead += count;
                var events = Enumerable
                    .Range(1, count)
                    .Select(i => new LiveEvent<Event>(after + i, Subjects[(after + i) % 2], new Event(after + i, State)));
                return Task.FromResult(new LivePage<Owners, Event>(Owners, [.. events]));
            }
        }

        public Event Restate(Event earlier, Event later) => earlier with { State = later.State };
    }

    private sealed class ManualClock : TimeProvider
    {
        private long _elapsed;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public void Advance(TimeSpan span) => Interlocked.Add(ref _elapsed, span.Ticks);

        public override long GetTimestamp() => Interlocked.Read(ref _elapsed);
    }
}
