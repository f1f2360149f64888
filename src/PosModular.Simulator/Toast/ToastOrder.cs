using System.Collections.Immutable;

namespace PosModular.Simulator.Toast;

/// <summary>
/// One state of a Toast order; a change creates a new one with a later <see cref="ModifiedAt"/>. As a draft for
/// <see cref="ToastLedger.AddOrder"/> it needs the restaurant and the checks; the ledger sets the times.
/// </summary>
public sealed record ToastOrder
{
    public Guid Guid { get; init; } = Guid.NewGuid();
    public required Guid RestaurantGuid { get; init; }
    public required ImmutableArray<Check> Checks { get; init; }
    public string Source { get; init; } = "In Store";

    /// <summary>NEEDS_APPROVAL, APPROVED, FUTURE, NOT_APPROVED.</summary>
    public string ApprovalStatus { get; init; } = "APPROVED";

    /// <summary>Whether it is a training order, which does not count as a sale.</summary>
    public bool CreatedInTestMode { get; init; }
    public bool ExcessFood { get; init; }

    /// <summary>Null or omitted: now. It may lie in the past.</summary>
    public DateTimeOffset OpenedAt { get; init; }
    public DateTimeOffset ModifiedAt { get; init; }

    /// <summary>yyyyMMdd, by <see cref="OpenedAt"/> and the restaurant's close-out hour.</summary>
    public int BusinessDate { get; init; }
    public DateTimeOffset? PromisedAt { get; init; }
    public DateTimeOffset? ClosedAt { get; init; }
    public DateTimeOffset? VoidedAt { get; init; }
    public DateTimeOffset? DeletedAt { get; init; }

    /// <summary>When the last check was paid; null before.</summary>
    public DateTimeOffset? PaidAt => Checks.Length > 0 && Checks.All(c => c.PaidAt is not null) ? Checks.Max(c => c.PaidAt) : null;

    internal ToastOrder WithCheck(Guid guid, Func<Check, Check> change) =>
        this with
        {
            Checks = [.. Checks.Select(c => c.Guid == guid ? change(c) : c)],
        };

    internal ToastOrder WithPayment(Guid guid, Func<ToastPayment, ToastPayment> change) =>
        this with
        {
            Checks =
            [
                .. Checks.Select(c =>
                    c.Payments.Any(p => p.Guid == guid)
                        ? c with
                        {
                            Payments = [.. c.Payments.Select(p => p.Guid == guid ? change(p) : p)],
                        }
                        : c
                ),
            ],
        };

    /// <summary>
    /// Increases modifiedDate, also of the checks that changed, even when two changes share a millisecond or the clock is set back.
    /// </summary>
    internal ToastOrder ModifiedFrom(ToastOrder before, DateTimeOffset at)
    {
        var later = before.ModifiedAt.AddMilliseconds(1);
        var modified = at > later ? at : later;
        return this with
        {
            ModifiedAt = modified,
            Checks = [.. Checks.Select(c => before.Checks.Any(b => ReferenceEquals(b, c)) ? c : c with { ModifiedAt = modified })],
        };
    }

    /// <summary>The draft with times, statuses and business date set.</summary>
    internal ToastOrder WithDefaults(Restaurant restaurant, DateTimeOffset now)
    {
        var at = SquareTime.TruncateToMilliseconds(OpenedAt == default ? now : OpenedAt);
        return this with
        {
            OpenedAt = at,
            ModifiedAt = at,
            BusinessDate = restaurant.BusinessDate(at),
            Checks = [.. Checks.Select(c => WithDefaults(c, at))],
        };
    }

    /// <summary>The check with omitted values set.</summary>
    internal static Check WithDefaults(Check check, DateTimeOffset at) =>
        check with
        {
            OpenedAt = check.OpenedAt == default ? at : check.OpenedAt,
            ModifiedAt = at,
            Payments = [.. check.Payments.Select(p => WithDefaults(p, at))],
        };

    /// <summary>The payment with omitted values set.</summary>
    internal static ToastPayment WithDefaults(ToastPayment payment, DateTimeOffset at) =>
        payment with
        {
            Status = payment.Status
                ?? (payment.Type is ToastPaymentType.Credit ? ToastPaymentStatus.Authorized : ToastPaymentStatus.Captured),
            PaidAt = SquareTime.TruncateToMilliseconds(payment.PaidAt ?? at),
        };
}
