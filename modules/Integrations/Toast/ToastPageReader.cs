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
internal sealed class ToastPageReader(ToastApi api, ContactHasher contacts)
{
    public static readonly Duration MaxQuerySpan = Duration.FromDays(30);

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
        var answer = await api.GetAsync(credentials, BuildPath(request.From, request.To, PageSize, number), cancellationToken);
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
            new PosPage(new PosObservations { Payments = payments }, next?.ToString(CultureInfo.InvariantCulture), null, skipped)
            {
                Fingerprint = PageFingerprint.Of(orders),
            }
        );
    }

    public static string BuildPath(Instant from, Instant to, int size, int page) =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"{ToastHttp.OrdersBulk}?startDate={ToastTime.FormatForQuery(from, end: false)}"
                + $"&endDate={ToastTime.FormatForQuery(to, end: true)}&pageSize={size}&page={page}"
        );
}
