using PosModular.Kernel.Feed;
using Shouldly;
using Xunit;

namespace PosModular.Tests.Feed;

/// <summary>A ring is never lost and wakes nobody it is not meant for.</summary>
public sealed class FeedSignalTests
{
    private static readonly TimeSpan MaxWait = TimeSpan.FromMinutes(5);
    private readonly FeedSignal _signal = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    // Whether it has been rung: a wait of no time.
    private static Task<bool> IsRaisedAsync(FeedSignal.WakeupSignal listener) =>
        listener.WaitAsync(TimeSpan.Zero, TimeProvider.System, Cancel);

    [Fact]
    public async Task A_signal_raised_before_the_wait_is_kept()
    {
        using var rope = _signal.Listen("sales", "v1");
        _signal.Raise("sales", ["v1"]);

        (await rope.WaitAsync(MaxWait, TimeProvider.System, Cancel)).ShouldBeTrue();
    }

    [Fact]
    public async Task A_signal_wakes_a_waiting_listener()
    {
        using var rope = _signal.Listen("sales", "v1");
        var waiting = rope.WaitAsync(MaxWait, TimeProvider.System, Cancel);
        waiting.IsCompleted.ShouldBeFalse();
        _signal.Raise("sales", ["v1"]);

        (await waiting).ShouldBeTrue();
    }

    [Fact]
    public async Task Signals_raised_while_nobody_waits_become_one()
    {
        using var rope = _signal.Listen("sales", "v1");
        _signal.Raise("sales", ["v1"]);
        _signal.Raise("sales", ["v1"]);

        (await IsRaisedAsync(rope)).ShouldBeTrue();
        (await IsRaisedAsync(rope)).ShouldBeFalse();
    }

    [Fact]
    public async Task Another_venue_and_another_feed_wake_nobody()
    {
        using var rope = _signal.Listen("sales", "v1");
        _signal.Raise("sales", ["v2", "V1", "v11"]);
        _signal.Raise("unlocks", ["v1"]);

        (await IsRaisedAsync(rope)).ShouldBeFalse();
    }

    [Fact]
    public async Task A_listener_to_all_venues_learns_which_ones_were_raised()
    {
        using var rope = _signal.Listen("sales");
        _signal.Raise("sales", ["v1", "v2"]);
        _signal.Raise("sales", ["v2", "v3"]);

        (await IsRaisedAsync(rope)).ShouldBeTrue();
        rope.TakeVenueIds().ShouldBe(["v1", "v2", "v3"], ignoreOrder: true);
        rope.TakeVenueIds().ShouldBe([]);
    }

    [Fact]
    public void A_signal_for_all_venues_gives_null_even_after_signals_for_single_ones()
    {
        using var rope = _signal.Listen("sales");
        _signal.Raise("sales", ["v1"]);
        _signal.RaiseLocally("sales", null);

        rope.TakeVenueIds().ShouldBeNull();
        rope.TakeVenueIds().ShouldBe([]);
    }

    [Fact]
    public async Task A_signal_for_all_venues_reaches_every_listener_of_that_feed_only()
    {
        using var one = _signal.Listen("sales", "v1");
        using var every = _signal.Listen("sales");
        using var other = _signal.Listen("unlocks", "v1");
        _signal.RaiseLocally("sales", null);

        (await IsRaisedAsync(one)).ShouldBeTrue();
        (await IsRaisedAsync(every)).ShouldBeTrue();
        (await IsRaisedAsync(other)).ShouldBeFalse();
    }

    [Fact]
    public async Task WakeAll_wakes_the_listeners_of_every_feed()
    {
        using var one = _signal.Listen("sales", "v1");
        using var other = _signal.Listen("unlocks");
        _signal.WakeAll();

        (await IsRaisedAsync(one)).ShouldBeTrue();
        (await IsRaisedAsync(other)).ShouldBeTrue();
    }

    [Fact]
    public async Task A_disposed_listener_is_not_woken_and_the_others_still_are()
    {
        var gone = _signal.Listen("sales", "v1");
        using var here = _signal.Listen("sales", "v1");
        gone.Dispose();
        gone.Dispose();
        _signal.Raise("sales", ["v1"]);

        (await IsRaisedAsync(gone)).ShouldBeFalse();
        (await IsRaisedAsync(here)).ShouldBeTrue();
    }

    [Fact]
    public async Task A_cancelled_wait_throws_and_a_wait_that_times_out_returns_false()
    {
        using var rope = _signal.Listen("sales", "v1");
        using var cancelled = new CancellationTokenSource();
        await cancelled.CancelAsync();

        await Should.ThrowAsync<OperationCanceledException>(() => rope.WaitAsync(MaxWait, TimeProvider.System, cancelled.Token));
        (await IsRaisedAsync(rope)).ShouldBeFalse();
    }

    [Fact]
    public void Other_hosts_get_signals_raised_here_but_not_the_ones_they_sent()
    {
        _signal.Raise("sales", ["v1", "v2"]);
        _signal.RaiseLocally("sales", ["v3"]);

        var told = new List<string>();
        while (_signal.Outgoing.Reader.TryRead(out var ring))
            told.Add(ring.VenueId);
        told.ShouldBe(["v1", "v2"]);
    }
}
