using System.Globalization;

namespace PosModular.Simulator.Payments;

/// <summary>The parameters of ListPayments (Square docs, Payments › ListPayments): the window, and filters on the payment.</summary>
internal sealed record PaymentQuery
{
    public required string LocationId { get; init; }
    public required ListWindow Window { get; init; }
    public long? Total { get; init; }
    public string? Last4 { get; init; }
    public string? Brand { get; init; }
    public bool OfflineOnly { get; init; }

    /// <summary>The parsed query, or an error that names the parameter.</summary>
    public static (PaymentQuery? Query, IResult? Error) Parse(
        IQueryCollection query,
        string locationId,
        DateTimeOffset now,
        TimeSpan? cursorLifetime
    )
    {
        var (window, error) = ListWindow.Parse(query, locationId, now, cursorLifetime);
        if (window is null)
            return (null, error);

        long? total = null;
        if (query.TryGetValue("total", out var totalText))
        {
            if (!long.TryParse(totalText, NumberStyles.None, CultureInfo.InvariantCulture, out var read))
                return (null, SquareError.BadRequest("EXPECTED_INTEGER", "total must be a number.", "total"));
            total = read;
        }

        return (
            new PaymentQuery
            {
                LocationId = locationId,
                Window = window,
                Total = total,
                Last4 = query.TryGetValue("last_4", out var last4) ? last4.ToString() : null,
                Brand = query.TryGetValue("card_brand", out var brand) ? brand.ToString() : null,
                OfflineOnly = query["is_offline_payment"] == "true",
            },
            null
        );
    }

    public bool Matches(Payment payment) =>
        Window.Contains(payment.CreatedAt, payment.UpdatedAt)
        && !((payment.OfflineAt ?? DateTimeOffset.MinValue) < Window.OfflineFrom)
        && !((payment.OfflineAt ?? DateTimeOffset.MaxValue) > Window.OfflineTo)
        && (Total is null || payment.Total == Total)
        && (Last4 is null || payment.Card?.Last4 == Last4)
        && (Brand is null || payment.Card?.Brand == Brand)
        && (!OfflineOnly || payment.OfflineAt is not null);
}
