using Ingestion.Contracts;
using Ingestion.Identities;
using Ingestion.Transactions;
using Integrations.Contracts.Connections;
using NodaTime;
using PosModular.Kernel.Time;

namespace Ingestion.Ledger;

/// <summary>Merges observed payments, refunds and orders into the stored ledger. Pure: the result depends neither on the order in which
/// observations arrive nor on how often they are repeated.</summary>
internal sealed class LedgerMerge
{
    // Providers often send two or three events for one payment at the same moment. Waiting this long lets us fetch its order once.
    private static readonly Duration OrderFetchDebounce = Duration.FromSeconds(1);

    // A provider's orders may lag some seconds behind its payments. After this time an order includes the payment.
    private static readonly Duration OrderSettleTime = Duration.FromMinutes(5);

    private readonly LedgerSnapshot _snapshot;
    private readonly Instant _now;
    private readonly Dictionary<PaymentKey, Draft> _drafts = [];
    private readonly Dictionary<RefundKey, LedgerRefund> _refunds = [];
    private readonly Dictionary<OrderFetchRequest, Instant> _orderFetches = [];
    private readonly HashSet<OrderKey> _staleOrders = [];
    private int _created;
    private int _updated;
    private int _unchanged;

    private LedgerMerge(LedgerSnapshot snapshot, Instant now) => (_snapshot, _now) = (snapshot, now);

    /// <param name="snapshot">What is stored of everything that the items touch.</param>
    /// <param name="items">The observations.</param>
    /// <param name="now">The moment of recording.</param>
    public static LedgerChanges Apply(LedgerSnapshot snapshot, IReadOnlyCollection<BatchItem> items, Instant now)
    {
        var merge = new LedgerMerge(snapshot, now);
        merge.MergePayments(items.SelectMany(i => i.Payments));
        merge.MergeRefunds(items.SelectMany(i => i.Refunds));
        merge.AddUpRefunds();
        merge.MergeOrders(items.SelectMany(i => i.Orders));
        merge.RequestChangedOrders(items.SelectMany(i => i.ChangedOrders));
        merge.RequestOrdersOfPayments();
        return merge.BuildChanges();
    }

    // ── payments ──

    private void MergePayments(IEnumerable<ObservedPayment> payments)
    {
        foreach (var group in payments.GroupBy(p => p.Key))
        {
            var draft = GetOrAddDraft(group.Key);
            var stored = draft.Stored;
            if (stored is not { IsForgotten: true })
                draft.Identities = group.Aggregate(draft.Identities, (known, p) => known.Merge(p.Identities));
            // Ignores repeated observations and those that are already stored.
            var newVersions = group
                .DistinctBy(p => p.Version)
                .Where(p => p.Version != stored?.Version || p.Corrects(stored))
                .OrderBy(p => p.Version)
                .ToArray();
            var becomesCurrent =
                newVersions.Length > 0 && (stored is null || newVersions[^1].Version > stored.Version || newVersions[^1].Corrects(stored));
            if (becomesCurrent)
            {
                draft.Applied = newVersions[^1];
                draft.State = BuildState(newVersions[^1], draft);
            }
            else if (draft.Identities != stored!.Identities)
            {
                RecogniseGuest(draft, stored, group.Last());
                becomesCurrent = true;
            }
            draft.Superseded = draft.Applied is null ? newVersions : newVersions[..^1];
            // A refund without a payment is counted as a refund.
            if (!group.First().IsRefundOnly)
                Count(isNew: stored is null, becomesCurrent);
        }
    }

    // Nothing of the payment has changed, but more of its customer is known than before.
    private void RecogniseGuest(Draft draft, LedgerTransaction stored, ObservedPayment observed)
    {
        var (userId, matchedBy) = MatchUser(stored.Payment, stored.CardToken, draft);
        draft.State = stored with { Identities = draft.Identities, UserId = userId, MatchedBy = matchedBy };
        draft.SetReason(observed.Cause, observed.CauseId);
    }

