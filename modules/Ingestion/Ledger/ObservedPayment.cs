using Ingestion.Identities;
using Ingestion.Transactions;
using Integrations.Contracts.Connections;

namespace Ingestion.Ledger;

/// <summary>Identifies a payment.</summary>
internal readonly record struct PaymentKey(string VenueId, Provider Provider, string ExternalId);

/// <summary>Identifies a refund.</summary>
internal readonly record struct RefundKey(string VenueId, Provider Provider, string ExternalId);

/// <summary>Identifies an order.</summary>
internal readonly record struct OrderKey(string VenueId, Provider Provider, string OrderId);

/// <summary>Identifies a card, a customer, an e-mail address or a phone number by its token.</summary>
internal readonly record struct IdentityKey(string VenueId, string Token);

/// <summary>One state of a payment, as one event or one page of a sync described it.</summary>
internal sealed record ObservedPayment(
    PaymentKey Key,
    Guid ConnectionId,
    PosPayment Payment,
    PaymentVersion Version,
    string? CardToken,
    VersionCause Cause,
    string? CauseId
)
{
    /// <summary>The identities of the customer that this state names.</summary>
    public SeenIdentities Identities { get; init; }

    /// <summary>The keys of all identities that this state names, the card included.</summary>
    public IEnumerable<IdentityKey> IdentityKeys =>
        (CardToken is null ? Identities.Tokens : Identities.Tokens.Prepend(CardToken)).Select(t => new IdentityKey(Key.VenueId, t));

    /// <summary>Whether this is really a refund whose payment is unknown. Such a refund gets a transaction of its own.</summary>
    public bool IsRefundOnly { get; init; }

    /// <summary>Whether the connection excludes its transactions from rules (processRules: false).</summary>
    public bool RulesOff { get; init; }

    /// <summary>Whether the same batch brings its order, fetched after the payment.</summary>
    public bool HasOrderInBatch { get; init; }

    /// <summary>Whether a reconciliation fetched this state because the stored row, although it claims to be of the same moment, holds
    /// other figures: somebody has changed it outside of the ledger. The provider's state replaces it then, whatever the versions
    /// say.</summary>
    public bool Corrects(LedgerTransaction? stored) =>
        Cause == VersionCause.Reconciliation
        && stored is not null
        && Payment.UpdatedAt == stored.Payment.UpdatedAt
        && (
            (Payment.State, Payment.OccurredAt, Payment.Currency, Payment.TotalMinor, Payment.TipMinor)
                != (
                    stored.Payment.State,
                    stored.Payment.OccurredAt,
                    stored.Payment.Currency,
                    stored.Payment.TotalMinor,
                    stored.Payment.TipMinor
                )
            || (!IsRefundOnly && Math.Clamp(Payment.RefundedMinor, 0, Math.Max(0, Payment.TotalMinor)) != stored.RefundedMinor)
        );

    public static ObservedPayment Of(PosConnectionDetails connection, PosPayment payment, VersionCause cause, string? causeId) =>
        new(
            new PaymentKey(connection.VenueId, connection.Provider, payment.ExternalId),
            connection.ConnectionId,
            // The customer is kept as tokens, which are no part of the payment's version.
            payment.Customer
                is null
                ? payment
                : payment with
                {
                    Customer = null,
                },
            PaymentVersion.Of(payment),
            CardToken: Cards.CardToken.Of(connection, payment.Card),
            cause,
            causeId
        )
        {
            RulesOff = !connection.ProcessRules,
            Identities = SeenIdentities.Of(connection, payment),
        };

    /// <summary>The transaction of a refund whose payment is unknown: its total is 0, its time is that of the refund, and its amount
    /// counts as refunded once the refund is completed.</summary>
    public static ObservedPayment OfUnlinkedRefund(PosConnectionDetails connection, PosRefund refund, VersionCause cause, string? causeId)
    {
        var payment = new PosPayment(
            ExternalId: refund.ExternalId,
            OrderId: refund.OrderId,
            LocationId: refund.LocationId,
            State: refund.State switch
            {
                RefundState.Completed => PaymentState.Captured,
                RefundState.Pending => PaymentState.Pending,
                _ => PaymentState.Failed,
            },
            OccurredAt: refund.CreatedAt,
            UpdatedAt: refund.UpdatedAt,
            Currency: refund.Currency,
            TotalMinor: 0,
            TipMinor: 0,
            RefundedMinor: refund.State == RefundState.Completed ? refund.AmountMinor : 0,
            Method: PaymentMethod.Other,
            Card: null
        );
        return Of(connection, payment, cause, causeId) with { IsRefundOnly = true };
    }
}

/// <summary>One state of a refund, as one event or one page of a sync described it.</summary>
internal sealed record ObservedRefund(
    RefundKey Key,
    Guid ConnectionId,
    PosRefund Refund,
    RefundVersion Version,
    VersionCause Cause,
    string? CauseId
)
{
    /// <summary>The payment that was refunded; null when the refund names none.</summary>
    public PaymentKey? Payment => Refund.PaymentId is { } id ? new PaymentKey(Key.VenueId, Key.Provider, id) : null;

    /// <summary>The same for a refund as <see cref="ObservedPayment.Corrects"/>.</summary>
    public bool Corrects(LedgerRefund stored) =>
        Cause == VersionCause.Reconciliation
        && Refund.UpdatedAt == stored.Refund.UpdatedAt
        && (Refund.State, Refund.CreatedAt, Refund.Currency, Refund.AmountMinor)
            != (stored.Refund.State, stored.Refund.CreatedAt, stored.Refund.Currency, stored.Refund.AmountMinor);

    public static ObservedRefund Of(PosConnectionDetails connection, PosRefund refund, VersionCause cause, string? causeId) =>
        new(
            new RefundKey(connection.VenueId, connection.Provider, refund.ExternalId),
            connection.ConnectionId,
            refund,
            RefundVersion.Of(refund),
            cause,
            causeId
        );
}

/// <summary>One state of an order, as it was fetched.</summary>
internal sealed record ObservedOrder(OrderKey Key, PosOrder Order, VersionCause Cause, string? CauseId);

/// <summary>An order that is to be fetched, and the connection that fetches it.</summary>
internal readonly record struct OrderFetchRequest(OrderKey Key, Guid ConnectionId);
