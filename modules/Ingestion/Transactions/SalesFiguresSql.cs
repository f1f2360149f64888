using Ingestion.Contracts;
using Integrations.Contracts.Connections;

namespace Ingestion.Transactions;

/// <summary>How transactions and refunds are added up to <see cref="SalesFigures"/>.</summary>
internal static class SalesFiguresSql
{
    /// <summary>What <see cref="Sums"/> needs of a transaction <c>t</c>. A row has many more columns, and copying them takes longer than
    /// adding up these.</summary>
    public const string OfTransaction = """
        t.status, t.total_minor, t.tip_minor, t.refunded_minor, t.tax_minor, t.discount_minor, t.service_charge_minor,
        t.breakdown_complete, 0::bigint as issued_minor
        """;

    /// <summary>The same of a refund <c>r</c>.</summary>
    public const string OfRefund = "null, 0, 0, 0, 0, 0, 0, null, r.amount_minor";

    private static readonly string Captured =
        $"status in ({string.Join(", ", Enum.GetValues<TransactionStatus>().Where(s => s.IsCaptured()).Select(s => s.ToString("D")))})";

    private static readonly string IsSale = $"{Captured} and not (status = {TransactionStatus.Refunded:D} and total_minor = 0)";

    /// <summary>Whether a transaction <c>t</c> has figures: it is authorised or captured.</summary>
    public static readonly string IsPaid = $"(t.{Captured} or t.status = {TransactionStatus.Authorized:D})";

    /// <summary>The payment method of a refund, whose payment is <c>t</c> if it is known.</summary>
    public static readonly string MethodOfRefund = $"coalesce(t.payment_method, {PaymentMethod.Other:D}::smallint)";

    /// <summary>Whether a refund <c>r</c> counts.</summary>
    public static readonly string IsIssued = $"r.state = {RefundState.Completed:D}";

    /// <summary>The figures of a group of such rows, in the order of <see cref="SalesFigures.Read"/>.</summary>
    public static readonly string Sums = $"""
        count(*) filter (where {IsSale}), {Sum("total_minor", Captured)}, {Sum("tip_minor", Captured)}, {Sum("refunded_minor", Captured)},
        {Sum("total_minor", $"status = {TransactionStatus.Authorized:D}")}, sum(issued_minor)::bigint, {Sum("tax_minor", Captured)},
        {Sum("discount_minor", Captured)}, {Sum("service_charge_minor", Captured)},
        count(*) filter (where {IsSale} and not breakdown_complete)
        """;

    private static string Sum(string column, string condition) => $"coalesce(sum({column}) filter (where {condition}), 0)::bigint";
}
