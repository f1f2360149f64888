using Ingestion.Contracts;
using Ingestion.Transactions;
using Integrations.Contracts.Connections;
using NodaTime;
using PosModular.Kernel.Time;

namespace Ingestion.Ledger;

/// <summary>Folds what was seen of payments, refunds and orders into what is known: pure, and the same whatever the order and repetition of the
/// sightings.</summary>
internal sealed class LedgerMerge
{
    // A sale is often told of two or three times at once; its order is fetched once for all of them.
    private static readonly Duration OrderFetchDebounce = Duration.FromSeconds(1);

    // Providers' orders may be some seconds behind their payments.
    private static readonly Duration OrderSettleTime = Duration.FromMinutes(5);

    private readonly LedgerSnapshot _snapshot;
    private readonly Instant _now;
    private readonly Dictionary<PaymentKey, Draft> _drafts = [];
    private readonly Dictionary<RefundKey, LedgerRefund> _refunds = [];
    private readonly Dictionary<OrderFetchRequest, Instant> _orderFetches = [];
    private readonly HashSet<OrderKey> _staleOrders = [];
    private int _created,
        _updated,
        _unchanged;

    private LedgerMerge(LedgerSnapshot snapshot, Instant now) => (_snapshot, _now) = (snapshot, now);

    /// <param name="snapshot">What is known of everything that was seen.</param>
    /// <param name="items">What was seen.</param>
    /// <param name="now">The moment of recording.</param>
    public static LedgerChanges Apply(LedgerSnapshot snapshot, IReadOnlyCollection<BatchItem> items, Instant now)
    {
        var merge = new LedgerMerge(snapshot, now);
        merge.MergePayments(items.SelectMany(i => i.Payments));
        merge.MergeRefunds(items.SelectMany(i => i.Refunds));
        merge.MergeOrders(items.SelectMany(i => i.Orders));
        merge.RequestOrders(items.SelectMany(i => i.ChangedOrders));
        return merge.BuildChanges();
    }

    private void MergePayments(IEnumerable<ObservedPayment> payments)
    {
        foreach (var group in payments.GroupBy(s => s.Key))
        {
            var draft = GetOrAddDraft(group.Key);
            var before = draft.Before;
            // Told twice is told once, and what is already known is no news.
            var newVersions = group.DistinctBy(s => s.Version).Where(s => s.Version != before?.Version).OrderBy(s => s.Version).ToArray();
            var becomesCurrent = newVersions.Length > 0 && (before is null || newVersions[^1].Version > before.Version);
            draft.Superseded = becomesCurrent ? new ArraySegment<ObservedPayment>(newVersions, 0, newVersions.Length - 1) : newVersions;
            if (becomesCurrent)
            {
                draft.Applied = newVersions[^1];
                draft.State = BuildState(newVersions[^1], before, draft.Id);
            }
            if (!group.First().IsRefundOnly)
                Count(before is null, becomesCurrent);
        }
    }

    private void MergeRefunds(IEnumerable<ObservedRefund> refunds)
    {
        foreach (var group in refunds.GroupBy(r => r.Key))
        {
            var before = _snapshot.Refunds.GetValueOrDefault(group.Key);
            var newest = group.MaxBy(r => r.Version)!;
            var becomesCurrent = before is null || newest.Version > before.Version;
            Count(before is null, becomesCurrent);
            if (!becomesCurrent)
                continue;
            // What it gives back never changes at the providers; were it to, both payments would count it.
            var refund = before is null ? newest.Refund : newest.Refund with { PaymentId = before.Refund.PaymentId };
            var record = new LedgerRefund(
                before?.Id ?? _now.NewId(),
                group.Key,
                before?.ConnectionId ?? newest.ConnectionId,
                refund,
                newest.Version,
                before?.RecordedAt ?? _now
            );
            _refunds[group.Key] = record;
            if (record.Payment is { } payment)
                GetOrAddDraft(payment).SetReason(newest.Cause, newest.CauseId);
        }
        AddUpRefunds();
    }

