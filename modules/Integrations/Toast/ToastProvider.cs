using System.Text.Json;
using Integrations.Connections;
using Integrations.Contracts.Connections;
using Integrations.Credentials;
using Integrations.Providers;
using NodaTime;
using PosModular.Kernel.Amounts;
using PosModular.Kernel.Errors;
using PosModular.Kernel.Time;

namespace Integrations.Toast;

/// <summary>The Toast provider, over Toast's REST API. Webhook subscriptions are created by hand (in Toast Web or by Toast's staff) and
/// their secret is passed to connectPos. Cards cannot be matched, because Toast reports no value that is the same at each payment of a
/// card.</summary>
/// <remarks>Sources: Toast Restaurants API reference, RestaurantInfo; Toast Orders API reference; Toast developer guide, Standard API
/// access credentials, Scopes.</remarks>
internal sealed class ToastProvider(
    ToastApi api,
    ToastTokens tokens,
    ToastPageReader pages,
    ToastDayReader days,
    IntegrationsSettings settings,
    IClock clock,
    ContactHasher contacts
) : IPosProvider
{
    public Provider Provider => Provider.Toast;

    public IWebhookSubscriptions? Subscriptions => null;

    public Duration MaxQuerySpan => ToastPageReader.MaxQuerySpan;

    public bool IsSignatureValid(ReadOnlySpan<byte> key, ReadOnlySpan<byte> notificationUrl, ReadOnlySpan<byte> body, string? signature) =>
        ToastSignature.IsValid(key, body, signature);

    public PosEvent Translate(ReadOnlyMemory<byte> body, string? currency) => ToastTranslator.Translate(body, currency, contacts);

    public UserError? CheckFormat(PosCredentials credentials) =>
        credentials switch
        {
            { LocationId: var id } when !Guid.TryParseExact(id, "D", out _) => UserError.Invalid(
                "A Toast restaurant is identified by its GUID, e.g. 3f2504e0-4f89-41d3-9a0c-0305e82c3301. Copy it from "
                    + "Toast Web under Integrations › Toast API access, or ask Toast's integrations team for it.",
                ToastErrors.LocationField
            ),
            { ClientId: null, ClientSecret: null, AccessToken: { } token } when !IsHeaderText(token) => UserError.Invalid(
                "The Toast bearer token is incomplete or contains invalid characters. Copy the whole token, or pass "
                    + "clientId and clientSecret instead.",
                "credentials.apiKey"
            ),
            { ClientId: null, ClientSecret: null, AccessToken: not null } => null,
            { ClientId: var id } when !IsHeaderText(id) => UserError.Invalid(
                "The client id is missing or contains invalid characters. Copy it from Toast Web under Integrations › Toast "
                    + "API access › Manage credentials.",
                "credentials.clientId"
            ),
            { ClientSecret: var secret } when !IsHeaderText(secret) => UserError.Invalid(
                "The client secret is missing or contains invalid characters. Toast Web shows it once, when the credentials "
                    + "are created (Integrations › Toast API access › Manage credentials).",
                ToastErrors.SecretField
            ),
            _ => null,
        };

    public async Task<ProviderResult<PosLocation>> ValidateAsync(PosCredentials credentials, CancellationToken cancellationToken)
    {
        var answer = await api.GetAsync(credentials, RestaurantPath(credentials), cancellationToken);
        if (answer.Fault is { Error.Code: ErrorCode.InvalidCredentials } refused)
            return await DetectEnvironmentAsync(credentials, cancellationToken) is { } other
                ? new ProviderFault(ToastErrors.OtherEnvironment(credentials.Environment, other))
                : refused;
        if (answer.Fault is { Error.Code: not ErrorCode.PermissionDenied } fault)
            return fault.Error.Code is ErrorCode.NotFound or ErrorCode.InvalidInput
                ? new ProviderFault(ToastErrors.RestaurantNotFound)
                : fault;
        using var restaurant = answer.Value;
        // Orders have their own scope. Without this check a location could be connected whose payments can never be read.
        var orders = await CheckOrdersAsync(credentials, cancellationToken);
        var (noRestaurant, noOrders) = (answer.Fault is not null, orders?.Error.Code == ErrorCode.PermissionDenied);
        if (noRestaurant || noOrders)
            return ToastErrors.NotAllowed([
                .. noOrders ? [ToastErrors.OrdersRead] : Array.Empty<string>(),
                .. noRestaurant ? [ToastErrors.RestaurantsRead] : Array.Empty<string>(),
            ]);
        return orders ?? ToLocation(credentials, restaurant!.Json.RootElement);
    }

    public Task<ProviderResult<PosCredentials>> RenewAsync(PosCredentials credentials, CancellationToken cancellationToken) =>
        Task.FromResult(ProviderResult.Success(credentials));

    /// <summary>Toast lists orders by modification time only. A past span is read in the same way, and later changes appear
    /// later.</summary>
    public IReadOnlyList<string> Streams(bool isBackfill) => ["orders"];

    public IReadOnlyList<string> DayStreams(LocalDate businessDate) => [ToastPageReader.DayStream];

    public Task<ProviderResult<IReadOnlyList<string>>> ListDayPaymentIdsAsync(
        PosCredentials credentials,
        Instant from,
        Instant to,
        CancellationToken cancellationToken
    ) => days.ListPaymentIdsAsync(credentials, from, to, cancellationToken);

    public Task<ProviderResult<PosObservations>> FetchOneAsync(
        PosCredentials credentials,
        string externalId,
        bool isRefund,
        CancellationToken cancellationToken
    ) => days.FetchOneAsync(credentials, externalId, cancellationToken);

    public Task<ProviderResult<PosPage>> FetchPageAsync(
        PosCredentials credentials,
        PageRequest request,
        CancellationToken cancellationToken
    ) => pages.FetchAsync(credentials, request, cancellationToken);

    /// <summary>Never needed, because Toast reports the breakdown with the payment.</summary>
    public Task<ProviderResult<IReadOnlyList<PosOrder>>> FetchOrdersAsync(
        PosCredentials credentials,
        IReadOnlyList<string> orderIds,
        CancellationToken cancellationToken
    ) => Task.FromResult(ProviderResult.Success<IReadOnlyList<PosOrder>>([]));

    // The value becomes part of a header, where anything but visible ASCII could inject other headers. A JWT with its scopes can be long.
    internal static bool IsHeaderText(string? text) => text is { Length: > 0 and <= 8192 } && text.All(c => c is > ' ' and <= '~');

    public static string RestaurantPath(PosCredentials credentials) =>
        $"/restaurants/v1/restaurants/{Uri.EscapeDataString(credentials.LocationId)}?includeArchived=false";

    // Null when orders can be read. A fault in this probe's own request says nothing about the credentials.
    private async Task<ProviderFault?> CheckOrdersAsync(PosCredentials credentials, CancellationToken cancellationToken)
    {
        var now = clock.Now();
        var answer = await api.GetAsync(
            credentials,
            ToastPageReader.BuildPath(now - Duration.FromMinutes(1), now, 1, 1),
            cancellationToken
        );
        answer.Value?.Dispose();
        return answer.Fault?.Error.Code is ErrorCode.NotFound or ErrorCode.InvalidInput ? null : answer.Fault;
    }

    private static ProviderResult<PosLocation> ToLocation(PosCredentials credentials, JsonElement restaurant)
    {
        if (
            restaurant.ValueKind != JsonValueKind.Object
            || !restaurant.TryGetProperty("general", out var general)
            || general.ValueKind != JsonValueKind.Object
        )
            return new ProviderFault(ToastErrors.Unavailable);
        if (Currency.Parse(ReadText(general, "currencyCode")) is not { } currency)
            return new ProviderFault(ToastErrors.CurrencyUnknown);
        var name = ReadText(general, "name");
        LocalTime? cutoff =
            general.TryGetProperty("closeoutHour", out var hour)
            && hour.ValueKind == JsonValueKind.Number
            && hour.TryGetInt32(out var at)
            && at is >= 0 and < 24
                ? new LocalTime(at, 0)
                : null;
        return ProviderResult.Success(
            new PosLocation(
                credentials.LocationId,
                ReadText(general, "locationName") ?? name,
                ReadText(general, "managementGroupGuid"),
                name,
                ReadText(general, "timeZone"),
                currency,
                cutoff
            )
        );
    }

    // Sandbox credentials in production are the most common mistake. Toast only responds with 401, so the other environment is asked.
    private async Task<PosEnvironment?> DetectEnvironmentAsync(PosCredentials credentials, CancellationToken cancellationToken)
    {
        var other = credentials.Environment == PosEnvironment.Production ? PosEnvironment.Sandbox : PosEnvironment.Production;
        if (settings.ToastBaseUrls[other] == settings.ToastBaseUrls[credentials.Environment])
            return null;
        var otherCredentials = credentials with { Environment = other };
        if (ToastTokens.HasClientCredentials(otherCredentials))
            return (await tokens.GetAsync(otherCredentials, null, cancellationToken)).Value is null ? null : other;
        var answer = await api.GetAsync(otherCredentials, RestaurantPath(otherCredentials), cancellationToken);
        answer.Value?.Dispose();
        return answer.Fault is null ? other : null;
    }

    private static string? ReadText(JsonElement parent, string name)
    {
        try
        {
            return
                parent.TryGetProperty(name, out var value)
                && value.ValueKind == JsonValueKind.String
                && value.GetString() is { Length: > 0 } text
                ? text
                : null;
        }
        catch (InvalidOperationException)
        {
            return null; // not valid Unicode
        }
    }
}
