using Ingestion.Contracts;
using Ingestion.Transactions;
using Integrations.Contracts;
using NodaTime;
using PosModular.Kernel.Time;

namespace Ingestion.Ledger;

/// <summary>Folds what was seen of payments, refunds and orders into what is known: pure, and the same whatever the order and repetition of the
/// sightings.</summary>
internal sealed class Fold
{
    // A sale is often told of two or three times at once; its order is fetched once for all of them.
    private static readonly Duration Burst = Duration.FromSeconds(1);

    // Providers' orders may be some seconds behind their payments.
    private static readonly Duration Settled = Duration.FromMinutes(5);

    private readonly Known _known;
    private readonly Instant _now;
    private readonly Dictionary<PaymentKey, Draft> _drafts = [];
    private readonly Dictionary<RefundKey, RefundRecord> _refunds = [];
    private readonly Dictionary<OrderWanted, Instant> _wanted = [];
    private readonly HashSet<OrderKey> _stale = [];
    private int _created,
        _updated,
        _unchanged;

    private Fold(Known known, Instant now) => (_known, _now) = (known, now);

    /// <param name="known">What is known of everything that was seen.</param>
    /// <param name="told">What was seen.</param>
    /// <param name="now">The moment of recording.</param>
    public static Folded Apply(Known known, IReadOnlyCollection<Intake> told, Instant now)
    {
        var fold = new Fold(known, now);
        fold.TakePayments(told.SelectMany(i => i.Payments));
        fold.TakeRefunds(told.SelectMany(i => i.Refunds));
        fold.TakeOrders(told.SelectMany(i => i.Orders));
        fold.AskForOrders(told.SelectMany(i => i.ChangedOrders));
        return fold.Publish();
    }

    private void TakePayments(IEnumerable<Sighting> sightings)
    {
        foreach (var group in sightings.GroupBy(s => s.Key))
        {
            var draft = Open(group.Key);
            var before = draft.Before;
            // Told twice is told once, and what is already known is no news.
            var news = group.DistinctBy(s => s.Version).Where(s => s.Version != before?.Version).OrderBy(s => s.Version).ToArray();
            var wins = news.Length > 0 && (before is null || news[^1].Version > before.Version);
            draft.Late = wins ? new ArraySegment<Sighting>(news, 0, news.Length - 1) : news;
            if (wins)
            {
                draft.Winner = news[^1];
                draft.State = StateOf(news[^1], before, draft.Id);
            }
            if (!group.First().RefundOnly)
                Count(before is null, wins);
        }
    }

    private void TakeRefunds(IEnumerable<RefundSighting> sightings)
    {
        foreach (var group in sightings.GroupBy(r => r.Key))
        {
            var before = _known.Refunds.GetValueOrDefault(group.Key);
            var newest = group.MaxBy(r => r.Version)!;
            var wins = before is null || newest.Version > before.Version;
            Count(before is null, wins);
            if (!wins)
                continue;
            // What it gives back never changes at the providers; were it to, both payments would count it.
            var refund = before is null ? newest.Refund : newest.Refund with { PaymentId = before.Refund.PaymentId };
            var record = new RefundRecord(
                before?.Id ?? _now.NewId(),
                group.Key,
                before?.ConnectionId ?? newest.ConnectionId,
                refund,
                newest.Version,
                before?.RecordedAt ?? _now
            );
            _refunds[group.Key] = record;
            if (record.Payment is { } payment)
                Open(payment).Touch(newest.Cause, newest.CauseId);
        }
        AddUpRefunds();
    }

    // For every payment that was seen, also where no refund was: those that came before it count from its first state on.
    private void AddUpRefunds()
    {
        var sums = new Dictionary<(PaymentKey, string Currency), Int128>();
        foreach (var refund in _known.Refunds.Values.Where(r => !_refunds.ContainsKey(r.Key)).Concat(_refunds.Values))
            if (refund is { Refund.State: RefundState.Completed, Payment: { } payment })
                sums[(payment, refund.Refund.Currency)] =
                    sums.GetValueOrDefault((payment, refund.Refund.Currency)) + refund.Refund.AmountMinor;
        foreach (var draft in _drafts.Values)
            if (
                draft.State is { RefundOnly: false } state
                && (long)Int128.Min(long.MaxValue, sums.GetValueOrDefault((state.Key, state.Payment.Currency))) is var sum
                && sum != state.RefundsMinor
            )
                draft.State = state with { RefundsMinor = sum };
    }