    // For every payment that was seen, also where no refund was: those that came before it count from its first state on.
    private void AddUpRefunds()
    {
        var sums = new Dictionary<(PaymentKey, string Currency), Int128>();
        foreach (var refund in _snapshot.Refunds.Values.Where(r => !_refunds.ContainsKey(r.Key)).Concat(_refunds.Values))
            if (refund is { Refund.State: RefundState.Completed, Payment: { } payment })
                sums[(payment, refund.Refund.Currency)] =
                    sums.GetValueOrDefault((payment, refund.Refund.Currency)) + refund.Refund.AmountMinor;
        foreach (var draft in _drafts.Values)
            if (
                draft.State is { IsRefundOnly: false } state
                && (long)Int128.Min(long.MaxValue, sums.GetValueOrDefault((state.Key, state.Payment.Currency))) is var sum
                && sum != state.RefundsMinor
            )
                draft.State = state with { RefundsMinor = sum };
    }

    private void MergeOrders(IEnumerable<ObservedOrder> orders)
    {
        foreach (var group in orders.GroupBy(o => o.Key))
        {
            var newest = group.MaxBy(o => o.Order.Version)!;
            var (order, sales) = (newest.Order, TransactionsOf(group.Key));
            if (sales.Any(s => s.Breakdown.OrderVersion > order.Version))
            {
                _staleOrders.Add(group.Key);
                continue;
            }
            var payers = sales
                .Where(s => s.OrderShareWeight is not null && s.Payment.Currency == order.Currency && !s.Breakdown.IsFromPayment)
                .OrderBy(s => s.Key.ExternalId, StringComparer.Ordinal)
                .ToArray();
            var shares = OrderShares.Of(order.Amounts, [.. payers.Select(s => s.OrderShareWeight!.Value)]);
            foreach (var (payer, share) in payers.Zip(shares))
            {
                var draft = GetOrAddDraft(payer.Key);
                draft.State = payer with { Breakdown = Breakdown.Of(share) with { OrderVersion = order.Version } };
                draft.SetReason(newest.Cause, newest.CauseId);
            }
        }
    }

    private void RequestOrders(IEnumerable<OrderFetchRequest> changed)
    {
        foreach (var wanted in changed)
            // A sale that is still to come asks for its order itself.
            if (TransactionsOf(wanted.Key).Any(s => s.OrderShareWeight is not null && !s.Breakdown.IsFromPayment))
                RequestOrder(wanted, _now);
        foreach (var draft in _drafts.Values)
        {
            if (draft is not { Applied: { IsRefundOnly: false } winner, State: { } state, Before: var before })
                continue;
            // Its part falls to the others.
            if (
                before is { Breakdown.OrderVersion: not null, Payment.OrderId: { } left }
                && (left != state.Payment.OrderId || state.OrderShareWeight is null)
            )
                RequestOrder(Order(left), _now + OrderFetchDebounce);
            // Also where an order was told in this very batch: it may be from before this payment. Not so one that was fetched long after it.
            if (
                winner.HasOrderInBatch
                && state.Breakdown.OrderVersion is not null
                && _now - winner.Payment.UpdatedAt >= OrderSettleTime
                && !_staleOrders.Contains(new OrderKey(state.Key.VenueId, state.Key.Provider, state.Payment.OrderId!))
            )
                continue;
            if (
                state is { OrderShareWeight: not null, Payment: { OrderId: { } order, Breakdown: null } }
                && (
                    before is not { Breakdown.OrderVersion: not null }
                    || before.OrderShareWeight != state.OrderShareWeight
                    || before.Payment.OrderId != order
                    || before.Payment.Currency != state.Payment.Currency
                )
            )
                RequestOrder(Order(order), _now + OrderFetchDebounce);

            OrderFetchRequest Order(string id) => new(new OrderKey(state.Key.VenueId, state.Key.Provider, id), winner.ConnectionId);
        }
    }

