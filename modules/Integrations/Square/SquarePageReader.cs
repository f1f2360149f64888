using System.Text;
using System.Text.Json;
using Integrations.Connections;
using Integrations.Contracts.Connections;
using Integrations.Credentials;
using Integrations.Providers;
using NodaTime;
using NodaTime.Text;
using PosModular.Kernel.Errors;

namespace Integrations.Square;

/// <summary>Reads the payments and refunds of one location page by page, 100 at a time, oldest first. Without a location Square would
/// list the main one only. The orders of the payments are fetched along with each page for tax, discount and service charge.</summary>
/// <remarks>Source: Square API reference, ListPayments, ListPaymentRefunds, BatchRetrieveOrders; Square docs, Working with APIs ›
/// Pagination: the parameters stay the same from page to page.</remarks>
internal sealed class SquarePageReader(SquareApi api, ContactHasher contacts)
{
    private const int PageSize = 100;

    // By default Square lists the last year only, but a refund can come later than that.
    private const string EarliestTime = "2013-01-01T00:00:00Z";

    // By modification time, a page contains every payment that has changed since. By creation time it contains a past span; later changes
    // appear in the streams by modification time.
    public static IReadOnlyList<string> Streams(bool isBackfill) =>
        isBackfill
            ? ["payments-created", "offline-created", "refunds-created"]
            : ["payments-updated", "offline-updated", "refunds-updated"];

    // An offline payment belongs to the day on which the guest paid, and Square may receive it days later.
    public static readonly IReadOnlyList<string> DayStreams = ["payments-created", "offline-taken", "refunds-created"];

    public async Task<ProviderResult<PosPage>> FetchAsync(
        PosCredentials credentials,
        PageRequest request,
        CancellationToken cancellationToken
    )
    {
        var (kind, byChange) = (request.Stream.Split('-')[0], request.Stream.EndsWith("-updated", StringComparison.Ordinal));
        var byDevice = request.Stream.EndsWith("-taken", StringComparison.Ordinal);
        var answer = await api.GetAsync(credentials, BuildPath(credentials, request, kind, byChange, byDevice), cancellationToken);
        if (answer.Fault is { } fault)
            return fault;
        using var json = answer.Value!;
        var name = kind == "refunds" ? "refunds" : "payments";
        if (!TryReadItems(json.RootElement, name, out var items))
            return SquareErrors.Unreadable($"its {name} are not a list");
        // A page whose cursor cannot be read would pass for the last one, and all later pages would be lost.
        var cursor = json.RootElement.TryGetProperty("cursor", out var given) ? given : default;
        if (cursor.ValueKind is not (JsonValueKind.String or JsonValueKind.Null or JsonValueKind.Undefined))
            return SquareErrors.Unreadable("its cursor is not a text");
        var skipped = new List<SkippedItem>();
        Instant? resumeAt = null;
        var observations =
            kind == "refunds"
                ? new PosObservations { Refunds = Read(SkippedKind.Refund, r => SquareTranslator.Refund(r), r => r.LocationId) }
                : new PosObservations
                {
                    Payments = Read(SkippedKind.Payment, p => SquareTranslator.Payment(p, contacts), p => p.LocationId),
                };
        if (
            request.WithOrders
            && observations.Payments.Select(p => p.OrderId).OfType<string>().Distinct().ToArray() is { Length: > 0 } orders
            // A page is complete without its orders, which are fetched later.
            && await FetchOrdersAsync(credentials, orders, cancellationToken) is { Value: { } found }
        )
            observations = observations with { Orders = found };
        return ProviderResult.Success(
            new PosPage(
                observations,
                cursor.ValueKind == JsonValueKind.String && cursor.GetString() is { Length: > 0 } next ? next : null,
                resumeAt,
                skipped
            )
            {
                Fingerprint = PageFingerprint.Of(items),
            }
        );

        List<T> Read<T>(SkippedKind skippedKind, Func<JsonElement, (T? Known, string? Missing)> translate, Func<T, string> location)
            where T : class
        {
            var read = new List<T>();
            foreach (var item in items)
            {
                var (translated, missing) = TryTranslate(item, translate);
                var isOfLocation = translated is null || location(translated) == credentials.LocationId;
                if (missing is not null && isOfLocation)
                    skipped.Add(
                        new SkippedItem(
                            skippedKind,
                            $"{SquareApi.ReadText(item, "id") ?? "(no id)"}: {missing}",
                            IsPartial: translated is not null
                        )
                    );
                if (translated is not null && isOfLocation)
                    read.Add(translated);
                if (!byDevice && SortTimeOf(item, byChange) is { } at)
                    resumeAt = at;
            }
            return read;
        }
    }

