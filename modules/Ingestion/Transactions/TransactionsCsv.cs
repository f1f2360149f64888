using System.Globalization;
using System.Text;
using Integrations.Contracts;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.EntityFrameworkCore;
using NodaTime;
using NodaTime.Text;
using PosModular.Kernel.Amounts;
using PosModular.Kernel.Errors;

namespace Ingestion.Transactions;

/// <summary><c>GET /api/venues/{id}/transactions.csv</c>: the venue's sales as a spreadsheet reads them, with the filters of venue.transactions as query
/// parameters (lists separated by commas) and <c>order</c>. UTF-8, RFC 4180; times UTC, days the venue's, amounts in units of the currency. Streamed a
/// thousand rows at a time, each its own short query. Owner only: 401 and 403 as {code, message}; 400 INVALID_INPUT names the parameter.</summary>
internal sealed class TransactionsCsv(IDbContextFactory<IngestionDb> dbs, IVenues venues)
{
    private const int Rows = 1_000;

    private static readonly (string Name, Func<Transaction, string?> Value)[] Columns =
    [
        ("id", t => t.Id.ToString()),
        ("externalId", t => Safe(t.ExternalId)),
        ("externalOrderId", t => Safe(t.ExternalOrderId)),
        ("provider", t => Constant(t.Provider)),
        ("connectionId", t => t.ConnectionId.ToString()),
        ("occurredAt", t => InstantPattern.ExtendedIso.Format(t.OccurredAt)),
        ("businessDate", t => LocalDatePattern.Iso.Format(t.BusinessDate)),
        ("status", t => Constant(t.Status)),
        ("currency", t => t.Total.Currency),
        ("total", t => Units(t.Total)),
        ("subtotal", t => Units(t.Subtotal)),
        ("tax", t => Units(t.Tax)),
        ("tip", t => Units(t.Tip)),
        ("discount", t => Units(t.Discount)),
        ("serviceCharge", t => Units(t.ServiceCharge)),
        ("refunded", t => Units(t.Refunded)),
        ("net", t => Units(t.Net)),
        ("breakdownComplete", t => t.BreakdownComplete ? "true" : "false"),
        ("paymentMethod", t => Constant(t.PaymentMethod)),
        ("cardBrand", t => Safe(t.Card?.Brand)),
        ("cardLast4", t => Safe(t.Card?.Last4)),
        ("userId", t => Safe(t.UserId)),
        ("matchedBy", t => t.MatchedBy is { } by ? Constant(by) : null),
        ("recordedAt", t => InstantPattern.ExtendedIso.Format(t.RecordedAt)),
    ];

    public void Map(IEndpointRouteBuilder routes) => routes.MapGet("/api/venues/{id}/transactions.csv", (RequestDelegate)HandleAsync);

