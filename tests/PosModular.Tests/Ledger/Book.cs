using Ingestion.Contracts;
using Ingestion.Ledger;
using Ingestion.Transactions;
using Integrations.Contracts.Connections;
using NodaTime;
using Shouldly;

namespace PosModular.Tests.Ledger;

/// <summary>What the database would hold: folds batch after batch as the writer does.</summary>
internal sealed class Book
{
    public static readonly Guid Connection = new("0193a000-0000-7000-8000-000000000001");
    private readonly Dictionary<string, long> _heads = new() { ["v1"] = 0, ["v2"] = 0 };
    private long _now = 1_700_000_000;

    public Dictionary<PaymentKey, LedgerTransaction> Sales { get; } = [];
    public List<NewVersion> Versions { get; } = [];
    public Func<string, string, string?> UserOfCard { get; set; } = (_, _) => null;
    public IReadOnlyDictionary<string, long> Heads => _heads;

    public Dictionary<RefundKey, LedgerRefund> Refunds { get; } = [];

    /// <summary>Orders that are to be fetched.</summary>
    public HashSet<OrderKey> Wanted { get; } = [];

    public static PosConnectionDetails TillOf(string venue) => new(Connection, venue, Provider.Square, "M");

    public static BatchItem Seen(string venue, PosPayment payment) => Seen(venue, new PosObservations { Payments = [payment] });

    public static BatchItem Seen(string venue, PosRefund refund) => Seen(venue, new PosObservations { Refunds = [refund] });

    public static BatchItem Seen(string venue, PosOrder order) => Seen(venue, new PosObservations { Orders = [order] });

    public static BatchItem Seen(string venue, PosObservations facts) => BatchItem.Of(TillOf(venue), facts, VersionCause.Webhook, null);

    public LedgerChanges Write(params IReadOnlyList<BatchItem> batch)
    {
        var known = new LedgerSnapshot(
            new Dictionary<PaymentKey, LedgerTransaction>(Sales),
            new Dictionary<RefundKey, LedgerRefund>(Refunds),
            _heads,
            (venue, card) => UserOfCard(venue, card) is { } user ? new CardOwner(user, null) : null
        );
        var folded = LedgerMerge.Apply(known, batch, Instant.FromUnixTimeSeconds(_now++));
        foreach (var refund in folded.Refunds)
            Refunds[refund.Key] = refund;
        Wanted.UnionWith(folded.OrderFetches.Select(w => w.Order.Key));
        foreach (var sale in folded.Inserted)
            Sales.Add(sale.Key, sale);
        foreach (var sale in folded.Updated)
            Sales[sale.Key] = sale;
        foreach (var (venue, end) in folded.Heads)
            _heads[venue] = end;
        Versions.AddRange(folded.Versions);
        return folded;
    }

    /// <summary>Fetches what is wanted, as the fetcher does.</summary>
    public void Fetch(Func<OrderKey, PosOrder> order)
    {
        while (Wanted.Count > 0)
        {
            var next = Wanted.First();
            Wanted.Remove(next);
            Write(Seen(next.VenueId, order(next))).Counts.StaleOrders.ShouldBeEmpty();
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
                    v.PreviousSeq is { } before ? Sale(bySeq[(v.State.Key.VenueId, before)].State) : null,
                    Sale(v.State)
                )),
        ];
    }

    public static TransactionState Sale(LedgerTransaction s) =>
        new(
            s.Key.Provider,
            s.Status,
            s.Payment.Currency,
            s.Payment.TotalMinor,
            s.Payment.TipMinor,
            s.RefundedMinor,
            s.Payment.Method,
            s.UserId,
            s.Payment.OccurredAt
        )
        {
            TaxMinor = s.Breakdown.TaxMinor,
            DiscountMinor = s.Breakdown.DiscountMinor,
            ServiceChargeMinor = s.Breakdown.ServiceChargeMinor,
            BreakdownComplete = s.Breakdown.IsComplete,
        };
}
