using System.Text;
using System.Text.Json;
using Integrations.Connections;
using Integrations.Contracts;
using NodaTime;
using NodaTime.Text;

namespace Integrations.Square;

/// <summary>Reads what a location has sold, page by page: always of one location (left out, Square lists the main one only), 100 at a time, the oldest
/// first. Orders come along with their payments, for tax, discount and service charge.</summary>
/// <remarks>Source: Square API reference, ListPayments, ListPaymentRefunds, BatchRetrieveOrders; Square docs, Working with APIs › Pagination: the
/// parameters stay the same from page to page.</remarks>
internal sealed class SquarePages(SquareApi api)
{
    private const int Most = 100;

    // Square lists the last year unless told otherwise; a refund may come later than that.
    private const string Ever = "2013-01-01T00:00:00Z";

    // By change: whatever happened to a sale since. By creation: a span of the past, whatever happened to it later comes by change.
    public static IReadOnlyList<string> Streams(bool first) =>
        first ? ["payments-created", "offline-created", "refunds-created"] : ["payments-updated", "offline-updated", "refunds-updated"];

    public async Task<Fetched<PosPage>> FetchAsync(PosCredentials credentials, PageRequest request, CancellationToken cancellationToken)
    {
        var (kind, byChange) = (request.Stream.Split('-')[0], request.Stream.EndsWith("-updated", StringComparison.Ordinal));
        var answer = await api.GetAsync(credentials, Address(credentials, request, kind, byChange), cancellationToken);
        if (answer.Fault is { } fault)
            return fault;
        using var json = answer.Value!;
        var skipped = new List<string>();
        Instant? reached = null;
        var facts =
            kind == "refunds"
                ? new PosFacts { Refunds = Read(json, "refunds", r => SquareTranslator.Refund(r), r => r.LocationId) }
                : new PosFacts { Payments = Read(json, "payments", p => SquareTranslator.Payment(p), p => p.LocationId) };
        if (
            facts.Payments.Select(p => p.OrderId).OfType<string>().Distinct().ToArray() is { Length: > 0 } orders
            // Without its orders a page is good too: they are fetched later.
            && await FetchOrdersAsync(credentials, orders, cancellationToken) is { Value: { } found }
        )
            facts = facts with { Orders = found };
        return Fetched.Of(new PosPage(facts, SquareApi.Text(json.RootElement, "cursor"), reached, skipped));

        List<T> Read<T>(JsonDocument page, string name, Func<JsonElement, (T? Known, string? Missing)> translate, Func<T, string> location)
            where T : class
        {
            var read = new List<T>();
            if (!page.RootElement.TryGetProperty(name, out var items) || items.ValueKind != JsonValueKind.Array)
                return read; // an empty page is an empty object
            foreach (var item in items.EnumerateArray())
            {
                var (known, missing) = Translated(item, translate);
                if (known is null)
                    skipped.Add($"{SquareApi.Text(item, "id") ?? "(no id)"}: {missing}");
                else if (location(known) == credentials.LocationId)
                    read.Add(known);
                if (PlaceOf(item, byChange) is { } at)
                    reached = at;
            }
            return read;
        }
    }

    public async Task<Fetched<IReadOnlyList<PosOrder>>> FetchOrdersAsync(
        PosCredentials credentials,
        IReadOnlyList<string> orderIds,
        CancellationToken cancellationToken
    )
    {
        var answer = await api.PostAsync(
            credentials,
            "/v2/orders/batch-retrieve",
            new { order_ids = orderIds.Take(Most), location_id = credentials.LocationId },
            cancellationToken
        );
        if (answer.Fault is { } fault)
            return fault;
        using var json = answer.Value!;
        IReadOnlyList<PosOrder> orders =
            json.RootElement.TryGetProperty("orders", out var items) && items.ValueKind == JsonValueKind.Array
                ? [.. items.EnumerateArray().Select(o => Translated(o, SquareTranslator.Order).Known).OfType<PosOrder>()]
                : [];
        return Fetched.Of(orders);
    }

    // Text that is not valid Unicode must not take its neighbours along.
    private static (T? Known, string? Missing) Translated<T>(JsonElement item, Func<JsonElement, (T? Known, string? Missing)> translate)
        where T : class
    {
        try
        {
            return item.ValueKind == JsonValueKind.Object ? translate(item) : (null, "It is not an object.");
        }
        catch (InvalidOperationException)
        {
            return (null, "It has text that is not valid Unicode.");
        }
    }

    private static Instant? PlaceOf(JsonElement item, bool byChange) =>
        SquareApi.Text(item, byChange ? "updated_at" : "created_at") is { } text
        && OffsetDateTimePattern.ExtendedIso.Parse(text) is { Success: true } at
            ? at.Value.ToInstant()
            : null;

    private static string Address(PosCredentials credentials, PageRequest request, string kind, bool byChange)
    {
        var path = new StringBuilder(kind == "refunds" ? "/v2/refunds" : "/v2/payments")
            .Append("?location_id=")
            .Append(Uri.EscapeDataString(credentials.LocationId))
            .Append("&limit=")
            .Append(Most)
            .Append("&sort_order=ASC&sort_field=")
            .Append(byChange ? "UPDATED_AT" : "CREATED_AT");
        path.Append("&begin_time=").Append(byChange ? Uri.EscapeDataString(Ever) : Time(request.From));
        path.Append(
            byChange
                ? $"&updated_at_begin_time={Time(request.From)}&updated_at_end_time={Time(request.To)}"
                : $"&end_time={Time(request.To)}"
        );
        if (kind == "offline")
            path.Append("&is_offline_payment=true");
        if (request.Cursor is not null)
            path.Append("&cursor=").Append(Uri.EscapeDataString(request.Cursor));
        return path.ToString();
    }

    private static string Time(Instant at) => Uri.EscapeDataString(InstantPattern.ExtendedIso.Format(at));
}
