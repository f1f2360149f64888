using System.Buffers.Text;
using System.Globalization;
using System.Text;

namespace PosModular.Simulator.Payments;

/// <summary>
/// The parameters of ListPayments (Square docs, Payments › ListPayments): created_at window (default: the last year), updated_at
/// window, sort, filters, cursor. Windows include both ends; Square says so of the beginning only.
/// </summary>
internal sealed record PaymentQuery
{
    /// <summary>Square: 100 is the default and the most; more is not an error.</summary>
    public const int MostPerPage = 100;

    public required string LocationId { get; init; }
    public required DateTimeOffset CreatedFrom { get; init; }
    public required DateTimeOffset CreatedTo { get; init; }
    public DateTimeOffset? UpdatedFrom { get; init; }
    public DateTimeOffset? UpdatedTo { get; init; }
    public bool ByUpdate { get; init; }
    public bool Ascending { get; init; }
    public int Limit { get; init; } = MostPerPage;
    public long? Total { get; init; }
    public string? Last4 { get; init; }
    public string? Brand { get; init; }
    public bool OfflineOnly { get; init; }
    public PaymentShelf.Place? After { get; init; }

    /// <summary>What a cursor is bound to: the parameters must stay the same from page to page (Square docs, Working with APIs › Pagination).</summary>
    private string Bond { get; init; } = "";

    /// <summary>The query, or the error that names the parameter.</summary>
    public static (PaymentQuery? Query, IResult? Error) Read(IQueryCollection given, string locationId, DateTimeOffset now)
    {
        DateTimeOffset? At(string name, ref IResult? error)
        {
            if (!given.TryGetValue(name, out var text)) return null;
            if (SquareTime.TryRead(text.ToString(), out var at)) return at;
            error ??= SquareError.Bad("INVALID_TIME", $"{name} is not an RFC 3339 timestamp.", name);
            return null;
        }

        IResult? error = null;
        var query = new PaymentQuery
        {
            LocationId = locationId,
            CreatedFrom = At("begin_time", ref error) ?? now.AddYears(-1),
            CreatedTo = At("end_time", ref error) ?? now,
            UpdatedFrom = At("updated_at_begin_time", ref error),
            UpdatedTo = At("updated_at_end_time", ref error),
            ByUpdate = given["sort_field"] == "UPDATED_AT",
            Ascending = given["sort_order"] == "ASC",
            Last4 = given.TryGetValue("last_4", out var last4) ? last4.ToString() : null,
            Brand = given.TryGetValue("card_brand", out var brand) ? brand.ToString() : null,
            OfflineOnly = given["is_offline_payment"] == "true",
            Bond = SquareId.WordFor(locationId + "?" + string.Join('&', given.Where(p => p.Key is not ("cursor" or "limit")).OrderBy(p => p.Key, StringComparer.Ordinal).Select(p => $"{p.Key}={p.Value}")), 12),
        };
        if (error is not null) return (null, error);
        if (query.CreatedFrom > query.CreatedTo) return (null, SquareError.Bad("INVALID_TIME_RANGE", "begin_time is after end_time.", "begin_time"));
        if (query.UpdatedFrom > query.UpdatedTo) return (null, SquareError.Bad("INVALID_TIME_RANGE", "updated_at_begin_time is after updated_at_end_time.", "updated_at_begin_time"));
        if (given.TryGetValue("sort_field", out var field) && field.ToString() is not ("CREATED_AT" or "UPDATED_AT" or "OFFLINE_CREATED_AT"))
            return (null, SquareError.Bad("INVALID_ENUM_VALUE", "sort_field must be CREATED_AT, OFFLINE_CREATED_AT or UPDATED_AT.", "sort_field"));
        if (given.TryGetValue("sort_order", out var order) && order.ToString() is not ("ASC" or "DESC"))
            return (null, SquareError.Bad("INVALID_SORT_ORDER", "sort_order must be ASC or DESC.", "sort_order"));

        if (given.TryGetValue("limit", out var limitText))
        {
            if (!int.TryParse(limitText, NumberStyles.None, CultureInfo.InvariantCulture, out var limit) || limit < 1)
                return (null, SquareError.Bad("VALUE_TOO_LOW", "limit must be a number from 1 to 100.", "limit"));
            query = query with { Limit = Math.Min(limit, MostPerPage) };
        }

        if (given.TryGetValue("total", out var totalText))
        {
            if (!long.TryParse(totalText, NumberStyles.None, CultureInfo.InvariantCulture, out var total))
                return (null, SquareError.Bad("EXPECTED_INTEGER", "total must be a number.", "total"));
            query = query with { Total = total };
        }

        if (given.TryGetValue("cursor", out var cursor) && cursor.ToString() is { Length: > 0 } cursorText)
        {
            if (query.ReadCursor(cursorText) is not { } after) return (null, SquareError.Bad("INVALID_CURSOR", "The cursor does not belong to this request.", "cursor"));
            query = query with { After = after };
        }

        return (query, null);
    }

    public string CursorAfter(Payment payment) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(
        FormattableString.Invariant($"{Bond} {(ByUpdate ? payment.UpdatedAt : payment.CreatedAt).UtcTicks} {payment.Id}")));

    /// <summary>The places inside the sorted window, from where the cursor left off.</summary>
    public IEnumerable<PaymentShelf.Place> Walk(PaymentShelf? shelf)
    {
        if (shelf is null) return [];
        var first = PaymentShelf.Place.FirstAt(ByUpdate ? UpdatedFrom ?? DateTimeOffset.MinValue : CreatedFrom);
        var last = PaymentShelf.Place.LastAt(ByUpdate ? UpdatedTo ?? DateTimeOffset.MaxValue : CreatedTo);
        if (After is { } after)
        {
            if (Ascending && after.CompareTo(first) > 0) first = after;
            if (!Ascending && after.CompareTo(last) < 0) last = after;
        }

        if (first.CompareTo(last) > 0) return [];
        var window = (ByUpdate ? shelf.ByUpdate : shelf.ByCreation).GetViewBetween(first, last);
        return (Ascending ? window : window.Reverse()).Where(place => place != After);
    }

    public bool Wants(Payment payment) =>
        payment.CreatedAt >= CreatedFrom && payment.CreatedAt <= CreatedTo
        && !(payment.UpdatedAt < UpdatedFrom) && !(payment.UpdatedAt > UpdatedTo)
        && (Total is null || payment.Total == Total)
        && (Last4 is null || payment.Card?.Last4 == Last4)
        && (Brand is null || payment.Card?.Brand == Brand)
        && (!OfflineOnly || payment.OfflineAt is not null);

    private PaymentShelf.Place? ReadCursor(string text)
    {
        if (!Base64Url.IsValid(text)) return null;
        var parts = Encoding.UTF8.GetString(Base64Url.DecodeFromChars(text)).Split(' ', 3);
        return parts.Length == 3 && parts[0] == Bond && long.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out var ticks) && ticks <= DateTime.MaxValue.Ticks
            ? new PaymentShelf.Place(new DateTimeOffset(ticks, TimeSpan.Zero), parts[2])
            : null;
    }
}