    private void TakeOrders(IEnumerable<OrderSighting> sightings)
    {
        foreach (var group in sightings.GroupBy(o => o.Key))
        {
            var newest = group.MaxBy(o => o.Order.Version)!;
            var (order, sales) = (newest.Order, SalesOf(group.Key));
            if (sales.Any(s => s.Breakdown.OrderVersion > order.Version))
            {
                _stale.Add(group.Key);
                continue;
            }
            var payers = sales
                .Where(s => s.Share is not null && s.Payment.Currency == order.Currency && !s.Breakdown.IsThePayments)
                .OrderBy(s => s.Key.ExternalId, StringComparer.Ordinal)
                .ToArray();
            var shares = OrderShares.Of(order.Amounts, [.. payers.Select(s => s.Share!.Value)]);
            foreach (var (payer, share) in payers.Zip(shares))
            {
                var draft = Open(payer.Key);
                draft.State = payer with { Breakdown = Breakdown.Of(share) with { OrderVersion = order.Version } };
                draft.Touch(newest.Cause, newest.CauseId);
            }
        }
    }

    private void AskForOrders(IEnumerable<OrderWanted> changed)
    {
        foreach (var wanted in changed)
            // A sale that is still to come asks for its order itself.
            if (SalesOf(wanted.Key).Any(s => s.Share is not null && !s.Breakdown.IsThePayments))
                Want(wanted, _now);
        foreach (var draft in _drafts.Values)
        {
            if (draft is not { Winner: { RefundOnly: false } winner, State: { } state, Before: var before })
                continue;
            // Its part falls to the others.
            if (
                before is { Breakdown.OrderVersion: not null, Payment.OrderId: { } left }
                && (left != state.Payment.OrderId || state.Share is null)
            )
                Want(Order(left), _now + Burst);
            // Also where an order was told in this very batch: it may be from before this payment. Not so one that was fetched long after it.
            if (
                winner.WithOrder
                && state.Breakdown.OrderVersion is not null
                && _now - winner.Payment.UpdatedAt >= Settled
                && !_stale.Contains(new OrderKey(state.Key.VenueId, state.Key.Provider, state.Payment.OrderId!))
            )
                continue;
            if (
                state is { Share: not null, Payment: { OrderId: { } order, Breakdown: null } }
                && (
                    before is not { Breakdown.OrderVersion: not null }
                    || before.Share != state.Share
                    || before.Payment.OrderId != order
                    || before.Payment.Currency != state.Payment.Currency
                )
            )
                Want(Order(order), _now + Burst);

            OrderWanted Order(string id) => new(new OrderKey(state.Key.VenueId, state.Key.Provider, id), winner.ConnectionId);
        }
    }

    private Folded Publish()
    {
        var ends = new Dictionary<string, long>(_known.Heads);
        var (inserted, updated, versions) = (new List<SaleState>(), new List<SaleState>(), new List<NewVersion>());
        foreach (var draft in _drafts.Values)
        {
            foreach (var late in draft.Late)
                versions.Add(
                    new NewVersion(
                        Next(late.Key.VenueId),
                        StateOf(late, draft.Before, draft.Id),
                        null,
                        Applied: false,
                        Added: false,
                        late.Cause,
                        late.CauseId
                    )
                );
            if (draft.State is not { } state)
                continue;
            var before = draft.Before;
            if (
                draft.Winner is null
                && before is not null
                && before.Status == state.Status
                && before.RefundedMinor == state.RefundedMinor
                && before.Breakdown.SaysTheSame(state.Breakdown)
            )
            {
                if (before.Breakdown != state.Breakdown)
                    updated.Add(state); // the same, of a newer order
                continue;
            }
            var seq = Next(state.Key.VenueId);
            var added = before?.AddedSeq is null && !state.RefundOnly && state.Status.IsPaid();
            var after = state with { LastSeq = seq, AddedSeq = added ? seq : before?.AddedSeq };
            var (cause, causeId) = draft.Winner is { } winner ? (winner.Cause, winner.CauseId) : draft.Reason;
            versions.Add(new NewVersion(seq, after, before?.LastSeq, Applied: true, added, cause, causeId));
            (before is null ? inserted : updated).Add(after);
        }
        return new Folded(
            inserted,
            updated,
            versions,
            ends,
            _refunds.Values,
            [.. _wanted.Select(w => (w.Key, w.Value))],
            new Written(_created, _updated, _unchanged, _stale)
        );

        long Next(string venue) => ends[venue] = ends[venue] + 1;
    }

