using System.Buffers.Text;
using System.Globalization;
using System.Text;

namespace PosModular.Simulator.Payments;

/// <summary>
/// The parameters that ListPayments and ListPaymentRefunds have in common (Square docs, Payments › ListPayments, Refunds ›
/// ListPaymentRefunds): created_at window (default: the last year), updated_at window, sort, limit, cursor. Windows include both ends;
/// Square says so of the beginning only.
/// </summary>
internal sealed record ListWindow
{
    /// <summary>Square's default and maximum; a higher limit is not an error but is reduced to this.</summary>
    public const int MaxPerPage = 100;

    public required DateTimeOffset CreatedFrom { get; init; }
    public required DateTimeOffset CreatedTo { get; init; }
    public DateTimeOffset? UpdatedFrom { get; init; }
    public DateTimeOffset? UpdatedTo { get; init; }
    public DateTimeOffset? OfflineFrom { get; init; }
    public DateTimeOffset? OfflineTo { get; init; }
    public SortField Sort { get; init; }
    public bool Ascending { get; init; }
    public int Limit { get; init; } = MaxPerPage;
    public ListIndex.Key? After { get; init; }
    private DateTimeOffset ReadAt { get; init; }

    /// <summary>
    /// Hash of the request's parameters, part of the cursor: they must stay the same from page to page (Square docs, Working with
    /// APIs › Pagination).
    /// </summary>
    private string ParametersHash { get; init; } = "";

    /// <summary>The parsed window, or an error that names the parameter.</summary>
    /// <param name="query">The query string.</param>
    /// <param name="scopeId">Id of the location or the merchant whose list it is; a cursor of another one is refused.</param>
    /// <param name="now">The end of a created_at window that names none.</param>
    /// <param name="cursorLifetime">An older cursor gets INVALID_CURSOR; null: cursors never expire.</param>
    public static (ListWindow? Window, IResult? Error) Parse(
        IQueryCollection query,
        string scopeId,
        DateTimeOffset now,
        TimeSpan? cursorLifetime
    )
    {
        DateTimeOffset? At(string name, ref IResult? error)
        {
            if (!query.TryGetValue(name, out var text))
                return null;
            if (SquareTime.TryParse(text.ToString(), out var at))
                return at;
            error ??= SquareError.BadRequest("INVALID_TIME", $"{name} is not an RFC 3339 timestamp.", name);
            return null;
        }

        IResult? error = null;
        var window = new ListWindow
        {
            CreatedFrom = At("begin_time", ref error) ?? now.AddYears(-1),
            CreatedTo = At("end_time", ref error) ?? now,
            UpdatedFrom = At("updated_at_begin_time", ref error),
            UpdatedTo = At("updated_at_end_time", ref error),
            OfflineFrom = At("offline_begin_time", ref error),
            OfflineTo = At("offline_end_time", ref error),
            Sort = query["sort_field"].ToString() switch
            {
                "UPDATED_AT" => SortField.UpdatedAt,
                "OFFLINE_CREATED_AT" => SortField.OfflineCreatedAt,
                _ => SortField.CreatedAt,
            },
            Ascending = query["sort_order"] == "ASC",
            ReadAt = now,
            ParametersHash = SquareId.OpaqueHash(
                scopeId
                    + "?"
                    + string.Join(
                        '&',
                        query
                            .Where(p => p.Key is not ("cursor" or "limit"))
                            .OrderBy(p => p.Key, StringComparer.Ordinal)
                            .Select(p => $"{p.Key}={p.Value}")
                    ),
                12
            ),
        };
        error ??= Validate(query, window);
        if (error is not null)
            return (null, error);

        if (query.TryGetValue("limit", out var limitText))
        {
            if (!int.TryParse(limitText, NumberStyles.None, CultureInfo.InvariantCulture, out var limit) || limit < 1)
                return (null, SquareError.BadRequest("VALUE_TOO_LOW", "limit must be a number from 1 to 100.", "limit"));
            window = window with { Limit = Math.Min(limit, MaxPerPage) };
        }

        if (query.TryGetValue("cursor", out var cursor) && cursor.ToString() is { Length: > 0 } cursorText)
        {
            if (window.ReadCursor(cursorText, cursorLifetime) is not { } after)
                return (
                    null,
                    SquareError.BadRequest("INVALID_CURSOR", "The cursor does not belong to this request, or is too old.", "cursor")
                );
            window = window with { After = after };
        }

        return (window, null);
    }

