using GraphQL;
using Ingestion.Contracts;
using NodaTime;
using PosModular.Kernel.Amounts;
using PosModular.Kernel.Errors;

namespace Analytics.Reconciliations;

/// <summary>Our figures of one business date beside those of the providers.</summary>
/// <param name="VenueId">The venue.</param>
/// <param name="BusinessDate">The business date.</param>
/// <param name="State">How the figures compare, over all connections: the state that needs attention most.</param>
/// <param name="CheckedAt">When the last complete comparison ended; null before the first one.</param>
/// <param name="Reason">Why the state is UNAVAILABLE or DIFFERS; null otherwise.</param>
internal sealed record Reconciliation(
    [property: Ignore] string VenueId,
    LocalDate BusinessDate,
    ReconciliationState State,
    Instant? CheckedAt,
    UserError? Reason
)
{
    // The state that needs attention most comes first.
    private static readonly ReconciliationState[] ByAttention =
    [
        ReconciliationState.Running,
        ReconciliationState.Unavailable,
        ReconciliationState.Differs,
        ReconciliationState.NotYet,
        ReconciliationState.Repaired,
        ReconciliationState.Equal,
    ];

    /// <summary>Puts the reconciliations of a date with its connections together. Pure.</summary>
    /// <param name="venueId">The venue.</param>
    /// <param name="businessDate">The business date.</param>
    /// <param name="rows">One for each connection that was ever to be compared.</param>
    /// <param name="isIncomplete">Whether a connection of that date has never been compared.</param>
    public static Reconciliation Of(string venueId, LocalDate businessDate, IReadOnlyCollection<ReconciliationRow> rows, bool isIncomplete)
    {
        var states = rows.Select(r => r.State).Concat(isIncomplete || rows.Count == 0 ? [ReconciliationState.NotYet] : []).ToHashSet();
        var state = ByAttention.First(states.Contains);
        var reason = rows.Where(r => r.State == state && r.ReasonCode is not null)
            .Select(r => new UserError(r.ReasonCode!.Value, r.ReasonMessage ?? ""))
            .FirstOrDefault();
        return new Reconciliation(
            venueId,
            businessDate,
            state,
            rows.Max(r => r.CheckedAt),
            state is ReconciliationState.Unavailable or ReconciliationState.Differs ? reason : null
        );
    }
}

/// <summary>The figures of one connection and currency. Amounts of different currencies are never added.</summary>
/// <param name="ConnectionId">The connection.</param>
/// <param name="Currency">The currency, ISO 4217.</param>
/// <param name="Ours">What we have now.</param>
/// <param name="OursBefore">What we had before the repair.</param>
/// <param name="Theirs">What the provider said when it was asked last.</param>
/// <param name="Differing">The payments and refunds of this currency that differed, by their ids; at most 1,000. The sums show all of
/// them.</param>
internal sealed record ReconciledConnection(
    [property: Id] Guid ConnectionId,
    string Currency,
    ReconciledSums Ours,
    ReconciledSums OursBefore,
    ReconciledSums Theirs,
    IReadOnlyList<ReconciledPayment> Differing
);

/// <summary>The sums of a business date.</summary>
/// <param name="Count">The number of captured payments that were made on this date.</param>
/// <param name="Total">What guests paid in them, tips included.</param>
/// <param name="Tip">The tips within the total.</param>
/// <param name="Refunded">The refunds that were given on this date, whatever the dates of their payments.</param>
internal sealed record ReconciledSums(long Count, Money Total, Money Tip, Money Refunded)
{
    public static ReconciledSums Of(string currency, long count, long total, long tip, long refunded) =>
        new(count, new Money(total, currency), new Money(tip, currency), new Money(refunded, currency));
}

/// <summary>A payment or refund that differed.</summary>
/// <param name="ExternalId">The provider's id of the payment or refund.</param>
/// <param name="TransactionId">The id of the transaction here, for a refund that of its payment; null when there was none.</param>
/// <param name="Ours">What was stored here: the total of the payment, or the amount of the refund; null when it was missing.</param>
/// <param name="Theirs">The same at the provider; null when the provider does not know it.</param>
/// <param name="Kind">How it differed.</param>
/// <param name="Repaired">Whether it is equal now.</param>
/// <param name="Detail">What was asked and answered, for people.</param>
internal sealed record ReconciledPayment(
    string ExternalId,
    [property: Id] Guid? TransactionId,
    Money? Ours,
    Money? Theirs,
    DifferenceKind Kind,
    bool Repaired,
    string Detail
)
{
    public static ReconciledPayment Of(ReconciliationDifferenceRow row) =>
        new(
            row.ExternalId,
            row.TransactionId,
            row.OurMinor is { } ours ? new Money(ours, row.OurCurrency!) : null,
            row.TheirMinor is { } theirs ? new Money(theirs, row.TheirCurrency!) : null,
            row.Kind,
            row.Repaired,
            row.Detail
        );
}
