using Ingestion.Contracts;
using Ingestion.Ledger;
using Ingestion.Transactions;
using Integrations.Contracts.Connections;
using NodaTime;
using Shouldly;

namespace PosModular.Tests.Ledger;

/// <summary>The ledger in memory: merges one batch after the other as the database writer does.</summary>
internal sealed class TestLedger
{
    public static readonly Guid ConnectionId = new("0193a000-0000-7000-8000-000000000001");
    private readonly Dictionary<string, long> _heads = new() { ["v1"] = 0, ["v2"] = 0 };
    private long _now = 1_700_000_000;

    public Dictionary<PaymentKey, LedgerTransaction> Transactions { get; } = [];
    public List<NewVersion> Versions { get; } = [];
    public List<NewVersion> RefundVersions { get; } = [];
    public Func<string, string, string?> UserOfCard { get; set; } = (_, _) => null;
    public IReadOnlyDictionary<string, long> Heads => _heads;

    public Dictionary<RefundKey, LedgerRefund> Refunds { get; } = [];

    /// <summary>Orders that the merge asked for and that are not fetched yet.</summary>
    public HashSet<OrderKey> OrdersToFetch { get; } = [];

    public static PosConnectionDetails ConnectionOf(string venue) => new(ConnectionId, venue, Provider.Square, "M");

    public static BatchItem Observe(string venue, PosPayment payment) => Observe(venue, new PosObservations { Payments = [payment] });

    public static BatchItem Observe(string venue, PosRefund refund) => Observe(venue, new PosObservations { Refunds = [refund] });

    public static BatchItem Observe(string venue, PosOrder order) => Observe(venue, new PosObservations { Orders = [order] });

    public static BatchItem Observe(string venue, PosObservations observations) =>
        BatchItem.Of(ConnectionOf(venue), observations, VersionCause.Webhook, null);

    public LedgerChanges Write(params IReadOnlyList<BatchItem> batch)
    {
        var snapshot = new LedgerSnapshot(
            new Dictionary<PaymentKey, LedgerTransaction>(Transactions),
            new Dictionary<RefundKey, LedgerRefund>(Refunds),
            _heads,
            (venue, card) => UserOfCard(venue, card) is { } user ? new IdentityOwner(user, null) : null
        );
        var changes = LedgerMerge.Apply(snapshot, batch, Instant.FromUnixTimeSeconds(_now++));
        foreach (var refund in changes.Refunds)
            Refunds[refund.Key] = refund;
        OrdersToFetch.UnionWith(changes.OrderFetches.Select(f => f.Order.Key));
        foreach (var transaction in changes.Inserted)
            Transactions.Add(transaction.Key, transaction);
        foreach (var transaction in changes.Updated)
            Transactions[transaction.Key] = transaction;
        foreach (var (venue, head) in changes.Heads)
            _heads[venue] = head;
        Versions.AddRange(changes.Versions);
        RefundVersions.AddRange(changes.RefundVersions);
        return changes;
    }

    /// <summary>Fetches all orders to fetch, and those that this brings up, as the order fetcher does.</summary>
    public void FetchOrders(Func<OrderKey, PosOrder> fetch)
    {
        while (OrdersToFetch.Count > 0)
        {
            var next = OrdersToFetch.First();
            OrdersToFetch.Remove(next);
            Write(Observe(next.VenueId, fetch(next))).Counts.StaleOrders.ShouldBeEmpty();
        }
    }

    /// <summary>What feed readers get: each applied version together with the state that it replaced.</summary>
    public IReadOnlyList<TransactionChange> Changes()
    {
        var bySeq = Versions.ToDictionary(v => (v.State.Key.VenueId, v.Seq));
        return
        [
            .. Versions
                .Where(v => v.Applied)
                .Select(v => new TransactionChange(
                    v.State.Key.VenueId,
                    v.Seq,
                    v.State.Id,
                    v.State.RecordedAt,
                    v.PreviousSeq is { } previousSeq ? StateOf(bySeq[(v.State.Key.VenueId, previousSeq)].State) : null,
                    StateOf(v.State)
                )),
        ];
    }

    /// <summary>What feed readers get of refunds.</summary>
    public IReadOnlyList<RefundIssued> RefundsIssued() =>
        [
            .. RefundVersions.Select(v => new RefundIssued(
                v.State.Key.VenueId,
                v.Seq,
                v.State.Key.Provider,
                v.State.Payment.Method,
                v.State.Payment.Currency,
                v.State.Payment.OccurredAt,
                v.IssuedMinor!.Value
            )),
        ];

    public static TransactionState StateOf(LedgerTransaction transaction) =>
        new(
            transaction.Key.Provider,
            transaction.Status,
            transaction.Payment.Currency,
            transaction.Payment.TotalMinor,
            transaction.Payment.TipMinor,
            transaction.RefundedMinor,
            transaction.Payment.Method,
            transaction.UserId,
            transaction.Payment.OccurredAt
        )
        {
            TaxMinor = transaction.Breakdown.TaxMinor,
            DiscountMinor = transaction.Breakdown.DiscountMinor,
            ServiceChargeMinor = transaction.Breakdown.ServiceChargeMinor,
            BreakdownComplete = transaction.Breakdown.IsComplete,
        };
}
