using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Ingestion.Transactions;
using Integrations.Contracts.Connections;
using NodaTime;

namespace Ingestion.Ledger;

/// <summary>Which of two states of a refund is the newer one: by the provider's updated_at, then finality, then amount, then a hash of all that
/// is kept; never by arrival (see <see cref="PaymentVersion"/>).</summary>
internal readonly record struct RefundVersion(Instant UpdatedAt, RefundState Finality, long Amount, long Hash) : IComparable<RefundVersion>
{
    public static RefundVersion Of(PosRefund refund) => new(refund.UpdatedAt, refund.State, refund.AmountMinor, HashOf(refund));

    public int CompareTo(RefundVersion other)
    {
        var order = UpdatedAt.CompareTo(other.UpdatedAt);
        if (order == 0)
            order = Finality.CompareTo(other.Finality);
        if (order == 0)
            order = Amount.CompareTo(other.Amount);
        return order == 0 ? Hash.CompareTo(other.Hash) : order;
    }

    public static bool operator <(RefundVersion left, RefundVersion right) => left.CompareTo(right) < 0;

    public static bool operator >(RefundVersion left, RefundVersion right) => left.CompareTo(right) > 0;

    public static bool operator <=(RefundVersion left, RefundVersion right) => left.CompareTo(right) <= 0;

    public static bool operator >=(RefundVersion left, RefundVersion right) => left.CompareTo(right) >= 0;

    private static long HashOf(PosRefund r) =>
        BinaryPrimitives.ReadInt64BigEndian(
            SHA256.HashData(
                Encoding.UTF8.GetBytes(
                    $"{r.ExternalId}\n{r.PaymentId}\n{r.OrderId}\n{r.State}\n{r.AmountMinor}\n{r.Currency}\n{r.Reason}\n{r.CreatedAt.ToUnixTimeTicks()}"
                )
            )
        );
}

/// <summary>Which refund it is.</summary>
internal readonly record struct RefundKey(string VenueId, Provider Provider, string ExternalId);

/// <summary>A refund as somebody has just seen it: an event or a sync page.</summary>
internal sealed record ObservedRefund(
    RefundKey Key,
    Guid ConnectionId,
    PosRefund Refund,
    RefundVersion Version,
    VersionCause Cause,
    string? CauseId
)
{
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

/// <summary>A refund as the ledger keeps it, whether or not its payment is known.</summary>
internal sealed record LedgerRefund(Guid Id, RefundKey Key, Guid ConnectionId, PosRefund Refund, RefundVersion Version, Instant RecordedAt)
{
    /// <summary>The payment that was given back; null for a refund of no known payment.</summary>
    public PaymentKey? Payment => Refund.PaymentId is { } id ? new PaymentKey(Key.VenueId, Key.Provider, id) : null;
}
