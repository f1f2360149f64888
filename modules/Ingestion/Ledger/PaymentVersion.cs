using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Integrations.Contracts.Connections;
using NodaTime;

namespace Ingestion.Ledger;

/// <summary>Which of two states of a payment is the newer one: by the provider's updated_at, then finality, then refunded, then total, then
/// a hash of all that is kept. A total order that never looks at arrival, so any order of arrival ends in the same state.</summary>
internal readonly record struct PaymentVersion(Instant UpdatedAt, PaymentState Finality, long Refunded, long Total, long Hash)
    : IComparable<PaymentVersion>
{
    public static PaymentVersion Of(PosPayment payment) =>
        new(payment.UpdatedAt, payment.State, payment.RefundedMinor, payment.TotalMinor, HashOf(payment));

    public int CompareTo(PaymentVersion other)
    {
        var order = UpdatedAt.CompareTo(other.UpdatedAt);
        if (order == 0)
            order = Finality.CompareTo(other.Finality);
        if (order == 0)
            order = Refunded.CompareTo(other.Refunded);
        if (order == 0)
            order = Total.CompareTo(other.Total);
        return order == 0 ? Hash.CompareTo(other.Hash) : order;
    }

    public static bool operator <(PaymentVersion left, PaymentVersion right) => left.CompareTo(right) < 0;

    public static bool operator >(PaymentVersion left, PaymentVersion right) => left.CompareTo(right) > 0;

    public static bool operator <=(PaymentVersion left, PaymentVersion right) => left.CompareTo(right) <= 0;

    public static bool operator >=(PaymentVersion left, PaymentVersion right) => left.CompareTo(right) >= 0;

    // Only what is kept: an event and a sync page that tell the same must have the same hash.
    private static long HashOf(PosPayment p)
    {
        var text =
            $"{p.ExternalId}\n{p.OrderId}\n{p.State}\n{p.OccurredAt.ToUnixTimeTicks()}\n{p.Currency}\n{p.TotalMinor}\n{p.TipMinor}\n{p.RefundedMinor}\n"
            + $"{p.Method}\n{p.Card?.Brand}\n{p.Card?.Last4}\n{p.Card?.EntryMethod}\n{p.Card?.Fingerprint}";
        if (p.Breakdown is { } told) // added only where there is one, so that the hashes of what is stored stay what they are
            text += $"\n{told.TaxMinor}\n{told.DiscountMinor}\n{told.ServiceChargeMinor}";
        return BinaryPrimitives.ReadInt64BigEndian(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
    }
}
