using System.Data.Common;
using Ingestion.Contracts;
using Ingestion.Identities;
using Ingestion.Transactions;
using Ingestion.Webhooks;
using Integrations.Contracts.Connections;
using NodaTime;

namespace Ingestion.Ledger;

/// <summary>The columns of <c>ingestion.transactions</c>.</summary>
internal static class TransactionTable
{
    public static readonly ColumnSet<LedgerTransaction> Columns = new();

    private static readonly Column<LedgerTransaction, Guid> Id = Columns.Add("id", t => t.Id, isFixed: true);
    private static readonly Column<LedgerTransaction, string> VenueId = Columns.Add("venue_id", t => t.Key.VenueId, isFixed: true);
    private static readonly Column<LedgerTransaction, short> Provider = Columns.Add("provider", t => (short)t.Key.Provider, isFixed: true);
    private static readonly Column<LedgerTransaction, string> ExternalId = Columns.Add("external_id", t => t.Key.ExternalId, isFixed: true);
    private static readonly Column<LedgerTransaction, Guid> ConnectionId = Columns.Add("connection_id", t => t.ConnectionId, isFixed: true);
    private static readonly Column<LedgerTransaction, string?> OrderId = Columns.Add("external_order_id", t => t.Payment.OrderId);
    private static readonly Column<LedgerTransaction, short> Status = Columns.Add("status", t => (short)t.Status);
    private static readonly Column<LedgerTransaction, string> Currency = Columns.Add("currency", t => t.Payment.Currency);
    private static readonly Column<LedgerTransaction, long> TotalMinor = Columns.Add("total_minor", t => t.Payment.TotalMinor);
    private static readonly Column<LedgerTransaction, long> TipMinor = Columns.Add("tip_minor", t => t.Payment.TipMinor);
    private static readonly Column<LedgerTransaction, long> RefundedMinor = Columns.Add("refunded_minor", t => t.RefundedMinor);
    private static readonly Column<LedgerTransaction, long> PaymentRefundedMinor = Columns.Add("payment_refunded_minor", t =>
        t.Payment.RefundedMinor
    );
    private static readonly Column<LedgerTransaction, short> Method = Columns.Add("payment_method", t => (short)t.Payment.Method);
    private static readonly Column<LedgerTransaction, string?> CardBrand = Columns.Add("card_brand", t => t.Payment.Card?.Brand);
    private static readonly Column<LedgerTransaction, string?> CardLast4 = Columns.Add("card_last4", t => t.Payment.Card?.Last4);
    private static readonly Column<LedgerTransaction, string?> EntryMethod = Columns.Add("card_entry_method", t =>
        t.Payment.Card?.EntryMethod
    );
    private static readonly Column<LedgerTransaction, string?> CardToken = Columns.Add("card_token", t => t.CardToken);
    private static readonly Column<LedgerTransaction, string?> Customer = Columns.Add("customer_token", t => t.Identities.Customer?.Token);
    private static readonly Column<LedgerTransaction, Instant?> CustomerAt = Columns.Add("customer_token_at", t =>
        t.Identities.Customer?.At
    );
    private static readonly Column<LedgerTransaction, string?> Email = Columns.Add("email_token", t => t.Identities.Email?.Token);
    private static readonly Column<LedgerTransaction, Instant?> EmailAt = Columns.Add("email_token_at", t => t.Identities.Email?.At);
    private static readonly Column<LedgerTransaction, string?> Phone = Columns.Add("phone_token", t => t.Identities.Phone?.Token);
    private static readonly Column<LedgerTransaction, Instant?> PhoneAt = Columns.Add("phone_token_at", t => t.Identities.Phone?.At);
    private static readonly Column<LedgerTransaction, Instant> OccurredAt = Columns.Add("occurred_at", t => t.Payment.OccurredAt);
    private static readonly Column<LedgerTransaction, Instant> UpdatedAt = Columns.Add("payment_updated_at", t => t.Payment.UpdatedAt);
    private static readonly Column<LedgerTransaction, long> Hash = Columns.Add("payment_hash", t => t.Version.Hash);
    private static readonly Column<LedgerTransaction, string?> UserId = Columns.Add("user_id", t => t.UserId);
    private static readonly Column<LedgerTransaction, short?> MatchedBy = Columns.Add("matched_by", t => (short?)t.MatchedBy);
    private static readonly Column<LedgerTransaction, bool> IsForgotten = Columns.Add("is_forgotten", t => t.IsForgotten);
    private static readonly Column<LedgerTransaction, Instant> RecordedAt = Columns.Add("recorded_at", t => t.RecordedAt, isFixed: true);
    private static readonly Column<LedgerTransaction, long> LastSeq = Columns.Add("last_seq", t => t.LastSeq);
    private static readonly Column<LedgerTransaction, long?> AddedSeq = Columns.Add("added_seq", t => t.AddedSeq);
    private static readonly Column<LedgerTransaction, long> TaxMinor = Columns.Add("tax_minor", t => t.Breakdown.TaxMinor);
    private static readonly Column<LedgerTransaction, long> DiscountMinor = Columns.Add("discount_minor", t => t.Breakdown.DiscountMinor);
    private static readonly Column<LedgerTransaction, long> ChargeMinor = Columns.Add("service_charge_minor", t =>
        t.Breakdown.ServiceChargeMinor
    );
    private static readonly Column<LedgerTransaction, bool> IsComplete = Columns.Add("breakdown_complete", t => t.Breakdown.IsComplete);
    private static readonly Column<LedgerTransaction, long?> OrderVersion = Columns.Add("order_version", t => t.Breakdown.OrderVersion);
    private static readonly Column<LedgerTransaction, bool> RulesOff = Columns.Add("rules_off", t => t.RulesOff);

