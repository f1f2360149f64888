using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Integrations.Contracts.Access;
using Integrations.Contracts.Connections;
using Integrations.Contracts.Venues;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.EntityFrameworkCore;
using NodaTime;
using NodaTime.Text;
using PosModular.Kernel.Amounts;
using PosModular.Kernel.Errors;

namespace Ingestion.Transactions;

/// <summary><c>GET /api/venues/{id}/transactions.csv</c> exports the venue's transactions for spreadsheets. The query parameters are the
/// filters of venue.transactions (lists separated by commas) and <c>order</c>. The file is UTF-8 and follows RFC 4180; times are UTC, days
/// are business dates, amounts are in major units of the currency. It is streamed a thousand rows at a time, each read by a short query of
/// its own. For owners of the venue: 401 and 403 are {code, message}; 400 INVALID_INPUT names the parameter.</summary>
internal sealed partial class TransactionsCsv(IDbContextFactory<IngestionDb> dbFactory, IVenues venues, TransactionSelections selections)
{
    private const int PageSize = 1_000;

    private static readonly (string Name, Func<Transaction, string?> Value)[] Columns =
    [
        ("id", t => t.Id.ToString()),
        ("externalId", t => EscapeFormula(t.ExternalId)),
        ("externalOrderId", t => EscapeFormula(t.ExternalOrderId)),
        ("provider", t => EnumValueName(t.Provider)),
        ("connectionId", t => t.ConnectionId.ToString()),
        ("occurredAt", t => InstantPattern.ExtendedIso.Format(t.OccurredAt)),
        ("businessDate", t => LocalDatePattern.Iso.Format(t.BusinessDate)),
        ("status", t => EnumValueName(t.Status)),
        ("currency", t => t.Total.Currency),
        ("total", t => FormatMajorUnits(t.Total)),
        ("subtotal", t => FormatMajorUnits(t.Subtotal)),
        ("tax", t => FormatMajorUnits(t.Tax)),
        ("tip", t => FormatMajorUnits(t.Tip)),
        ("discount", t => FormatMajorUnits(t.Discount)),
        ("serviceCharge", t => FormatMajorUnits(t.ServiceCharge)),
        ("refunded", t => FormatMajorUnits(t.Refunded)),
        ("net", t => FormatMajorUnits(t.Net)),
        ("breakdownComplete", t => t.BreakdownComplete ? "true" : "false"),
        ("paymentMethod", t => EnumValueName(t.PaymentMethod)),
        ("cardBrand", t => EscapeFormula(t.Card?.Brand)),
        ("cardLast4", t => EscapeFormula(t.Card?.Last4)),
        ("userId", t => EscapeFormula(t.UserId)),
        ("matchedBy", t => t.MatchedBy is { } by ? EnumValueName(by) : null),
        ("recordedAt", t => InstantPattern.ExtendedIso.Format(t.RecordedAt)),
    ];

    public void Map(IEndpointRouteBuilder routes) => routes.MapGet("/api/venues/{id}/transactions.csv", (RequestDelegate)HandleAsync);

    private async Task HandleAsync(HttpContext http)
    {
        try
        {
            var cancellationToken = http.RequestAborted;
            var caller = Caller.Of(http.User);
            var venue = await venues.DemandAsync((string)http.GetRouteValue("id")!, Right.ViewTransactions, caller, cancellationToken);
            var order = ReadEnum<TransactionOrder>(http.Request.Query, "order") ?? TransactionOrder.NewestFirst;
            // A wrong filter must be reported before the first byte is sent.
            var selection = await selections.ResolveAsync(ReadFilter(http.Request.Query), venue, caller, cancellationToken);
            await using var db = await dbFactory.CreateDbContextAsync(cancellationToken);
            selection.Rows(db);
            http.Response.ContentType = "text/csv; charset=utf-8";
            http.Response.Headers.ContentDisposition = $"attachment; filename=\"transactions-{venue.Id}.csv\"";
            await WriteAsync(http.Response, selection, order, cancellationToken);
        }
        catch (ApiError e) when (!http.Response.HasStarted)
        {
            http.Response.StatusCode = e.Code switch
            {
                "UNAUTHENTICATED" => 401,
                "FORBIDDEN" => 403,
                _ => 400,
            };
            await http.Response.WriteAsJsonAsync(new { code = e.Code, message = e.Message });
        }
    }

    private async Task WriteAsync(
        HttpResponse response,
        TransactionSelection selection,
        TransactionOrder order,
        CancellationToken cancellationToken
    )
    {
        var text = new StringBuilder(64 * 1024).AppendJoin(',', Columns.Select(c => c.Name)).Append("\r\n");
        string? after = null;
        while (true)
        {
            await using (var db = await dbFactory.CreateDbContextAsync(cancellationToken))
            {
                var rows = await selection.Rows(db).Sorted(order, after).Take(PageSize).ToListAsync(cancellationToken);
                foreach (var sale in rows.Select(r => new Transaction(selection.Venue, r)))
                    text.AppendJoin(',', Columns.Select(c => QuoteField(c.Value(sale)))).Append("\r\n");
                after = rows.Count < PageSize ? null : order.CursorOf(rows[^1]);
            }
            await response.WriteAsync(text.ToString(), cancellationToken);
            text.Clear();
            if (after is null)
                return;
        }
    }

