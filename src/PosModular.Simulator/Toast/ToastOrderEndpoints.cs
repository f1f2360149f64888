using System.Globalization;
using Microsoft.AspNetCore.WebUtilities;

namespace PosModular.Simulator.Toast;

/// <summary>
/// <c>GET /orders/v2/ordersBulk</c> and <c>GET /orders/v2/orders/{guid}</c> (Toast docs, Orders API).
/// <para>Each page of ordersBulk is computed anew by the current order of modification. An order that changes while a client reads the
/// pages moves to the end or out of the window, the orders after it move up by one, and the first order of the next page moves to a
/// page that was already read, so the client misses it. Toast does not document this; a client must handle it, e.g. by reading
/// windows again.</para>
/// <para>The default page size and the sort order are not documented; here they are 100 and ascending. A window of more than a month
/// gets 400.</para>
/// </summary>
internal static class ToastOrderEndpoints
{
    private const int MaxPerPage = 100;
    private static readonly DateTimeOffset EarliestStartDate = new(2015, 12, 1, 0, 0, 0, TimeSpan.Zero);

    public static void MapToastOrders(this IEndpointRouteBuilder app)
    {
        app.MapGet("/orders/v2/ordersBulk", ListBulk).RequireToast("orders:read");
        app.MapGet("/orders/v2/orders/{guid:guid}", Get).RequireToast("orders:read");
    }

    private static IResult Get(Guid guid, HttpContext http, ToastLedger ledger)
    {
        var (restaurant, refusal) = http.ConnectedRestaurant();
        if (restaurant is null)
            return refusal!;
        if (ledger.Find(guid) is not { } order || order.RestaurantGuid != restaurant.Guid)
            return ToastError.NotFound("Order");
        return ToastJson.Response(json => new ToastOrderJson(json, order, restaurant, AudienceOf(http)).Write());
    }

    private static IResult ListBulk(HttpContext http, ToastLedger ledger)
    {
        var (restaurant, refusal) = http.ConnectedRestaurant();
        if (restaurant is null)
            return refusal!;

        var given = http.Request.Query;
        if (Number("pageSize", MaxPerPage) is not { } size || size > MaxPerPage)
            return ToastError.Response(400, "pageSize must be 1 to 100", "pageSize");
        if (Number("page", 1) is not { } page)
            return ToastError.Response(400, "page must be 1 or more", "page");

        (IReadOnlyList<ToastOrder> Page, bool More) found;
        if (given.TryGetValue("businessDate", out var dayText))
        {
            if (ToastTime.ParseBusinessDate(dayText.ToString()) is not { } day)
                return ToastError.Response(400, "businessDate must be yyyyMMdd", "businessDate");
            found = ledger.ListByBusinessDate(restaurant.Guid, day, page, size);
        }
        else
        {
            if (ToastTime.Parse(given["startDate"].ToString()) is not { } from || from < EarliestStartDate)
                return ToastError.Response(
                    400,
                    "startDate must be like 2016-01-01T14:13:12.000+0400, URL-encoded, and after 2015-12-01",
                    "startDate"
                );
            if (ToastTime.Parse(given["endDate"].ToString()) is not { } to || to < from)
                return ToastError.Response(
                    400,
                    "endDate must be like 2016-01-01T14:13:12.000+0400, URL-encoded, and not before startDate",
                    "endDate"
                );
            if (to > from.AddMonths(1))
                return ToastError.Response(400, "startDate and endDate must be at most one month apart", "endDate");
            found = ledger.ListModified(restaurant.Guid, from, to, page, size);
        }

        AddLinks(http, page, size, found.More);
        var reader = AudienceOf(http);
        return ToastJson.Response(json =>
        {
            json.WriteStartArray();
            foreach (var order in found.Page)
                new ToastOrderJson(json, order, restaurant, reader).Write();
            json.WriteEndArray();
        });

        int? Number(string name, int fallback) =>
            !given.TryGetValue(name, out var text) ? fallback
            : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= 1 ? number
            : null;
    }

    /// <summary>RFC 5988: first, self, prev, next; there is no last.</summary>
    private static void AddLinks(HttpContext http, int page, int size, bool more)
    {
        var request = http.Request;
        var same = request
            .Query.Where(p => p.Key is not ("page" or "pageSize"))
            .Select(p => KeyValuePair.Create(p.Key, (string?)p.Value.ToString()))
            .ToList();
        var links = new List<string> { Link(1, "first"), Link(page, "self") };
        if (page > 1)
            links.Add(Link(page - 1, "prev"));
        if (more)
            links.Add(Link(page + 1, "next"));
        http.Response.Headers.Link = string.Join(", ", links);

        string Link(int number, string rel)
        {
            var address = QueryHelpers.AddQueryString(
                $"{request.Scheme}://{request.Host}{request.Path}",
                [.. same, Parameter("pageSize", size), Parameter("page", number)]
            );
            return $"<{address}>; rel=\"{rel}\"";
        }

        static KeyValuePair<string, string?> Parameter(string name, int value) =>
            KeyValuePair.Create(name, (string?)value.ToString(CultureInfo.InvariantCulture));
    }

    private static OrderAudience AudienceOf(HttpContext http) =>
        http.ToastCaller().Scopes.Contains("guest.pi:read") ? OrderAudience.WithGuestInfo : OrderAudience.WithoutGuestInfo;
}