    public static LedgerTransaction Read(DbDataReader row)
    {
        var status = (TransactionStatus)Status.Read(row);
        var state = status switch
        {
            TransactionStatus.Pending => PaymentState.Pending,
            TransactionStatus.Authorized => PaymentState.Authorized,
            TransactionStatus.Canceled => PaymentState.Canceled,
            TransactionStatus.Failed => PaymentState.Failed,
            _ => PaymentState.Captured,
        };
        var payment = new PosPayment(
            ExternalId: ExternalId.Read(row),
            OrderId: OrderId.Read(row),
            LocationId: "",
            State: state,
            OccurredAt: OccurredAt.Read(row),
            UpdatedAt: UpdatedAt.Read(row),
            Currency: Currency.Read(row),
            TotalMinor: TotalMinor.Read(row),
            TipMinor: TipMinor.Read(row),
            RefundedMinor: PaymentRefundedMinor.Read(row),
            Method: (PaymentMethod)Method.Read(row),
            Card: new PosCard(CardBrand.Read(row), CardLast4.Read(row), EntryMethod.Read(row), Fingerprint: null)
        );
        return new LedgerTransaction
        {
            Id = Id.Read(row),
            Key = new PaymentKey(VenueId.Read(row), (Provider)Provider.Read(row), payment.ExternalId),
            ConnectionId = ConnectionId.Read(row),
            Payment = payment,
            Version = new PaymentVersion(payment.UpdatedAt, state, payment.RefundedMinor, payment.TotalMinor, Hash.Read(row)),
            CardToken = CardToken.Read(row),
            Identities = new SeenIdentities(ReadSeen(Customer, CustomerAt), ReadSeen(Email, EmailAt), ReadSeen(Phone, PhoneAt)),
            UserId = UserId.Read(row),
            MatchedBy = (MatchedBy?)MatchedBy.Read(row),
            IsForgotten = IsForgotten.Read(row),
            RecordedAt = RecordedAt.Read(row),
            LastSeq = LastSeq.Read(row),
            AddedSeq = AddedSeq.Read(row),
            // A payment with a total of 0 is never REFUNDED, so such a row can only be a refund without its payment.
            IsRefundOnly = status == TransactionStatus.Refunded && payment.TotalMinor == 0,
            RefundsMinor = RefundedMinor.Read(row),
            Breakdown = new Breakdown(
                TaxMinor.Read(row),
                DiscountMinor.Read(row),
                ChargeMinor.Read(row),
                IsComplete.Read(row),
                OrderVersion.Read(row)
            ),
            RulesOff = RulesOff.Read(row),
        };

        SeenIdentity? ReadSeen(Column<LedgerTransaction, string?> token, Column<LedgerTransaction, Instant?> at) =>
            token.Read(row) is { } seen ? new SeenIdentity(seen, at.Read(row) ?? payment.UpdatedAt) : null;
    }
}

/// <summary>The columns of <c>ingestion.refunds</c>.</summary>
internal static class RefundTable
{
    public static readonly ColumnSet<LedgerRefund> Columns = new();