    private LedgerTransaction BuildState(ObservedPayment observed, Draft draft)
    {
        var stored = draft.Stored;
        var (userId, matchedBy) = MatchUser(observed.Payment, observed.CardToken, draft);
        return new LedgerTransaction
        {
            Id = draft.Id,
            Key = observed.Key,
            ConnectionId = stored?.ConnectionId ?? observed.ConnectionId,
            Payment = observed.Payment,
            Version = observed.Version,
            CardToken = stored is { IsForgotten: true } ? null : observed.CardToken,
            Identities = draft.Identities,
            IsForgotten = stored is { IsForgotten: true },
            UserId = userId,
            MatchedBy = matchedBy,
            RecordedAt = stored?.RecordedAt ?? _now,
            IsRefundOnly = observed.IsRefundOnly,
            RulesOff = observed.RulesOff,
            Breakdown = BreakdownOf(observed, stored),
        };
    }

    // A match by hand or by a claim stays, even a match by hand with nobody. So does a match by an identity that the payment still has,
    // although the identity may have a new owner since, unless a stronger identity has an owner.
    private (string? UserId, MatchedBy? By) MatchUser(PosPayment payment, string? cardToken, Draft draft)
    {
        var stored = draft.Stored;
        if (stored is { IsForgotten: true })
            return (null, null);
        if (stored?.MatchedBy is MatchedBy.Hand or MatchedBy.Claim)
            return (stored.UserId, stored.MatchedBy);
        var (owner, kind) = FindOwner(payment, cardToken, draft);
        var stays = stored?.MatchedBy switch
        {
            MatchedBy.Card => stored.CardToken == cardToken,
            MatchedBy.Customer => kind != IdentityKind.Card && stored.Identities.Customer?.Token == draft.Identities.Customer?.Token,
            MatchedBy.Contact => kind is not (IdentityKind.Card or IdentityKind.Customer) && HasSameContact(stored.Identities, draft, kind),
            _ => false,
        };
        return stays ? (stored!.UserId, stored.MatchedBy)
            : owner is null ? (null, null)
            : (owner, kind!.Value.Matches());
    }

    private (string? UserId, IdentityKind? Kind) FindOwner(PosPayment payment, string? cardToken, Draft draft)
    {
        var seen = draft.Identities;
        return Owner(IdentityKind.Card, cardToken)
            ?? Owner(IdentityKind.Customer, seen.Customer?.Token)
            ?? Owner(IdentityKind.Email, seen.Email?.Token)
            ?? Owner(IdentityKind.Phone, seen.Phone?.Token)
            ?? (null, null);

        (string? UserId, IdentityKind? Kind)? Owner(IdentityKind kind, string? token) =>
            token is not null && _snapshot.OwnerOfIdentity(draft.VenueId, token) is { } owner && owner.Owns(payment)
                ? (owner.UserId, kind)
                : null;
    }

    // The match may be by the address or by the number, and an address whose owner is known is believed more than a number.
    private static bool HasSameContact(SeenIdentities stored, Draft draft, IdentityKind? found)
    {
        var sameEmail = stored.Email?.Token == draft.Identities.Email?.Token;
        var hasSame =
            (stored.Email is not null && sameEmail) || (stored.Phone is not null && stored.Phone?.Token == draft.Identities.Phone?.Token);
        return hasSame && (found != IdentityKind.Email || sameEmail);
    }

    // Amounts that the payment itself names always count. Amounts from an order stay as long as the payment belongs to that order.
    private static Breakdown BreakdownOf(ObservedPayment observed, LedgerTransaction? stored)
    {
        if (observed.IsRefundOnly)
            return Breakdown.Of(new PosBreakdown(0, 0, 0));
        if (observed.Payment.Breakdown is { } named)
            return Breakdown.Of(named);
        var isOfSameOrder =
            stored?.Breakdown.OrderVersion is not null
            && stored.Payment.OrderId == observed.Payment.OrderId
            && stored.Payment.Currency == observed.Payment.Currency;
        return isOfSameOrder ? stored!.Breakdown : default;
    }

    // ── refunds ──

