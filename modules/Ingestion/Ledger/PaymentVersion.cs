using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Integrations.Contracts.Connections;
using NodaTime;

namespace Ingestion.Ledger;

/// <summary>Decides which of two states of a payment is the newer one: by the provider's updated_at, then finality, then the refunded
/// amount, then the total, then a hash of all stored fields. This is a total order that ignores arrival, so any order of arrival ends in
/// the same state.</summary>
internal readonly record struct PaymentVersion(Instant UpdatedAt, PaymentState Finality, long Refunded, long Total, long Hash)
    : IComparable<PaymentVersion>
{
    public static PaymentVersion Of(PosPayment payment) =>
        new(payment.UpdatedAt, payment.State, payment.RefundedMinor, payment.TotalMinor, HashOf(payment));

    public int CompareTo(PaymentVersion other) =>
        (UpdatedAt, Finality, Refunded, Total, Hash).CompareTo((other.UpdatedAt, other.Finality, other.Refunded, other.Total, other.Hash));

    public static bool operator <(PaymentVersion left, PaymentVersion right) => left.CompareTo(right) < 0;

    public static bool operator >(PaymentVersion left, PaymentVersion right) => left.CompareTo(right) > 0;

    public static bool operator <=(PaymentVersion left, PaymentVersion right) => left.CompareTo(right) <= 0;

    public static bool operator >=(PaymentVersion left, PaymentVersion right) => left.CompareTo(right) >= 0;

    // Only stored fields count: an event and a page of a sync that describe the same state must have the same hash.
    private static long HashOf(PosPayment p)
    {
        var text =
            $"{p.ExternalId}\n{p.OrderId}\n{p.State}\n{p.OccurredAt.ToUnixTimeTicks()}\n{p.Currency}\n{p.TotalMinor}\n{p.TipMinor}\n"
            + $"{p.RefundedMinor}\n"
            + $"{p.Method}\n{p.Card?.Brand}\n{p.Card?.Last4}\n{p.Card?.EntryMethod}\n{p.Card?.Fingerprint}";
        // A missing breakdown adds nothing, so that a payment without one keeps the hash it was stored with.
        if (p.Breakdown is { } b)
            text += $"\n{b.TaxMinor}\n{b.DiscountMinor}\n{b.ServiceChargeMinor}";
        return BinaryPrimitives.ReadInt64BigEndian(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
    }
}