    private static TransactionFilter ReadFilter(IQueryCollection query) =>
        new()
        {
            From = ReadInstant(query, "from"),
            To = ReadInstant(query, "to"),
            ConnectionId = ReadText(query, "connectionId"),
            Provider = ReadEnum<Provider>(query, "provider"),
            Statuses = ReadEnums<Ingestion.Contracts.TransactionStatus>(query, "statuses"),
            PaymentMethods = ReadEnums<PaymentMethod>(query, "paymentMethods"),
            UserId = ReadText(query, "userId"),
            Matched = ReadText(query, "matched") switch
            {
                null => null,
                "true" => true,
                "false" => false,
                _ => throw InvalidParameter("matched", "true or false"),
            },
            MinTotalMinor = ReadNumber(query, "minTotalMinor"),
            MaxTotalMinor = ReadNumber(query, "maxTotalMinor"),
            Search = ReadText(query, "search"),
            BusinessDateFrom = ReadDate(query, "businessDateFrom"),
            BusinessDateTo = ReadDate(query, "businessDateTo"),
            PerformerId = ReadText(query, "performerId"),
            Tier = ReadEnum<Ingestion.Contracts.Tier>(query, "tier"),
            CardToken = ReadText(query, "cardToken"),
        };

    // PostgreSQL would refuse a NUL with an error of its own.
    private static string? ReadText(IQueryCollection query, string name) =>
        query[name].ToString() is not { Length: > 0 } value ? null
        : value.Any(char.IsControl) ? throw InvalidParameter(name, "text without control characters")
        : value;

    private static Instant? ReadInstant(IQueryCollection query, string name) =>
        ReadText(query, name) is not { } text ? null
        : OffsetDateTimePattern.ExtendedIso.Parse(text) is { Success: true } at ? at.Value.ToInstant()
        : throw InvalidParameter(name, "an instant such as 2026-11-23T19:00:00Z");

    private static LocalDate? ReadDate(IQueryCollection query, string name) =>
        ReadText(query, name) is not { } text ? null
        : LocalDatePattern.Iso.Parse(text) is { Success: true } date ? date.Value
        : throw InvalidParameter(name, "a date such as 2026-11-23");

    private static long? ReadNumber(IQueryCollection query, string name) =>
        ReadText(query, name) is not { } text ? null
        : long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) ? number
        : throw InvalidParameter(name, "a whole number of minor units");

    private static T? ReadEnum<T>(IQueryCollection query, string name)
        where T : struct, Enum => ReadText(query, name) is { } text ? ParseEnum<T>(name, text) : null;

    private static T[]? ReadEnums<T>(IQueryCollection query, string name)
        where T : struct, Enum =>
        ReadText(query, name)
            ?.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
            .Select(t => ParseEnum<T>(name, t))
            .ToArray();

    private static T ParseEnum<T>(string name, string text)
        where T : struct, Enum =>
        Enum.GetValues<T>().Where(v => EnumValueName(v) == text).Cast<T?>().FirstOrDefault()
        ?? throw InvalidParameter(name, string.Join(", ", Enum.GetValues<T>().Select(EnumValueName)));

    private static ApiError InvalidParameter(string name, string what) => ApiError.InvalidInput($"{name} must be {what}.");

    private static string FormatMajorUnits(Money money) =>
        (money.AmountMinor / Currency.MinorUnitsPerMajor(money.Currency)).ToString("F" + money.Decimals, CultureInfo.InvariantCulture);

    // GiftCard becomes GIFT_CARD, as in the GraphQL schema.
    private static string EnumValueName<T>(T value)
        where T : struct, Enum =>
        string.Concat(value.ToString().Select((c, i) => i > 0 && char.IsUpper(c) ? "_" + c : char.ToUpperInvariant(c).ToString()));

    // A spreadsheet would run such text as a formula. One that is set to another separator begins a cell after a semicolon, a tab or a line
    // break within the text too, quoted or not.
    private static string? EscapeFormula(string? text) => text is null ? null : FormulaStart().Replace(text, "'");

    [GeneratedRegex(@"(?<=(?:^|[;\t\r\n])[ ""]*)(?=[=+\-@\t\r\uFF1D\uFF0B\uFF0D\uFF20])")]
    private static partial Regex FormulaStart();

    private static string? QuoteField(string? text) =>
        text is not null && text.AsSpan().IndexOfAny(",\"\r\n") >= 0
            ? "\"" + text.Replace("\"", "\"\"", StringComparison.Ordinal) + "\""
            : text;
}