    private async Task HandleAsync(HttpContext http)
    {
        try
        {
            var cancellationToken = http.RequestAborted;
            var venue = await venues.DemandAsync(
                (string)http.GetRouteValue("id")!,
                Right.SeeSales,
                Caller.Of(http.User),
                cancellationToken
            );
            var (filter, order) = (
                Filter(http.Request.Query),
                Enumerated<TransactionOrder>(http.Request.Query, "order") ?? TransactionOrder.NewestFirst
            );
            await using var db = await dbs.CreateDbContextAsync(cancellationToken);
            TransactionFilter.Apply(db, venue.Id, filter); // what is wrong with it must be told before the first byte
            http.Response.ContentType = "text/csv; charset=utf-8";
            http.Response.Headers.ContentDisposition = $"attachment; filename=\"transactions-{venue.Id}.csv\"";
            await WriteAsync(http.Response, venue, filter, order, cancellationToken);
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
        IVenue venue,
        TransactionFilter filter,
        TransactionOrder order,
        CancellationToken cancellationToken
    )
    {
        var text = new StringBuilder(64 * 1024).AppendJoin(',', Columns.Select(c => c.Name)).Append("\r\n");
        string? after = null;
        while (true)
        {
            await using (var db = await dbs.CreateDbContextAsync(cancellationToken))
            {
                var rows = await TransactionFilter
                    .Apply(db, venue.Id, filter)
                    .Sorted(order, after)
                    .Take(Rows)
                    .ToListAsync(cancellationToken);
                foreach (var sale in rows.Select(r => new Transaction(venue, r)))
                    text.AppendJoin(',', Columns.Select(c => Cell(c.Value(sale)))).Append("\r\n");
                after = rows.Count < Rows ? null : order.CursorOf(rows[^1]);
            }
            await response.WriteAsync(text.ToString(), cancellationToken);
            text.Clear();
            if (after is null)
                return;
        }
    }

    private static TransactionFilter Filter(IQueryCollection query) =>
        new()
        {
            From = Time(query, "from"),
            To = Time(query, "to"),
            ConnectionId = One(query, "connectionId"),
            Provider = Enumerated<Provider>(query, "provider"),
            Statuses = Enumerateds<Ingestion.Contracts.TransactionStatus>(query, "statuses"),
            PaymentMethods = Enumerateds<PaymentMethod>(query, "paymentMethods"),
            UserId = One(query, "userId"),
            Matched = One(query, "matched") switch
            {
                null => null,
                "true" => true,
                "false" => false,
                _ => throw Bad("matched", "true or false"),
            },
            MinTotalMinor = Number(query, "minTotalMinor"),
            MaxTotalMinor = Number(query, "maxTotalMinor"),
            Search = One(query, "search"),
        };

    // Of a NUL the database would make an error that is no answer.
    private static string? One(IQueryCollection query, string name) =>
        query[name].ToString() is not { Length: > 0 } value ? null
        : value.Any(char.IsControl) ? throw Bad(name, "text without control characters")
        : value;

    private static Instant? Time(IQueryCollection query, string name) =>
        One(query, name) is not { } text ? null
        : OffsetDateTimePattern.ExtendedIso.Parse(text) is { Success: true } at ? at.Value.ToInstant()
        : throw Bad(name, "an instant such as 2026-11-23T19:00:00Z");

    private static long? Number(IQueryCollection query, string name) =>
        One(query, name) is not { } text ? null
        : long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) ? number
        : throw Bad(name, "a whole number of minor units");

    private static T? Enumerated<T>(IQueryCollection query, string name)
        where T : struct, Enum => One(query, name) is { } text ? Read<T>(name, text) : null;

    private static T[]? Enumerateds<T>(IQueryCollection query, string name)
        where T : struct, Enum =>
        One(query, name)
            ?.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
            .Select(t => Read<T>(name, t))
            .ToArray();

    private static T Read<T>(string name, string text)
        where T : struct, Enum =>
        Enum.GetValues<T>().Where(v => Constant(v) == text).Cast<T?>().FirstOrDefault()
        ?? throw Bad(name, string.Join(", ", Enum.GetValues<T>().Select(Constant)));

    private static ApiError Bad(string name, string what) => ApiError.InvalidInput($"{name} must be {what}.");

    private static string Units(Money money)
    {
        var digits = Currency.MinorUnitDigits(money.Currency);
        return (
            (decimal)money.AmountMinor
            / (
                digits switch
                {
                    0 => 1,
                    3 => 1000,
                    _ => 100,
                }
            )
        ).ToString("F" + digits, CultureInfo.InvariantCulture);
    }

    // GiftCard → GIFT_CARD, as the enum stands in the schema.
    private static string Constant<T>(T value)
        where T : struct, Enum =>
        string.Concat(value.ToString().Select((c, i) => i > 0 && char.IsUpper(c) ? "_" + c : char.ToUpperInvariant(c).ToString()));

    // A spreadsheet would run it as a formula.
    private static string? Safe(string? text) => text is ['=' or '+' or '-' or '@' or '\t' or '\r', ..] ? "'" + text : text;

    private static string? Cell(string? text) =>
        text is not null && text.AsSpan().IndexOfAny(",\"\r\n") >= 0
            ? "\"" + text.Replace("\"", "\"\"", StringComparison.Ordinal) + "\""
            : text;
}