    public string CursorAfter(string id, DateTimeOffset created, DateTimeOffset updated, DateTimeOffset? offline = null)
    {
        var at = Sort switch
        {
            SortField.UpdatedAt => updated,
            SortField.OfflineCreatedAt => offline ?? created,
            _ => created,
        };
        return Base64Url.EncodeToString(
            Encoding.UTF8.GetBytes(FormattableString.Invariant($"{ParametersHash} {ReadAt.UtcTicks} {at.UtcTicks} {id}"))
        );
    }

    /// <summary>The keys inside the window of the sort field, in sort order and after the cursor.</summary>
    public IEnumerable<ListIndex.Key> KeysIn(ListIndex? index)
    {
        if (index is null)
            return [];
        var (from, to) = Sort switch
        {
            SortField.UpdatedAt => (UpdatedFrom, UpdatedTo),
            SortField.OfflineCreatedAt => (OfflineFrom, OfflineTo),
            _ => (CreatedFrom, CreatedTo),
        };
        var first = ListIndex.Key.FirstAt(from ?? DateTimeOffset.MinValue);
        var last = ListIndex.Key.LastAt(to ?? DateTimeOffset.MaxValue);
        if (After is { } after)
        {
            if (Ascending && after.CompareTo(first) > 0)
                first = after;
            if (!Ascending && after.CompareTo(last) < 0)
                last = after;
        }

        if (first.CompareTo(last) > 0)
            return [];
        var window = index.SortedBy(Sort).GetViewBetween(first, last);
        return (Ascending ? window : window.Reverse()).Where(place => place != After);
    }

    /// <summary>Whether these times lie in both windows.</summary>
    public bool Contains(DateTimeOffset created, DateTimeOffset updated) =>
        created >= CreatedFrom && created <= CreatedTo && !(updated < UpdatedFrom) && !(updated > UpdatedTo);

    private static IResult? Validate(IQueryCollection query, ListWindow window)
    {
        if (window.CreatedFrom > window.CreatedTo)
            return SquareError.BadRequest("INVALID_TIME_RANGE", "begin_time is after end_time.", "begin_time");
        if (window.UpdatedFrom > window.UpdatedTo)
            return SquareError.BadRequest(
                "INVALID_TIME_RANGE",
                "updated_at_begin_time is after updated_at_end_time.",
                "updated_at_begin_time"
            );
        if (window.OfflineFrom > window.OfflineTo)
            return SquareError.BadRequest("INVALID_TIME_RANGE", "offline_begin_time is after offline_end_time.", "offline_begin_time");
        if (
            query.TryGetValue("sort_field", out var field) && field.ToString() is not ("CREATED_AT" or "UPDATED_AT" or "OFFLINE_CREATED_AT")
        )
            return SquareError.BadRequest(
                "INVALID_ENUM_VALUE",
                "sort_field must be CREATED_AT, OFFLINE_CREATED_AT or UPDATED_AT.",
                "sort_field"
            );
        if (query.TryGetValue("sort_order", out var order) && order.ToString() is not ("ASC" or "DESC"))
            return SquareError.BadRequest("INVALID_SORT_ORDER", "sort_order must be ASC or DESC.", "sort_order");
        return null;
    }

    private ListIndex.Key? ReadCursor(string text, TimeSpan? lifetime)
    {
        if (!Base64Url.IsValid(text))
            return null;
        var parts = Encoding.UTF8.GetString(Base64Url.DecodeFromChars(text)).Split(' ', 4);
        if (parts.Length != 4 || parts[0] != ParametersHash || Instant(parts[1]) is not { } given || Instant(parts[2]) is not { } at)
            return null;
        return ReadAt - given > lifetime ? null : new ListIndex.Key(at, parts[3]);
    }

    private static DateTimeOffset? Instant(string ticks) =>
        long.TryParse(ticks, NumberStyles.None, CultureInfo.InvariantCulture, out var read) && read <= DateTime.MaxValue.Ticks
            ? new DateTimeOffset(read, TimeSpan.Zero)
            : null;
}