    private static readonly Column<LedgerRefund, Guid> Id = Columns.Add("id", r => r.Id, isFixed: true);
    private static readonly Column<LedgerRefund, string> VenueId = Columns.Add("venue_id", r => r.Key.VenueId, isFixed: true);
    private static readonly Column<LedgerRefund, short> Provider = Columns.Add("provider", r => (short)r.Key.Provider, isFixed: true);
    private static readonly Column<LedgerRefund, string> ExternalId = Columns.Add("external_id", r => r.Key.ExternalId, isFixed: true);
    private static readonly Column<LedgerRefund, Guid> ConnectionId = Columns.Add("connection_id", r => r.ConnectionId, isFixed: true);
    private static readonly Column<LedgerRefund, string?> PaymentId = Columns.Add(
        "payment_external_id",
        r => r.Refund.PaymentId,
        isFixed: true
    );
    private static readonly Column<LedgerRefund, string?> OrderId = Columns.Add("external_order_id", r => r.Refund.OrderId);
    private static readonly Column<LedgerRefund, string> Currency = Columns.Add("currency", r => r.Refund.Currency);
    private static readonly Column<LedgerRefund, long> AmountMinor = Columns.Add("amount_minor", r => r.Refund.AmountMinor);
    private static readonly Column<LedgerRefund, short> State = Columns.Add("state", r => (short)r.Refund.State);
    private static readonly Column<LedgerRefund, string?> Reason = Columns.Add("reason", r => r.Refund.Reason);
    private static readonly Column<LedgerRefund, Instant> CreatedAt = Columns.Add("created_at", r => r.Refund.CreatedAt);
    private static readonly Column<LedgerRefund, Instant> UpdatedAt = Columns.Add("updated_at", r => r.Refund.UpdatedAt);
    private static readonly Column<LedgerRefund, long> Hash = Columns.Add("hash", r => r.Version.Hash);
    private static readonly Column<LedgerRefund, Instant> RecordedAt = Columns.Add("recorded_at", r => r.RecordedAt, isFixed: true);

    public static LedgerRefund Read(DbDataReader row)
    {
        var refund = new PosRefund(
            ExternalId: ExternalId.Read(row),
            PaymentId: PaymentId.Read(row),
            OrderId: OrderId.Read(row),
            LocationId: "",
            State: (RefundState)State.Read(row),
            AmountMinor: AmountMinor.Read(row),
            Currency: Currency.Read(row),
            Reason: Reason.Read(row),
            CreatedAt: CreatedAt.Read(row),
            UpdatedAt: UpdatedAt.Read(row)
        );
        return new LedgerRefund(
            Id.Read(row),
            new RefundKey(VenueId.Read(row), (Provider)Provider.Read(row), refund.ExternalId),
            ConnectionId.Read(row),
            refund,
            new RefundVersion(refund.UpdatedAt, refund.State, refund.AmountMinor, Hash.Read(row)),
            RecordedAt.Read(row)
        );
    }
}

/// <summary>The columns of <c>ingestion.transaction_versions</c>, which the ledger only writes.</summary>
internal static class VersionTable
{
    public static readonly ColumnSet<NewVersion> Columns = new ColumnSet<NewVersion>()
        .With("venue_id", v => v.State.Key.VenueId)
        .With("seq", v => v.Seq)
        .With("transaction_id", v => v.State.Id)
        .With("previous_seq", v => v.PreviousSeq)
        .With("applied", v => v.Applied)
        .With("added", v => v.Added)
        .With("recorded_at", v => v.RecordedAt)
        .With("cause", v => (short)v.Cause)
        .With("cause_id", v => v.CauseId)
        .With("provider", v => (short)v.State.Key.Provider)
        .With("status", v => (short)v.State.Status)
        .With("currency", v => v.State.Payment.Currency)
        .With("total_minor", v => v.State.Payment.TotalMinor)
        .With("tip_minor", v => v.State.Payment.TipMinor)
        .With("refunded_minor", v => v.IssuedMinor ?? v.State.RefundedMinor)
        .With("payment_method", v => (short)v.State.Payment.Method)
        .With("user_id", v => v.State.UserId)
        .With("occurred_at", v => v.State.Payment.OccurredAt)
        .With("tax_minor", v => v.State.Breakdown.TaxMinor)
        .With("discount_minor", v => v.State.Breakdown.DiscountMinor)
        .With("service_charge_minor", v => v.State.Breakdown.ServiceChargeMinor)
        .With("breakdown_complete", v => v.State.Breakdown.IsComplete)
        .With("rules_off", v => v.State.RulesOff);
}

