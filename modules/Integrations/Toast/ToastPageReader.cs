using System.Globalization;
using System.Text.Json;
using Integrations.Connections;
using Integrations.Contracts.Connections;
using Integrations.Credentials;
using Integrations.Providers;
using NodaTime;
using PosModular.Kernel.Amounts;
using PosModular.Kernel.Errors;

namespace Integrations.Toast;

/// <summary>Reads a restaurant's orders page by page, 100 at a time, always by modification time, so that a changed order appears again.
/// The cursor is the page number. Toast does not document an order of the list, and an order that is edited during the reading can move
/// from an unread page to one that was already read. A page therefore never sets ResumeAt; to read a span completely, it must be read
/// again until nothing new appears.</summary>
/// <remarks>Source: Toast Orders API reference, ordersBulk; Toast developer guide, Response data pagination (link headers by RFC 8288, no
/// last), Rate limiting: spans of a month at most.</remarks>
internal sealed class ToastPageReader(ToastApi api, ToastDayReader days, ContactHasher contacts)
{
    public static readonly Duration MaxQuerySpan = Duration.FromDays(30);

    /// <summary>The orders of the business dates that a time span touches, by Toast's own business date.</summary>
    public const string DayStream = "day-orders";

    private const int PageSize = 100;

    public async Task<ProviderResult<PosPage>> FetchAsync(
        PosCredentials credentials,
        PageRequest request,
        CancellationToken cancellationToken
    )
    {
        if (Currency.Parse(credentials.Currency) is not { } currency)
            return new ProviderFault(
                new UserError(
                    ErrorCode.SyncFailed,
                    "The currency of this restaurant is not known, so its amounts cannot be read. Connect the location "
                        + "again with connectPos."
                )
            );
        if (request.To - request.From > MaxQuerySpan)
            return new ProviderFault(UserError.Invalid("Toast lists orders of at most 30 days at once. Request a shorter span.", "to"));
        if (request.Stream == DayStream)
            return await FetchDayAsync(credentials, request, currency, cancellationToken);
        var number = 1;
        if (
            request.Cursor is { } cursor
            && !(int.TryParse(cursor, NumberStyles.None, CultureInfo.InvariantCulture, out number) && number > 0)
        )
            return new ProviderFault(
                UserError.Invalid("A Toast cursor is a page number. Start again without a cursor.", "cursor"),
                CursorExpired: true
            );
        if (request.To <= request.From)
            return ProviderResult.Success(new PosPage(new PosObservations(), null, null, []));
        return await FetchAsync(
            credentials,
            BuildPath(request.From, request.To, PageSize, number),
            number,
            currency,
            next => next?.ToString(CultureInfo.InvariantCulture),
            cancellationToken
        );
    }

    // Toast's business dates need not begin at the venue's day cut-off, so a day of the venue can touch two of them. The cursor names the
    // date, its page and the last date.
    private async Task<ProviderResult<PosPage>> FetchDayAsync(
        PosCredentials credentials,
        PageRequest request,
        string currency,
        CancellationToken cancellationToken
    )
    {
        if (DayCursor.Parse(request.Cursor) is not { } cursor)
        {
            var dates = await days.DatesOfAsync(credentials, request.From, request.To, cancellationToken);
            if (dates.Value is not { } found)
                return dates.Fault!;
            cursor = new DayCursor(found[0], 1, found[^1]);
        }
        return await FetchAsync(
            credentials,
            string.Create(
                CultureInfo.InvariantCulture,
                $"{ToastHttp.OrdersBulk}?businessDate={ToastDayReader.Format(cursor.Date)}&pageSize={PageSize}&page={cursor.Page}"
            ),
            cursor.Page,
            currency,
            next => cursor.After(next)?.ToString(),
            cancellationToken
        );
    }

    private async Task<ProviderResult<PosPage>> FetchAsync(
        PosCredentials credentials,
        string path,
        int number,
        string currency,
        Func<int?, string?> cursorAfter,
        CancellationToken cancellationToken
    )
    {
        var answer = await api.GetAsync(credentials, path, cancellationToken);
        if (answer.Fault is { } fault)
            return fault;
        using var page = answer.Value!;
        if (page.Json.RootElement.ValueKind != JsonValueKind.Array)
            return ToastErrors.Unreadable($"its orders are not a list but {ProviderFaults.NameOf(page.Json.RootElement.ValueKind)}");
        var (payments, skipped) = (new List<PosPayment>(), new List<SkippedItem>());
        JsonElement[] orders = [.. page.Json.RootElement.EnumerateArray()];
        foreach (var order in orders)
        {
            var (read, missing) = ToastTranslator.Order(order, credentials.LocationId, currency, contacts);
            payments.AddRange(read);
            skipped.AddRange(missing);
        }
        var next = orders.Length == 0 ? null : ToastLinkHeader.NextPage(page.Links, number);
        return ProviderResult.Success(
            new PosPage(
                new PosObservations { Payments = payments, Refunds = ToastTranslator.RefundsOf(payments) },
                cursorAfter(next),
                null,
                skipped
            )
            {
                Fingerprint = PageFingerprint.Of(orders),
            }
        );
    }

    private sealed record DayCursor(LocalDate Date, int Page, LocalDate Last)
    {
        public static DayCursor? Parse(string? cursor) =>
            cursor?.Split('/') is [var date, var page, var last]
            && ToastDayReader.Parse(date) is { } of
            && int.TryParse(page, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            && ToastDayReader.Parse(last) is { } until
                ? new DayCursor(of, number, until)
                : null;

        /// <summary>The next page of the date, or the first one of the next date.</summary>
        public DayCursor? After(int? next) =>
            next is { } page ? this with { Page = page }
            : Date < Last ? this with { Date = Date.PlusDays(1), Page = 1 }
            : null;

        public override string ToString() =>
            string.Create(CultureInfo.InvariantCulture, $"{ToastDayReader.Format(Date)}/{Page}/{ToastDayReader.Format(Last)}");
    }

    public static string BuildPath(Instant from, Instant to, int size, int page) =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"{ToastHttp.OrdersBulk}?startDate={ToastTime.FormatForQuery(from, end: false)}"
                + $"&endDate={ToastTime.FormatForQuery(to, end: true)}&pageSize={size}&page={page}"
        );
}
