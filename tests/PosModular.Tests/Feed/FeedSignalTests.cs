using PosModular.Kernel.Feed;
using Shouldly;
using Xunit;

namespace PosModular.Tests.Feed;

/// <summary>A signal is never lost and wakes only the listeners that it is meant for.</summary>
public sealed class FeedSignalTests
{
    private static readonly TimeSpan MaxWait = TimeSpan.FromMinutes(5);
    private readonly FeedSignal _signal = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    // A wait of zero time tells whether the signal has been raised.
    private static Task<bool> IsRaisedAsync(FeedSubscription listener) => listener.WaitAsync(TimeSpan.Zero, TimeProvider.System, Cancel);

    [Fact]
    public async Task A_signal_raised_before_the_wait_is_kept()
    {
        using var listener = _signal.Listen("ingestion", "v1");
        _signal.Raise("ingestion", ["v1"]);

        (await listener.WaitAsync(MaxWait, TimeProvider.System, Cancel)).ShouldBeTrue();
    }

    [Fact]
    public async Task A_signal_wakes_a_waiting_listener()
    {
        using var listener = _signal.Listen("ingestion", "v1");
        var waiting = listener.WaitAsync(MaxWait, TimeProvider.System, Cancel);
        waiting.IsCompleted.ShouldBeFalse();
        _signal.Raise("ingestion", ["v1"]);

        (await waiting).ShouldBeTrue();
    }

    [Fact]
    public async Task Signals_raised_while_nobody_waits_become_one()
    {
        using var listener = _signal.Listen("ingestion", "v1");
        _signal.Raise("ingestion", ["v1"]);
        _signal.Raise("ingestion", ["v1"]);

        (await IsRaisedAsync(listener)).ShouldBeTrue();
        (await IsRaisedAsync(listener)).ShouldBeFalse();
    }

    [Fact]
    public async Task Another_venue_and_another_feed_wake_nobody()
    {
        using var listener = _signal.Listen("ingestion", "v1");
        _signal.Raise("ingestion", ["v2", "V1", "v11"]);
        _signal.Raise("rules", ["v1"]);

        (await IsRaisedAsync(listener)).ShouldBeFalse();
    }

    [Fact]
    public async Task A_listener_to_all_venues_learns_which_ones_were_raised()
    {
        using var listener = _signal.Listen("ingestion");
        _signal.Raise("ingestion", ["v1", "v2"]);
        _signal.Raise("ingestion", ["v2", "v3"]);

        (await IsRaisedAsync(listener)).ShouldBeTrue();
        listener.TakeVenueIds().ShouldBe(["v1", "v2", "v3"], ignoreOrder: true);
        listener.TakeVenueIds().ShouldBe([]);
    }

    [Fact]
    public void A_signal_for_all_venues_gives_null_even_after_signals_for_single_ones()
    {
        using var listener = _signal.Listen("ingestion");
        _signal.Raise("ingestion", ["v1"]);
        _signal.RaiseLocally("ingestion", null);

        listener.TakeVenueIds().ShouldBeNull();
        listener.TakeVenueIds().ShouldBe([]);
    }

    [Fact]
    public async Task A_signal_for_all_venues_reaches_every_listener_of_that_feed_only()
    {
        using var oneVenue = _signal.Listen("ingestion", "v1");
        using var allVenues = _signal.Listen("ingestion");
        using var otherFeed = _signal.Listen("rules", "v1");
        _signal.RaiseLocally("ingestion", null);

        (await IsRaisedAsync(oneVenue)).ShouldBeTrue();
        (await IsRaisedAsync(allVenues)).ShouldBeTrue();
        (await IsRaisedAsync(otherFeed)).ShouldBeFalse();
    }

    [Fact]
    public async Task WakeAll_wakes_the_listeners_of_every_feed()
    {
        using var oneVenue = _signal.Listen("ingestion", "v1");
        using var otherFeed = _signal.Listen("rules");
        _signal.WakeAll();

        (await IsRaisedAsync(oneVenue)).ShouldBeTrue();
        (await IsRaisedAsync(otherFeed)).ShouldBeTrue();
    }

    [Fact]
    public async Task A_disposed_listener_is_not_woken_and_the_others_still_are()
    {
        var disposed = _signal.Listen("ingestion", "v1");
        using var listening = _signal.Listen("ingestion", "v1");
        disposed.Dispose();
        disposed.Dispose();
        _signal.Raise("ingestion", ["v1"]);

        (await IsRaisedAsync(disposed)).ShouldBeFalse();
        (await IsRaisedAsync(listening)).ShouldBeTrue();
    }

    [Fact]
    public async Task A_cancelled_wait_throws_and_a_wait_that_times_out_returns_false()
    {
        using var listener = _signal.Listen("ingestion", "v1");
        using var cancelled = new CancellationTokenSource();
        await cancelled.CancelAsync();

        await Should.ThrowAsync<OperationCanceledException>(() => listener.WaitAsync(MaxWait, TimeProvider.System, cancelled.Token));
        (await IsRaisedAsync(listener)).ShouldBeFalse();
    }

    [Fact]
    public void Other_hosts_get_signals_raised_here_but_not_the_ones_they_sent()
    {
        _signal.Raise("ingestion", ["v1", "v2"]);
        _signal.RaiseLocally("ingestion", ["v3"]);

        var sent = new List<string>();
        while (_signal.Outgoing.Reader.TryRead(out var signal))
            sent.Add(signal.VenueId);
        sent.ShouldBe(["v1", "v2"]);
    }
}
