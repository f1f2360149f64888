namespace PosModular.Simulator.Toast;

/// <summary>
/// <c>GET /orders/v2/payments?paidBusinessDate | refundBusinessDate | voidBusinessDate=yyyyMMdd</c>: guids;
/// <c>GET /orders/v2/payments/{guid}</c>: one payment with its orderGuid and checkGuid (Toast docs, Orders API).
/// </summary>
internal static class ToastPaymentEndpoints
{
    private static readonly (string Name, PaymentDateKind Kind)[] DateParameters =
    [
        ("paidBusinessDate", PaymentDateKind.Paid),
        ("refundBusinessDate", PaymentDateKind.Refunded),
        ("voidBusinessDate", PaymentDateKind.Voided),
    ];

    public static void MapToastPayments(this IEndpointRouteBuilder app)
    {
        app.MapGet("/orders/v2/payments", List).RequireToast("orders:read");
        app.MapGet("/orders/v2/payments/{guid:guid}", Get).RequireToast("orders:read");
    }

    /// <summary>Requires exactly one of the dates; Toast does not document what several do.</summary>
    private static IResult List(HttpContext http, ToastLedger ledger)
    {
        var (restaurant, refusal) = http.ConnectedRestaurant();
        if (restaurant is null)
            return refusal!;
        var asked = DateParameters.Where(d => http.Request.Query.ContainsKey(d.Name)).ToList();
        if (asked is not [var (name, kind)])
            return ToastError.Response(400, "One of paidBusinessDate, refundBusinessDate and voidBusinessDate is required");
        if (ToastTime.ParseBusinessDate(http.Request.Query[name].ToString()) is not { } day)
            return ToastError.Response(400, $"{name} must be yyyyMMdd", name);
        return ToastJson.Response(json =>
        {
            json.WriteStartArray();
            foreach (var guid in ledger.ListPayments(restaurant.Guid, kind, day))
                json.WriteStringValue(guid);
            json.WriteEndArray();
        });
    }

    private static IResult Get(Guid guid, HttpContext http, ToastLedger ledger)
    {
        var (restaurant, refusal) = http.ConnectedRestaurant();
        if (restaurant is null)
            return refusal!;
        if (ledger.FindByPart(guid) is not { } order || order.RestaurantGuid != restaurant.Guid)
            return ToastError.NotFound("Payment");
        var found = order
            .Checks.SelectMany(check => check.Payments.Select(payment => (check, payment)))
            .FirstOrDefault(p => p.payment.Guid == guid);
        if (found.payment is null)
            return ToastError.NotFound("Payment");
        return ToastJson.Response(json =>
        {
            json.WriteStartObject();
            ToastPaymentJson.WriteFields(json, found.payment, restaurant);
            json.WriteString("orderGuid", order.Guid);
            json.WriteString("checkGuid", found.check.Guid);
            json.WriteEndObject();
        });
    }
}
