using Ingestion.Contracts;
using Ingestion.Ledger;
using Ingestion.Transactions;
using Integrations.Contracts.Connections;
using NodaTime;
using Shouldly;

namespace PosModular.Tests.Ledger;

/// <summary>What the database would hold: folds batch after batch as the writer does.</summary>
internal sealed class TestLedger
{
    public static readonly Guid ConnectionId = new("0193a000-0000-7000-8000-000000000001");
    private readonly Dictionary<string, long> _heads = new() { ["v1"] = 0, ["v2"] = 0 };
    private long _now = 1_700_000_000;

    public Dictionary<PaymentKey, LedgerTransaction> Transactions { get; } = [];
    public List<NewVersion> Versions { get; } = [];
    public Func<string, string, string?> UserOfCard { get; set; } = (_, _) => null;
    public IReadOnlyDictionary<string, long> Heads => _heads;

    public Dictionary<RefundKey, LedgerRefund> Refunds { get; } = [];

    /// <summary>Orders that are to be fetched.</summary>
    public HashSet<OrderKey> OrdersToFetch { get; } = [];

    public static PosConnectionDetails ConnectionOf(string venue) => new(ConnectionId, venue, Provider.Square, "M");

    public static BatchItem Observe(string venue, PosPayment payment) => Observe(venue, new PosObservations { Payments = [payment] });

    public static BatchItem Observe(string venue, PosRefund refund) => Observe(venue, new PosObservations { Refunds = [refund] });

    public static BatchItem Observe(string venue, PosOrder order) => Observe(venue, new PosObservations { Orders = [order] });

    public static BatchItem Observe(string venue, PosObservations observations) =>
        BatchItem.Of(ConnectionOf(venue), observations, VersionCause.Webhook, null);

    public LedgerChanges Write(params IReadOnlyList<BatchItem> batch)
    {
        var known = new LedgerSnapshot(
            new Dictionary<PaymentKey, LedgerTransaction>(Transactions),
            new Dictionary<RefundKey, LedgerRefund>(Refunds),
            _heads,
            (venue, card) => UserOfCard(venue, card) is { } user ? new CardOwner(user, null) : null
        );
        var folded = LedgerMerge.Apply(known, batch, Instant.FromUnixTimeSeconds(_now++));
        foreach (var refund in folded.Refunds)
            Refunds[refund.Key] = refund;
        OrdersToFetch.UnionWith(folded.OrderFetches.Select(w => w.Order.Key));
        foreach (var sale in folded.Inserted)
            Transactions.Add(sale.Key, sale);
        foreach (var sale in folded.Updated)
            Transactions[sale.Key] = sale;
        foreach (var (venue, end) in folded.Heads)
            _heads[venue] = end;
        Versions.AddRange(folded.Versions);
        return folded;
    }

    /// <summary>Fetches what is wanted, as the fetcher does.</summary>
    public void FetchOrders(Func<OrderKey, PosOrder> fetch)
    {
        while (OrdersToFetch.Count > 0)
        {
            var next = OrdersToFetch.First();
            OrdersToFetch.Remove(next);
            Write(Observe(next.VenueId, fetch(next))).Counts.StaleOrders.ShouldBeEmpty();
        }
    }

    /// <summary>What readers get: applied versions, each with the state it replaced.</summary>
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
                    v.PreviousSeq is { } before ? StateOf(bySeq[(v.State.Key.VenueId, before)].State) : null,
                    StateOf(v.State)
                )),
        ];
    }

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