    private void MergeRefunds(IEnumerable<ObservedRefund> refunds)
    {
        foreach (var group in refunds.GroupBy(r => r.Key))
        {
            var stored = _snapshot.Refunds.GetValueOrDefault(group.Key);
            var newest = group.MaxBy(r => r.Version)!;
            var becomesCurrent = stored is null || newest.Version > stored.Version || newest.Corrects(stored);
            Count(isNew: stored is null, becomesCurrent);
            if (!becomesCurrent)
                continue;
            // Providers never move a refund to another payment. If one did, both payments would count it, so the first payment stays.
            var refund = stored is null ? newest.Refund : newest.Refund with { PaymentId = stored.Refund.PaymentId };
            var merged = new LedgerRefund(
                stored?.Id ?? _now.NewId(),
                group.Key,
                stored?.ConnectionId ?? newest.ConnectionId,
                refund,
                newest.Version,
                stored?.RecordedAt ?? _now
            );
            _refunds[group.Key] = merged;
            if (merged.Payment is { } payment)
                GetOrAddDraft(payment).SetReason(newest.Cause, newest.CauseId);
        }
    }

    // For every payment of the batch, not only for those with a refund in it: a refund that arrived before its payment counts from the
    // payment's first state on.
    private void AddUpRefunds()
    {
        var current = _snapshot.Refunds.Values.Where(r => !_refunds.ContainsKey(r.Key)).Concat(_refunds.Values);
        var sums = new Dictionary<(PaymentKey, string Currency), Int128>();
        foreach (var refund in current.Where(r => r.Refund.State == RefundState.Completed))
            if (refund.Payment is { } payment)
                sums[(payment, refund.Refund.Currency)] =
                    sums.GetValueOrDefault((payment, refund.Refund.Currency)) + refund.Refund.AmountMinor;
        foreach (var draft in _drafts.Values)
        {
            if (draft.State is not { IsRefundOnly: false } state)
                continue;
            var sum = (long)Int128.Min(long.MaxValue, sums.GetValueOrDefault((state.Key, state.Payment.Currency)));
            if (sum != state.RefundsMinor)
                draft.State = state with { RefundsMinor = sum };
        }
    }

    // ── orders ──

    private void MergeOrders(IEnumerable<ObservedOrder> orders)
    {
        foreach (var group in orders.GroupBy(o => o.Key))
        {
            var newest = group.MaxBy(o => o.Order.Version)!;
            var (order, transactions) = (newest.Order, TransactionsOf(group.Key));
            if (transactions.Any(t => t.Breakdown.OrderVersion > order.Version))
            {
                _staleOrders.Add(group.Key);
                continue;
            }
            var sharing = transactions
                .Where(t => t.SharesOrder && t.Payment.Currency == order.Currency)
                .OrderBy(t => t.Key.ExternalId, StringComparer.Ordinal)
                .ToArray();
            var shares = OrderShares.Of(order.Amounts, [.. sharing.Select(t => t.OrderShareWeight!.Value)]);
            foreach (var (transaction, share) in sharing.Zip(shares))
            {
                var draft = GetOrAddDraft(transaction.Key);
                draft.State = transaction with { Breakdown = Breakdown.Of(share) with { OrderVersion = order.Version } };
                draft.SetReason(newest.Cause, newest.CauseId);
            }
        }
    }

    // A payment that is still to come requests its order itself.
    private void RequestChangedOrders(IEnumerable<OrderFetchRequest> changed)
    {
        foreach (var request in changed)
            if (TransactionsOf(request.Key).Any(t => t.SharesOrder))
                RequestOrder(request, _now);
    }

    private void RequestOrdersOfPayments()
    {
        foreach (var draft in _drafts.Values)
        {
            if (draft is not { Applied: { IsRefundOnly: false } applied, State: { } state })
                continue;
            // The others that share the order it has left take over its share.
            if (LeftOrder(draft.Stored, state) is { } leftOrderId)
                RequestOrder(RequestFor(leftOrderId), _now + OrderFetchDebounce);
            if (state.Payment.OrderId is { } orderId && NeedsOrder(draft.Stored, state) && !HasSettledOrder(applied, state))
                RequestOrder(RequestFor(orderId), _now + OrderFetchDebounce);

            OrderFetchRequest RequestFor(string id) => new(new OrderKey(state.Key.VenueId, state.Key.Provider, id), applied.ConnectionId);
        }
    }

