using CsCheck;
using Ingestion.Ledger;
using Shouldly;
using Xunit;

namespace PosModular.Tests;

/// <summary>One truth per payment: whatever the order, the repetition and the batches its states arrive in.</summary>
public sealed class FoldPropertyTests
{
    private static readonly Gen<(Sighting[] Seen, int Seed)> Arrivals = Gen.Select(Payments.Sighting.Array[0, 14], Gen.Int[0, int.MaxValue]);

    private static string? UserOfCard(string venue, string card) => "owner of " + venue + card;

    private static Book Written(IEnumerable<IReadOnlyList<Sighting>> batches)
    {
        var book = new Book { UserOfCard = UserOfCard };
        foreach (var batch in batches)
            book.Write(batch);
        return book;
    }

    [Fact]
    public void Any_order_repetition_and_batching_ends_in_the_same_state() => Arrivals.Sample((seen, seed) =>
    {
        var (dealt, whole) = (Written(Payments.Dealt(seen, seed)), Written([seen]));

        States(dealt).ShouldBe(States(whole), ignoreOrder: true);
        States(whole).Select(s => s.Version).ShouldBe(seen.GroupBy(s => s.Key).Select(g => g.Max(s => s.Version)), ignoreOrder: true);

        static IEnumerable<(PaymentKey Key, PaymentVersion Version, Ingestion.Contracts.TransactionStatus, long Refunded, string? User, object?)> States(Book book) =>
            book.Sales.Values.Select(s => (s.Key, s.Version, s.Status, s.RefundedMinor, s.UserId, (object?)(s.Payment, s.MatchedBy, s.CardToken, s.ConnectionId)));
    });

    [Fact]
    public void Each_venues_feed_has_no_gap() => Arrivals.Sample((seen, seed) =>
    {
        var book = Written(Payments.Dealt(seen, seed));

        foreach (var (venue, head) in book.Heads)
            book.Versions.Where(v => v.State.Key.VenueId == venue).Select(v => v.Seq).ShouldBe(Enumerable.Range(1, (int)head).Select(n => (long)n));
    });

    [Fact]
    public void Applied_versions_are_linked_one_to_the_next_and_the_others_to_none() => Arrivals.Sample((seen, seed) =>
    {
        var book = Written(Payments.Dealt(seen, seed));

        foreach (var (key, sale) in book.Sales)
        {
            var own = book.Versions.Where(v => v.State.Key == key).ToArray();
            var applied = own.Where(v => v.Applied).ToArray();
            applied.Select(v => v.PreviousSeq).ShouldBe([null, .. applied.SkipLast(1).Select(v => (long?)v.Seq)]);
            applied[^1].Seq.ShouldBe(sale.LastSeq);
            applied[^1].State.ShouldBe(sale);
            applied.Select(v => v.State.Version).ShouldBeInOrder(SortDirection.Ascending);
            own.Where(v => !v.Applied).ShouldAllBe(v => v.PreviousSeq == null && !v.Added);
            own.ShouldAllBe(v => v.State.Id == sale.Id && v.State.RecordedAt == sale.RecordedAt);
        }
    });

    // A batch shows readers only its last word about a payment, so a paid state may pass unseen; then nothing was added.
    [Fact]
    public void A_sale_is_added_once_with_its_first_applied_paid_version_and_never_without_one() => Arrivals.Sample((seen, seed) =>
    {
        var book = Written(Payments.Dealt(seen, seed));

        foreach (var (key, sale) in book.Sales)
        {
            var added = book.Versions.Where(v => v.State.Key == key && v.Added).Select(v => (long?)v.Seq).ToArray();
            var firstPaid = book.Versions.FirstOrDefault(v => v.State.Key == key && v.Applied && Ingestion.Contracts.TransactionStatuses.IsPaid(v.State.Status));
            added.ShouldBe(firstPaid is null ? [] : [firstPaid.Seq]);
            sale.AddedSeq.ShouldBe(firstPaid?.Seq);
        }
    });

    [Fact]
    public void Every_state_seen_stands_in_the_history() => Arrivals.Sample((seen, seed) =>
        Written(Payments.Dealt(seen, seed)).Versions.Select(v => (v.State.Key, v.State.Version)).Distinct()
            .ShouldBe(seen.Select(s => (s.Key, s.Version)).Distinct(), ignoreOrder: true));

    [Fact]
    public void What_is_known_already_writes_nothing() => Arrivals.Sample((seen, _) =>
    {
        var book = Written([seen]);
        var newest = seen.GroupBy(s => s.Key).Select(g => g.MaxBy(s => s.Version)!).ToArray();
        var again = book.Write(newest);

        (again.Inserted.Count, again.Updated.Count, again.Versions.Count).ShouldBe((0, 0, 0));
    });
}