    /// <summary>One payment or refund by its id; nothing when Square answers NOT_FOUND or has it at another location.</summary>
    /// <remarks>Source: Square API reference, GetPayment, GetPaymentRefund.</remarks>
    public async Task<ProviderResult<PosObservations>> FetchOneAsync(
        PosCredentials credentials,
        string externalId,
        bool isRefund,
        CancellationToken cancellationToken
    )
    {
        var (list, name) = isRefund ? ("refunds", "refund") : ("payments", "payment");
        var answer = await api.GetAsync(credentials, $"/v2/{list}/{Uri.EscapeDataString(externalId)}", cancellationToken);
        if (answer.Fault is { } fault)
            return fault.Error.Code == ErrorCode.NotFound ? ProviderResult.Success(new PosObservations()) : fault;
        using var json = answer.Value!;
        if (!json.RootElement.TryGetProperty(name, out var item))
            return SquareErrors.Unreadable($"it has no {name}");
        var (payment, noPayment) = isRefund ? (null, null) : TryTranslate(item, p => SquareTranslator.Payment(p, contacts));
        var (refund, noRefund) = isRefund ? TryTranslate(item, SquareTranslator.Refund) : (null, null);
        if ((noPayment ?? noRefund) is { } missing)
            return SquareErrors.Unreadable($"{name} {externalId}: {missing}");
        return ProviderResult.Success(
            new PosObservations
            {
                Payments = payment?.LocationId == credentials.LocationId ? [payment] : [],
                Refunds = refund?.LocationId == credentials.LocationId ? [refund] : [],
            }
        );
    }

    public async Task<ProviderResult<IReadOnlyList<PosOrder>>> FetchOrdersAsync(
        PosCredentials credentials,
        IReadOnlyList<string> orderIds,
        CancellationToken cancellationToken
    )
    {
        var answer = await api.PostAsync(
            credentials,
            "/v2/orders/batch-retrieve",
            new { order_ids = orderIds.Take(PageSize), location_id = credentials.LocationId },
            cancellationToken
        );
        if (answer.Fault is { } fault)
            return fault;
        using var json = answer.Value!;
        if (!TryReadItems(json.RootElement, "orders", out var items))
            return SquareErrors.Unreadable("its orders are not a list");
        IReadOnlyList<PosOrder> orders = [.. items.Select(o => TryTranslate(o, SquareTranslator.Order).Known).OfType<PosOrder>()];
        return ProviderResult.Success(orders);
    }

    // An empty page is an empty object, or has null instead of a list.
    private static bool TryReadItems(JsonElement page, string name, out JsonElement[] items)
    {
        items = [];
        if (!page.TryGetProperty(name, out var list) || list.ValueKind == JsonValueKind.Null)
            return true;
        if (list.ValueKind != JsonValueKind.Array)
            return false;
        items = [.. list.EnumerateArray()];
        return true;
    }

    // Invalid Unicode in one object must not affect the other objects of the page.
    private static (T? Known, string? Missing) TryTranslate<T>(JsonElement item, Func<JsonElement, (T? Known, string? Missing)> translate)
        where T : class
    {
        try
        {
            return item.ValueKind == JsonValueKind.Object ? translate(item) : (null, "The item is not an object.");
        }
        catch (InvalidOperationException)
        {
            return (null, "The item contains text that is not valid Unicode.");
        }
    }

    private static Instant? SortTimeOf(JsonElement item, bool byChange) =>
        SquareApi.ReadText(item, byChange ? "updated_at" : "created_at") is { } text
        && OffsetDateTimePattern.ExtendedIso.Parse(text) is { Success: true } at
            ? at.Value.ToInstant()
            : null;

    // byDevice: by the time at which the device took an offline payment, whenever Square received it.
    private static string BuildPath(PosCredentials credentials, PageRequest request, string kind, bool byChange, bool byDevice)
    {
        var path = new StringBuilder(kind == "refunds" ? "/v2/refunds" : "/v2/payments")
            .Append("?location_id=")
            .Append(Uri.EscapeDataString(credentials.LocationId))
            .Append("&limit=")
            .Append(PageSize)
            .Append("&sort_order=ASC&sort_field=")
            .Append(
                byChange ? "UPDATED_AT"
                : byDevice ? "OFFLINE_CREATED_AT"
                : "CREATED_AT"
            );
        path.Append("&begin_time=").Append(byChange || byDevice ? Uri.EscapeDataString(EarliestTime) : FormatTime(request.From));
        path.Append(
            byChange ? $"&updated_at_begin_time={FormatTime(request.From)}&updated_at_end_time={FormatTime(request.To)}"
            : byDevice ? $"&offline_begin_time={FormatTime(request.From)}&offline_end_time={FormatTime(request.To)}"
            : $"&end_time={FormatTime(request.To)}"
        );
        if (kind == "offline")
            path.Append("&is_offline_payment=true");
        if (request.Cursor is not null)
            path.Append("&cursor=").Append(Uri.EscapeDataString(request.Cursor));
        return path.ToString();
    }

    private static string FormatTime(Instant at) => Uri.EscapeDataString(InstantPattern.ExtendedIso.Format(at));
}