    // The order in which the stored state had a share and the new one has none; null if there is no such order.
    private static string? LeftOrder(LedgerTransaction? stored, LedgerTransaction state)
    {
        var hadShare = stored?.Breakdown.OrderVersion is not null;
        var hasLeft = stored?.Payment.OrderId != state.Payment.OrderId || state.OrderShareWeight is null;
        return hadShare && hasLeft ? stored!.Payment.OrderId : null;
    }

    // The payment shares its order, and its share is not known yet or has changed.
    private static bool NeedsOrder(LedgerTransaction? stored, LedgerTransaction state)
    {
        var sharesOrder = state.OrderShareWeight is not null && state.Payment.Breakdown is null;
        var hasSameShareAsStored =
            stored?.Breakdown.OrderVersion is not null
            && stored.OrderShareWeight == state.OrderShareWeight
            && stored.Payment.OrderId == state.Payment.OrderId
            && stored.Payment.Currency == state.Payment.Currency;
        return sharesOrder && !hasSameShareAsStored;
    }

    // An order in the same batch may be from before the payment, unless it was fetched long after it.
    private bool HasSettledOrder(ObservedPayment applied, LedgerTransaction state) =>
        applied.HasOrderInBatch
        && state.Breakdown.OrderVersion is not null
        && _now - applied.Payment.UpdatedAt >= OrderSettleTime
        && !_staleOrders.Contains(new OrderKey(state.Key.VenueId, state.Key.Provider, state.Payment.OrderId!));

    private void RequestOrder(OrderFetchRequest request, Instant dueAt) =>
        _orderFetches[request] = _orderFetches.TryGetValue(request, out var earlier) && earlier < dueAt ? earlier : dueAt;

    // The order's transactions as this batch leaves them so far.
    private List<LedgerTransaction> TransactionsOf(OrderKey order)
    {
        var untouched = _snapshot.Transactions.Values.Where(t => !_drafts.ContainsKey(t.Key));
        return [.. _drafts.Values.Select(d => d.State).OfType<LedgerTransaction>().Concat(untouched).Where(t => t.IsOf(order))];
    }

    // ── the result ──

    private LedgerChanges BuildChanges()
    {
        var heads = new Dictionary<string, long>(_snapshot.Heads);
        var (inserted, updated, versions) = (new List<LedgerTransaction>(), new List<LedgerTransaction>(), new List<NewVersion>());
        foreach (var draft in _drafts.Values)
        {
            foreach (var late in draft.Superseded)
                versions.Add(BuildSuperseded(draft, late, NextSeq(late.Key.VenueId)));
            if (draft.State is not { } state)
                continue;
            var stored = draft.Stored;
            if (IsUnchanged(draft, state))
            {
                // The amounts are the same, but they come from a newer order, or more is known of a customer whom nobody is matched by.
                if (stored!.Breakdown != state.Breakdown || stored.Identities != state.Identities)
                    updated.Add(state);
                continue;
            }
            var version = BuildApplied(draft, state, NextSeq(state.Key.VenueId));
            versions.Add(version);
            (stored is null ? inserted : updated).Add(version.State);
        }
        NewVersion[] refundVersions =
        [
            .. IssuedRefunds().Select(i => BuildRefundVersion(i.Refund, i.Issued, NextSeq(i.Refund.Key.VenueId))),
        ];
        return new LedgerChanges(
            inserted,
            updated,
            versions,
            refundVersions,
            heads,
            [.. _refunds.Values],
            [.. _orderFetches.Select(f => (f.Key, f.Value))],
            new BatchResult(_created, _updated, _unchanged, _staleOrders) { WroteVersions = versions.Count + refundVersions.Length > 0 }
        );

        long NextSeq(string venueId) => heads[venueId] = heads[venueId] + 1;
    }

    // No state of the payment was applied, neither a refund nor an order has changed what it amounts to, and its guest is the same.
    private static bool IsUnchanged(Draft draft, LedgerTransaction state) =>
        draft is { Applied: null, Stored: { } stored }
        && stored.Status == state.Status
        && stored.RefundedMinor == state.RefundedMinor
        && stored.UserId == state.UserId
        && stored.MatchedBy == state.MatchedBy
        && stored.Breakdown.HasSameAmounts(state.Breakdown);

