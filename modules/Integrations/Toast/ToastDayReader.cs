using System.Globalization;
using System.Text.Json;
using Integrations.Connections;
using Integrations.Contracts.Connections;
using Integrations.Credentials;
using NodaTime;
using NodaTime.Text;
using PosModular.Kernel.Amounts;
using PosModular.Kernel.Errors;

namespace Integrations.Toast;

/// <summary>What a reconciliation asks Toast beside the orders of a day: which of Toast's business dates a time span touches, the ids of
/// all payments that were made or refunded on them, and single payments.</summary>
/// <remarks>Source: Toast Orders API reference, payments (paidBusinessDate, refundBusinessDate) and orders; Toast Restaurants API
/// reference, RestaurantInfo: closeoutHour is the hour at which the business date ends.</remarks>
internal sealed class ToastDayReader(ToastApi api, ContactHasher contacts)
{
    private static readonly LocalDatePattern DatePattern = LocalDatePattern.CreateWithInvariantCulture("uuuuMMdd");

    public static string Format(LocalDate date) => DatePattern.Format(date);

    public static LocalDate? Parse(string text) => DatePattern.Parse(text) is { Success: true } date ? date.Value : null;

    /// <summary>The business dates of the restaurant that a time span touches, in order.</summary>
    public async Task<ProviderResult<IReadOnlyList<LocalDate>>> DatesOfAsync(
        PosCredentials credentials,
        Instant from,
        Instant to,
        CancellationToken cancellationToken
    )
    {
        var answer = await api.GetAsync(credentials, ToastProvider.RestaurantPath(credentials), cancellationToken);
        if (answer.Fault is { } fault)
            return fault;
        using var restaurant = answer.Value!;
        if (
            restaurant.Json.RootElement.ValueKind != JsonValueKind.Object
            || !restaurant.Json.RootElement.TryGetProperty("general", out var general)
            || general.ValueKind != JsonValueKind.Object
            || !general.TryGetProperty("timeZone", out var zoneName)
            || zoneName.ValueKind != JsonValueKind.String
            || DateTimeZoneProviders.Tzdb.GetZoneOrNull(zoneName.GetString()!) is not { } zone
            || !general.TryGetProperty("closeoutHour", out var hour)
            || hour.ValueKind != JsonValueKind.Number
            || !hour.TryGetInt32(out var closeout)
            || closeout is < 0 or > 23
        )
            return ToastErrors.Unreadable("the restaurant has no readable timeZone and closeoutHour");
        var (first, last) = (DateOf(from), DateOf(to - Duration.FromMilliseconds(1)));
        IReadOnlyList<LocalDate> dates = [.. Enumerable.Range(0, Period.DaysBetween(first, last) + 1).Select(first.PlusDays)];
        return ProviderResult.Success(dates);

        LocalDate DateOf(Instant at) => at.InZone(zone).LocalDateTime.PlusHours(-closeout).Date;
    }

    /// <summary>The ids of the payments that were made or refunded on the business dates that a time span touches.</summary>
    public async Task<ProviderResult<IReadOnlyList<string>>> ListPaymentIdsAsync(
        PosCredentials credentials,
        Instant from,
        Instant to,
        CancellationToken cancellationToken
    )
    {
        var dates = await DatesOfAsync(credentials, from, to, cancellationToken);
        if (dates.Value is not { } found)
            return dates.Fault!;
        var ids = new HashSet<string>(StringComparer.Ordinal);
        foreach (var date in found)
        foreach (var kind in new[] { "paidBusinessDate", "refundBusinessDate" })
        {
            var answer = await api.GetAsync(credentials, $"/orders/v2/payments?{kind}={Format(date)}", cancellationToken);
            if (answer.Fault is { } fault)
                return fault;
            using var list = answer.Value!;
            if (list.Json.RootElement.ValueKind != JsonValueKind.Array)
                return ToastErrors.Unreadable("its payments are not a list");
            foreach (var id in list.Json.RootElement.EnumerateArray())
                if (id.ValueKind != JsonValueKind.String)
                    return ToastErrors.Unreadable("the id of a payment is not a text");
                else
                    ids.Add(id.GetString()!);
        }
        return ProviderResult.Success<IReadOnlyList<string>>([.. ids]);
    }

    /// <summary>The payments and refunds of the order to which a payment belongs; nothing when Toast answers 404.</summary>
    public async Task<ProviderResult<PosObservations>> FetchOneAsync(
        PosCredentials credentials,
        string paymentId,
        CancellationToken cancellationToken
    )
    {
        if (Currency.Parse(credentials.Currency) is not { } currency)
            return ToastErrors.Unreadable("the currency of the restaurant is not known");
        var answer = await api.GetAsync(credentials, $"/orders/v2/payments/{Uri.EscapeDataString(paymentId)}", cancellationToken);
        if (answer.Fault is { } fault)
            return fault.Error.Code == ErrorCode.NotFound ? ProviderResult.Success(new PosObservations()) : fault;
        using var payment = answer.Value!;
        if (
            payment.Json.RootElement.ValueKind != JsonValueKind.Object
            || !payment.Json.RootElement.TryGetProperty("orderGuid", out var orderId)
            || orderId.ValueKind != JsonValueKind.String
        )
            return ToastErrors.Unreadable($"payment {paymentId} names no order");
        var orderAnswer = await api.GetAsync(
            credentials,
            $"/orders/v2/orders/{Uri.EscapeDataString(orderId.GetString()!)}",
            cancellationToken
        );
        if (orderAnswer.Fault is { } orderFault)
            return orderFault.Error.Code == ErrorCode.NotFound ? ProviderResult.Success(new PosObservations()) : orderFault;
        using var order = orderAnswer.Value!;
        var (payments, skipped) = ToastTranslator.Order(order.Json.RootElement, credentials.LocationId, currency, contacts);
        if (skipped.FirstOrDefault(s => s.Kind == SkippedKind.Payment) is { } unreadable)
            return ToastErrors.Unreadable(string.Create(CultureInfo.InvariantCulture, $"{unreadable.Reason}"));
        return ProviderResult.Success(new PosObservations { Payments = payments, Refunds = ToastTranslator.RefundsOf(payments) });
    }
}