    private SaleState StateOf(Sighting seen, SaleState? before, Guid id)
    {
        // By hand stays, also untied by hand; so does what the same card has tied, though it may be somebody else's since. Else it is the owner
        // of the card of this very state, so that no earlier state can matter.
        var owner = seen.CardToken is null ? null : _known.OwnerOfCard(seen.Key.VenueId, seen.CardToken);
        var (user, by) =
            before?.MatchedBy == MatchedBy.Hand || (before?.MatchedBy == MatchedBy.Card && before.CardToken == seen.CardToken)
                ? (before.UserId, before.MatchedBy)
            : owner is not null && owner.Has(seen.Payment) ? (owner.UserId, MatchedBy.Card)
            : (null, (MatchedBy?)null);
        return new SaleState
        {
            Id = id,
            Key = seen.Key,
            ConnectionId = before?.ConnectionId ?? seen.ConnectionId,
            Payment = seen.Payment,
            Version = seen.Version,
            CardToken = seen.CardToken,
            UserId = user,
            MatchedBy = by,
            RecordedAt = before?.RecordedAt ?? _now,
            RefundOnly = seen.RefundOnly,
            RulesOff = seen.RulesOff,
            Breakdown = BreakdownOf(seen, before),
        };
    }

    // What the payment tells itself counts as long as it does; what was read from an order stays as long as it is that order.
    private static Breakdown BreakdownOf(Sighting seen, SaleState? before) =>
        seen.RefundOnly ? Breakdown.Of(new PosBreakdown(0, 0, 0))
        : seen.Payment.Breakdown is { } told ? Breakdown.Of(told)
        : before is { Breakdown.OrderVersion: not null }
        && before.Payment.OrderId == seen.Payment.OrderId
        && before.Payment.Currency == seen.Payment.Currency
            ? before.Breakdown
        : default;

    // As they stand by now, in this batch.
    private List<SaleState> SalesOf(OrderKey order)
    {
        var sales = new List<SaleState>();
        foreach (var draft in _drafts.Values)
            Take(draft.State);
        foreach (var (key, sale) in _known.Sales)
            if (!_drafts.ContainsKey(key))
                Take(sale);
        return sales;

        void Take(SaleState? sale)
        {
            if (
                sale is not null
                && sale.Payment.OrderId == order.OrderId
                && sale.Key.VenueId == order.VenueId
                && sale.Key.Provider == order.Provider
            )
                sales.Add(sale);
        }
    }

    private void Want(OrderWanted order, Instant at) =>
        _wanted[order] = _wanted.TryGetValue(order, out var sooner) && sooner < at ? sooner : at;

    private void Count(bool isNew, bool wins)
    {
        if (isNew)
            _created++;
        else if (wins)
            _updated++;
        else
            _unchanged++;
    }

    private Draft Open(PaymentKey key)
    {
        if (!_drafts.TryGetValue(key, out var draft))
        {
            var before = _known.Sales.GetValueOrDefault(key);
            _drafts[key] = draft = new Draft
            {
                Before = before,
                State = before,
                Id = before?.Id ?? _now.NewId(),
            };
        }
        return draft;
    }

    /// <summary>What becomes of one sale in this batch.</summary>
    private sealed class Draft
    {
        public SaleState? Before { get; init; }
        public Guid Id { get; init; }

        /// <summary>Null while only a refund of it is known.</summary>
        public SaleState? State { get; set; }
        public Sighting? Winner { get; set; }

        /// <summary>Kept in the history, not applied.</summary>
        public IReadOnlyList<Sighting> Late { get; set; } = [];

        /// <summary>Why it changed, if not for a state of the payment.</summary>
        public (Cause Cause, string? CauseId) Reason { get; private set; }

        public void Touch(Cause cause, string? causeId) => Reason = (cause, causeId);
    }
}