    private LedgerChanges BuildChanges()
    {
        var ends = new Dictionary<string, long>(_snapshot.Heads);
        var (inserted, updated, versions) = (new List<LedgerTransaction>(), new List<LedgerTransaction>(), new List<NewVersion>());
        foreach (var draft in _drafts.Values)
        {
            foreach (var late in draft.Superseded)
                versions.Add(
                    new NewVersion(
                        Next(late.Key.VenueId),
                        BuildState(late, draft.Before, draft.Id),
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
                draft.Applied is null
                && before is not null
                && before.Status == state.Status
                && before.RefundedMinor == state.RefundedMinor
                && before.Breakdown.HasSameAmounts(state.Breakdown)
            )
            {
                if (before.Breakdown != state.Breakdown)
                    updated.Add(state); // the same, of a newer order
                continue;
            }
            var seq = Next(state.Key.VenueId);
            var added = before?.AddedSeq is null && !state.IsRefundOnly && state.Status.IsPaid();
            var after = state with { LastSeq = seq, AddedSeq = added ? seq : before?.AddedSeq };
            var (cause, causeId) = draft.Applied is { } winner ? (winner.Cause, winner.CauseId) : draft.Reason;
            versions.Add(new NewVersion(seq, after, before?.LastSeq, Applied: true, added, cause, causeId));
            (before is null ? inserted : updated).Add(after);
        }
        return new LedgerChanges(
            inserted,
            updated,
            versions,
            ends,
            _refunds.Values,
            [.. _orderFetches.Select(w => (w.Key, w.Value))],
            new BatchResult(_created, _updated, _unchanged, _staleOrders)
        );

        long Next(string venue) => ends[venue] = ends[venue] + 1;
    }

    private LedgerTransaction BuildState(ObservedPayment observed, LedgerTransaction? before, Guid id)
    {
        // By hand stays, also untied by hand; so does what the same card has tied, though it may be somebody else's since. Else it is the owner
        // of the card of this very state, so that no earlier state can matter.
        var owner = observed.CardToken is null ? null : _snapshot.OwnerOfCard(observed.Key.VenueId, observed.CardToken);
        var (user, by) =
            before?.MatchedBy == MatchedBy.Hand || (before?.MatchedBy == MatchedBy.Card && before.CardToken == observed.CardToken)
                ? (before.UserId, before.MatchedBy)
            : owner is not null && owner.Owns(observed.Payment) ? (owner.UserId, MatchedBy.Card)
            : (null, (MatchedBy?)null);
        return new LedgerTransaction
        {
            Id = id,
            Key = observed.Key,
            ConnectionId = before?.ConnectionId ?? observed.ConnectionId,
            Payment = observed.Payment,
            Version = observed.Version,
            CardToken = observed.CardToken,
            UserId = user,
            MatchedBy = by,
            RecordedAt = before?.RecordedAt ?? _now,
            IsRefundOnly = observed.IsRefundOnly,
            RulesOff = observed.RulesOff,
            Breakdown = BreakdownOf(observed, before),
        };
    }

    // What the payment tells itself counts as long as it does; what was read from an order stays as long as it is that order.
    private static Breakdown BreakdownOf(ObservedPayment observed, LedgerTransaction? before) =>
        observed.IsRefundOnly ? Breakdown.Of(new PosBreakdown(0, 0, 0))
        : observed.Payment.Breakdown is { } told ? Breakdown.Of(told)
        : before is { Breakdown.OrderVersion: not null }
        && before.Payment.OrderId == observed.Payment.OrderId
        && before.Payment.Currency == observed.Payment.Currency
            ? before.Breakdown
        : default;

    // As they stand by now, in this batch.
    private List<LedgerTransaction> TransactionsOf(OrderKey order)
    {
        var sales = new List<LedgerTransaction>();
        foreach (var draft in _drafts.Values)
            Take(draft.State);
        foreach (var (key, sale) in _snapshot.Transactions)
            if (!_drafts.ContainsKey(key))
                Take(sale);
        return sales;

        void Take(LedgerTransaction? sale)
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

    private void RequestOrder(OrderFetchRequest order, Instant at) =>
        _orderFetches[order] = _orderFetches.TryGetValue(order, out var sooner) && sooner < at ? sooner : at;

    private void Count(bool isNew, bool becomesCurrent)
    {
        if (isNew)
            _created++;
        else if (becomesCurrent)
            _updated++;
        else
            _unchanged++;
    }

    private Draft GetOrAddDraft(PaymentKey key)
    {
        if (!_drafts.TryGetValue(key, out var draft))
        {
            var before = _snapshot.Transactions.GetValueOrDefault(key);
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
        public LedgerTransaction? Before { get; init; }
        public Guid Id { get; init; }

        /// <summary>Null while only a refund of it is known.</summary>
        public LedgerTransaction? State { get; set; }
        public ObservedPayment? Applied { get; set; }

        /// <summary>Kept in the history, not applied.</summary>
        public IReadOnlyList<ObservedPayment> Superseded { get; set; } = [];

        /// <summary>Why it changed, if not for a state of the payment.</summary>
        public (VersionCause Cause, string? CauseId) Reason { get; private set; }

        public void SetReason(VersionCause cause, string? causeId) => Reason = (cause, causeId);
    }
}
