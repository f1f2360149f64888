using PosModular.Simulator.Payments;

namespace PosModular.Simulator.Refunds;

/// <summary>The parameters of ListPaymentRefunds; without location_id all locations of the seller are meant, unlike payments.</summary>
internal sealed record RefundQuery(string Place, ListWindow Window, string? Status, string? SourceType)
{
    /// <summary>The query, or the error that names the parameter.</summary>
    public static (RefundQuery? Query, IResult? Error) Read(
        IQueryCollection given,
        string place,
        DateTimeOffset now,
        TimeSpan? cursorLifetime
    )
    {
        if (given["sort_field"] == "OFFLINE_CREATED_AT")
            return (null, SquareError.Bad("INVALID_ENUM_VALUE", "sort_field must be CREATED_AT or UPDATED_AT.", "sort_field"));
        var status = given.TryGetValue("status", out var asked) ? asked.ToString() : null;
        if (status is not (null or "PENDING" or "COMPLETED" or "REJECTED" or "FAILED"))
            return (null, SquareError.Bad("INVALID_ENUM_VALUE", "status must be PENDING, COMPLETED, REJECTED or FAILED.", "status"));
        var (window, error) = ListWindow.Read(given, place, now, cursorLifetime);
        return window is null
            ? (null, error)
            : (new RefundQuery(place, window, status, given.TryGetValue("source_type", out var source) ? source.ToString() : null), null);
    }

    public bool Wants(Refund refund) =>
        Window.Holds(refund.CreatedAt, refund.UpdatedAt)
        && (Status is null || Status.Equals(refund.Status.ToString(), StringComparison.OrdinalIgnoreCase))
        && (SourceType is null || refund.SourceType == SourceType);
}
