using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Integrations.Contracts.Connections;
using NodaTime;

namespace Ingestion.Ledger;

/// <summary>Decides which of two states of a refund is the newer one: by the provider's updated_at, then finality, then amount, then a
/// hash of all stored fields. The order of arrival never counts (see <see cref="PaymentVersion"/>).</summary>
internal readonly record struct RefundVersion(Instant UpdatedAt, RefundState Finality, long Amount, long Hash) : IComparable<RefundVersion>
{
    public static RefundVersion Of(PosRefund refund) => new(refund.UpdatedAt, refund.State, refund.AmountMinor, HashOf(refund));

    public int CompareTo(RefundVersion other) =>
        (UpdatedAt, Finality, Amount, Hash).CompareTo((other.UpdatedAt, other.Finality, other.Amount, other.Hash));

    public static bool operator <(RefundVersion left, RefundVersion right) => left.CompareTo(right) < 0;

    public static bool operator >(RefundVersion left, RefundVersion right) => left.CompareTo(right) > 0;

    public static bool operator <=(RefundVersion left, RefundVersion right) => left.CompareTo(right) <= 0;

    public static bool operator >=(RefundVersion left, RefundVersion right) => left.CompareTo(right) >= 0;

    private static long HashOf(PosRefund r) =>
        BinaryPrimitives.ReadInt64BigEndian(
            SHA256.HashData(
                Encoding.UTF8.GetBytes(
                    $"{r.ExternalId}\n{r.PaymentId}\n{r.OrderId}\n{r.State}\n{r.AmountMinor}\n{r.Currency}\n{r.Reason}\n"
                        + $"{r.CreatedAt.ToUnixTimeTicks()}"
                )
            )
        );
}
