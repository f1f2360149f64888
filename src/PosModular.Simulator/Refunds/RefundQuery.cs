using PosModular.Simulator.Payments;

namespace PosModular.Simulator.Refunds;

/// <summary>The parameters of ListPaymentRefunds; unlike ListPayments, it lists all locations of the merchant by default.</summary>
internal sealed record RefundQuery(string ScopeId, ListWindow Window, string? Status, string? SourceType)
{
    /// <summary>The parsed query, or an error that names the parameter.</summary>
    public static (RefundQuery? Query, IResult? Error) Parse(
        IQueryCollection query,
        string scopeId,
        DateTimeOffset now,
        TimeSpan? cursorLifetime
    )
    {
        if (query["sort_field"] == "OFFLINE_CREATED_AT")
            return (null, SquareError.BadRequest("INVALID_ENUM_VALUE", "sort_field must be CREATED_AT or UPDATED_AT.", "sort_field"));
        var status = query.TryGetValue("status", out var asked) ? asked.ToString() : null;
        if (status is not (null or "PENDING" or "COMPLETED" or "REJECTED" or "FAILED"))
            return (null, SquareError.BadRequest("INVALID_ENUM_VALUE", "status must be PENDING, COMPLETED, REJECTED or FAILED.", "status"));
        var (window, error) = ListWindow.Parse(query, scopeId, now, cursorLifetime);
        return window is null
            ? (null, error)
            : (new RefundQuery(scopeId, window, status, query.TryGetValue("source_type", out var source) ? source.ToString() : null), null);
    }

    public bool Matches(Refund refund) =>
        Window.Contains(refund.CreatedAt, refund.UpdatedAt)
        && (Status is null || Status.Equals(refund.Status.ToString(), StringComparison.OrdinalIgnoreCase))
        && (SourceType is null || refund.SourceType == SourceType);
}
