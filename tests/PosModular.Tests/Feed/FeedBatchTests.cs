using PosModular.Kernel.Feed;
using Shouldly;
using Xunit;

namespace PosModular.Tests.Feed;

/// <summary>A reader's position moves only over changes that the reader has seen.</summary>
public sealed class FeedBatchTests
{
    private static FeedBatch Batch(params IReadOnlyList<FeedChangePosition> positions) => new(positions, null);

    [Fact]
    public void Each_venues_position_moves_to_its_last_change() =>
        Batch(new("v1", 4, 3), new("v2", 1, 0), new("v1", 5, 3), new("v1", 6, 3))
            .LastSequences()
            .ShouldBe([("v1", 6), ("v2", 1)], ignoreOrder: true);

    [Fact]
    public void A_gap_between_changes_stops_the_reader() =>
        Should.Throw<InvalidOperationException>(() => Batch(new("v1", 4, 3), new("v1", 6, 3)).LastSequences()).Message.ShouldContain("v1");

    [Fact]
    public void A_gap_after_the_readers_position_stops_it() =>
        Should.Throw<InvalidOperationException>(() => Batch(new FeedChangePosition("v1", 2, 0)).LastSequences());

    [Fact]
    public void A_repeated_change_stops_the_reader() =>
        Should.Throw<InvalidOperationException>(() => Batch(new("v1", 4, 3), new("v1", 4, 3)).LastSequences());

    [Fact]
    public void Changes_out_of_order_stop_the_reader() =>
        Should.Throw<InvalidOperationException>(() => Batch(new("v1", 5, 3), new("v1", 4, 3)).LastSequences());

    [Fact]
    public void An_empty_batch_moves_no_position() => Batch().LastSequences().ShouldBeEmpty();
}
