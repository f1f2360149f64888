using PosModular.Kernel.Feed;
using Shouldly;
using Xunit;

namespace PosModular.Tests.Feed;

/// <summary>A ring is never lost and wakes nobody it is not meant for.</summary>
public sealed class FeedBellTests
{
    private static readonly TimeSpan Long = TimeSpan.FromMinutes(5);
    private readonly FeedSignal _bell = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    // Whether it has been rung: a wait of no time.
    private static Task<bool> RungAsync(FeedSignal.WakeupSignal rope) => rope.WaitAsync(TimeSpan.Zero, TimeProvider.System, Cancel);

    [Fact]
    public async Task A_ring_before_the_wait_is_kept()
    {
        using var rope = _bell.Listen("sales", "v1");
        _bell.Raise("sales", ["v1"]);

        (await rope.WaitAsync(Long, TimeProvider.System, Cancel)).ShouldBeTrue();
    }

    [Fact]
    public async Task A_ring_wakes_who_waits()
    {
        using var rope = _bell.Listen("sales", "v1");
        var waiting = rope.WaitAsync(Long, TimeProvider.System, Cancel);
        waiting.IsCompleted.ShouldBeFalse();
        _bell.Raise("sales", ["v1"]);

        (await waiting).ShouldBeTrue();
    }

    [Fact]
    public async Task Rings_while_nobody_waits_are_one()
    {
        using var rope = _bell.Listen("sales", "v1");
        _bell.Raise("sales", ["v1"]);
        _bell.Raise("sales", ["v1"]);

        (await RungAsync(rope)).ShouldBeTrue();
        (await RungAsync(rope)).ShouldBeFalse();
    }

    [Fact]
    public async Task Another_venue_and_another_feed_wake_nobody()
    {
        using var rope = _bell.Listen("sales", "v1");
        _bell.Raise("sales", ["v2", "V1", "v11"]);
        _bell.Raise("unlocks", ["v1"]);

        (await RungAsync(rope)).ShouldBeFalse();
    }

    [Fact]
    public async Task Who_listens_to_all_venues_is_told_which_have_rung()
    {
        using var rope = _bell.Listen("sales");
        _bell.Raise("sales", ["v1", "v2"]);
        _bell.Raise("sales", ["v2", "v3"]);

        (await RungAsync(rope)).ShouldBeTrue();
        rope.TakeVenueIds().ShouldBe(["v1", "v2", "v3"], ignoreOrder: true);
        rope.TakeVenueIds().ShouldBe([]);
    }

    [Fact]
    public void All_venues_are_told_as_null_even_after_single_ones()
    {
        using var rope = _bell.Listen("sales");
        _bell.Raise("sales", ["v1"]);
        _bell.RaiseLocally("sales", null);

        rope.TakeVenueIds().ShouldBeNull();
        rope.TakeVenueIds().ShouldBe([]);
    }

    [Fact]
    public async Task A_ring_for_all_venues_reaches_every_listener_of_that_feed_only()
    {
        using var one = _bell.Listen("sales", "v1");
        using var every = _bell.Listen("sales");
        using var other = _bell.Listen("unlocks", "v1");
        _bell.RaiseLocally("sales", null);

        (await RungAsync(one)).ShouldBeTrue();
        (await RungAsync(every)).ShouldBeTrue();
        (await RungAsync(other)).ShouldBeFalse();
    }

    [Fact]
    public async Task Everybody_hears_the_alarm()
    {
        using var one = _bell.Listen("sales", "v1");
        using var other = _bell.Listen("unlocks");
        _bell.WakeAll();

        (await RungAsync(one)).ShouldBeTrue();
        (await RungAsync(other)).ShouldBeTrue();
    }

    [Fact]
    public async Task Who_has_left_hears_nothing_and_the_others_still_do()
    {
        var gone = _bell.Listen("sales", "v1");
        using var here = _bell.Listen("sales", "v1");
        gone.Dispose();
        gone.Dispose();
        _bell.Raise("sales", ["v1"]);

        (await RungAsync(gone)).ShouldBeFalse();
        (await RungAsync(here)).ShouldBeTrue();
    }

    [Fact]
    public async Task A_cancelled_wait_throws_and_a_long_one_ends_with_no()
    {
        using var rope = _bell.Listen("sales", "v1");
        using var cancelled = new CancellationTokenSource();
        await cancelled.CancelAsync();

        await Should.ThrowAsync<OperationCanceledException>(() => rope.WaitAsync(Long, TimeProvider.System, cancelled.Token));
        (await RungAsync(rope)).ShouldBeFalse();
    }

    [Fact]
    public void Other_hosts_are_told_what_rings_here_and_not_what_they_have_rung()
    {
        _bell.Raise("sales", ["v1", "v2"]);
        _bell.RaiseLocally("sales", ["v3"]);

        var told = new List<string>();
        while (_bell.Outgoing.Reader.TryRead(out var ring))
            told.Add(ring.VenueId);
        told.ShouldBe(["v1", "v2"]);
    }
}