    private NewVersion BuildSuperseded(Draft draft, ObservedPayment late, long seq) =>
        new(seq, BuildState(late, draft), null, Applied: false, Added: false, _now, late.Cause, late.CauseId);

    private NewVersion BuildApplied(Draft draft, LedgerTransaction state, long seq)
    {
        var stored = draft.Stored;
        var isAdded = stored?.AddedSeq is null && !state.IsRefundOnly && state.Status.IsPaid();
        var next = state with { LastSeq = seq, AddedSeq = isAdded ? seq : stored?.AddedSeq };
        var (cause, causeId) = draft.Applied is { } applied ? (applied.Cause, applied.CauseId) : draft.Reason;
        return new NewVersion(seq, next, stored?.LastSeq, Applied: true, isAdded, _now, cause, causeId);
    }

    // A refund counts on its own day under the method of its payment, which may become known later or change.
    private IEnumerable<(LedgerRefund Refund, IssuedRefund Issued)> IssuedRefunds() =>
        from key in _snapshot.Refunds.Keys.Union(_refunds.Keys)
        let stored = _snapshot.Refunds.GetValueOrDefault(key)
        let refund = _refunds.GetValueOrDefault(key) ?? stored
        let before = IssuedRefund.Of(stored, p => _snapshot.Transactions.GetValueOrDefault(p)?.Payment.Method)
        let after = IssuedRefund.Of(refund, MethodOf)
        from issued in IssuedRefund.Differences(before, after)
        select (refund, issued);

    private PaymentMethod? MethodOf(PaymentKey key) =>
        (_drafts.TryGetValue(key, out var draft) ? draft.State : _snapshot.Transactions.GetValueOrDefault(key))?.Payment.Method;

    private NewVersion BuildRefundVersion(LedgerRefund refund, IssuedRefund issued, long seq)
    {
        var payment = new PosPayment(
            refund.Key.ExternalId,
            refund.Refund.OrderId,
            refund.Refund.LocationId,
            PaymentState.Captured,
            issued.At,
            refund.Refund.UpdatedAt,
            issued.Currency,
            TotalMinor: 0,
            TipMinor: 0,
            RefundedMinor: 0,
            issued.Method,
            Card: null
        );
        var state = new LedgerTransaction
        {
            Id = refund.Id,
            Key = new PaymentKey(refund.Key.VenueId, refund.Key.Provider, refund.Key.ExternalId),
            ConnectionId = refund.ConnectionId,
            Payment = payment,
            Version = default,
            RecordedAt = _now,
            IsRefundOnly = true,
        };
        return new NewVersion(seq, state, null, Applied: false, Added: false, _now, VersionCause.RefundIssued, refund.Key.ExternalId)
        {
            IssuedMinor = issued.AmountMinor,
        };
    }

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
            var stored = _snapshot.Transactions.GetValueOrDefault(key);
            _drafts[key] = draft = new Draft
            {
                VenueId = key.VenueId,
                Stored = stored,
                State = stored,
                Identities = stored?.Identities ?? default,
                Id = stored?.Id ?? _now.NewId(),
            };
        }
        return draft;
    }

    /// <summary>What becomes of one transaction in this batch.</summary>
    private sealed class Draft
    {
        public Guid Id { get; init; }
        public required string VenueId { get; init; }
        public LedgerTransaction? Stored { get; init; }

        /// <summary>The identities of the customer, as this batch leaves them.</summary>
        public SeenIdentities Identities { get; set; }

        /// <summary>The current state; null while only a refund of the payment is known.</summary>
        public LedgerTransaction? State { get; set; }

        /// <summary>The observation that became the current state, if any did.</summary>
        public ObservedPayment? Applied { get; set; }

        /// <summary>Observations that are recorded as versions but are older than the current state.</summary>
        public IReadOnlyList<ObservedPayment> Superseded { get; set; } = [];

        /// <summary>Why the transaction changed when no observation of the payment was applied: a refund or an order.</summary>
        public (VersionCause Cause, string? CauseId) Reason { get; private set; }

        public void SetReason(VersionCause cause, string? causeId) => Reason = (cause, causeId);
    }
}