/// <summary>The columns of <c>ingestion.webhook_events</c>.</summary>
internal static class WebhookEventTable
{
    public static readonly ColumnSet<WebhookEventRow> Columns = new();

    public static readonly Column<WebhookEventRow, Guid> Id = Columns.Add("id", e => e.Id);

    static WebhookEventTable() =>
        Columns
            .With("venue_id", e => e.VenueId)
            .With("connection_id", e => e.ConnectionId)
            .With("event_id", e => e.EventId)
            .With("provider", e => (short)e.Provider)
            .With("type", e => e.Type)
            .With("status", e => (short)e.Status)
            .With("reason", e => e.Reason)
            .With("received_at", e => e.ReceivedAt)
            .With("attempts", e => e.Attempts)
            .With("payload", e => e.Payload);
}

/// <summary>The columns of <c>ingestion.feed_heads</c>: where each venue's feed ends.</summary>
internal static class FeedHeadTable
{
    public static readonly ColumnSet<KeyValuePair<string, long>> Columns = new();

    private static readonly Column<KeyValuePair<string, long>, string> VenueId = Columns.Add("venue_id", h => h.Key);
    private static readonly Column<KeyValuePair<string, long>, long> Seq = Columns.Add("seq", h => h.Value);

    public static KeyValuePair<string, long> Read(DbDataReader row) => new(VenueId.Read(row), Seq.Read(row));
}

/// <summary>The columns of <c>ingestion.identity_links</c> that the ledger reads.</summary>
internal static class IdentityLinkTable
{
    public static readonly ColumnSet<KeyValuePair<IdentityKey, IdentityOwner>> Columns = new();

    private static readonly Column<KeyValuePair<IdentityKey, IdentityOwner>, string> VenueId = Columns.Add("venue_id", l => l.Key.VenueId);
    private static readonly Column<KeyValuePair<IdentityKey, IdentityOwner>, string> Token = Columns.Add("token", l => l.Key.Token);
    private static readonly Column<KeyValuePair<IdentityKey, IdentityOwner>, string> UserId = Columns.Add("user_id", l => l.Value.UserId);
    private static readonly Column<KeyValuePair<IdentityKey, IdentityOwner>, Instant?> From = Columns.Add("counts_from", l =>
        l.Value.CountsFrom
    );

    public static KeyValuePair<IdentityKey, IdentityOwner> Read(DbDataReader row) =>
        new(new IdentityKey(VenueId.Read(row), Token.Read(row)), new IdentityOwner(UserId.Read(row), From.Read(row)));
}

/// <summary>The columns of <c>ingestion.order_fetches</c> that a request for an order sets.</summary>
internal static class OrderFetchTable
{
    public static readonly ColumnSet<(OrderFetchRequest Order, Instant DueAt)> Columns = new ColumnSet<(
        OrderFetchRequest Order,
        Instant DueAt
    )>()
        .With("venue_id", f => f.Order.Key.VenueId)
        .With("connection_id", f => f.Order.ConnectionId)
        .With("order_id", f => f.Order.Key.OrderId)
        .With("due_at", f => f.DueAt);
}

/// <summary>The keys by which the ledger looks up rows.</summary>
internal static class LedgerKeys
{
    public static readonly ColumnSet<string> Venues = new ColumnSet<string>().With("venue_id", v => v);

    public static readonly ColumnSet<PaymentKey> Payments = new ColumnSet<PaymentKey>()
        .With("venue_id", k => k.VenueId)
        .With("provider", k => (short)k.Provider)
        .With("external_id", k => k.ExternalId);

    public static readonly ColumnSet<RefundKey> Refunds = new ColumnSet<RefundKey>()
        .With("venue_id", k => k.VenueId)
        .With("provider", k => (short)k.Provider)
        .With("external_id", k => k.ExternalId);

    public static readonly ColumnSet<OrderKey> Orders = new ColumnSet<OrderKey>()
        .With("venue_id", k => k.VenueId)
        .With("provider", k => (short)k.Provider)
        .With("external_order_id", k => k.OrderId);

    public static readonly ColumnSet<IdentityKey> Identities = new ColumnSet<IdentityKey>()
        .With("venue_id", k => k.VenueId)
        .With("token", k => k.Token);
}
