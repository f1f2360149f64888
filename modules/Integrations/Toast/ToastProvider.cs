using System.Text.Json;
using Integrations.Connections;
using Integrations.Contracts.Connections;
using Integrations.Providers;
using NodaTime;
using PosModular.Kernel.Amounts;
using PosModular.Kernel.Errors;
using PosModular.Kernel.Time;

namespace Integrations.Toast;

/// <summary>Toast over its REST API. Webhook subscriptions are made by hand (Toast Web, or Toast's staff), their secret is pasted. There is no card matching: nothing
/// that Toast tells of a card is the same at each of its payments.</summary>
/// <remarks>Sources: Toast Restaurants API reference, RestaurantInfo; Toast Orders API reference; Toast developer guide, Standard API access credentials, Scopes.</remarks>
internal sealed class ToastProvider(ToastApi api, ToastTokens tokens, ToastPageReader pages, IntegrationsSettings settings, IClock clock)
    : IPosProvider
{
    public Provider Provider => Provider.Toast;

    public IWebhookSubscriptions? Subscriptions => null;

    public Duration MaxQuerySpan => ToastPageReader.MaxQuerySpan;

    public bool IsSignatureValid(ReadOnlySpan<byte> key, ReadOnlySpan<byte> notificationUrl, ReadOnlySpan<byte> body, string? signature) =>
        ToastSignature.IsValid(key, body, signature);

    public PosEvent Translate(ReadOnlyMemory<byte> body, string? currency) => ToastTranslator.Translate(body, currency);

    public UserError? CheckFormat(PosCredentials credentials) =>
        credentials switch
        {
            { LocationId: var id } when !Guid.TryParseExact(id, "D", out _) => UserError.Invalid(
                "A Toast restaurant is named by its GUID, e.g. 3f2504e0-4f89-41d3-9a0c-0305e82c3301; it stands in Toast Web under Integrations › Toast API access, or comes from Toast's integrations team.",
                ToastErrors.LocationField
            ),
            { ClientId: null, ClientSecret: null, AccessToken: { } token } when !IsHeaderText(token) => UserError.Invalid(
                "A ready bearer token of Toast is one word; copy it whole, or pass clientId and clientSecret.",
                "credentials.apiKey"
            ),
            { ClientId: null, ClientSecret: null, AccessToken: not null } => null,
            { ClientId: var id } when !IsHeaderText(id) => UserError.Invalid(
                "Toast needs a client id; you find it in Toast Web under Integrations › Toast API access › Manage credentials.",
                "credentials.clientId"
            ),
            { ClientSecret: var secret } when !IsHeaderText(secret) => UserError.Invalid(
                "Toast needs the client secret that belongs to the client id; Toast Web shows it once, when the credentials are made (Integrations › Toast API access › Manage credentials).",
                ToastErrors.SecretField
            ),
            _ => null,
        };

    public async Task<ProviderResult<PosLocation>> ValidateAsync(PosCredentials credentials, CancellationToken cancellationToken)
    {
        var answer = await api.GetAsync(credentials, Restaurant(credentials), cancellationToken);
        if (answer.Fault is { Error.Code: ErrorCode.InvalidCredentials } refused)
            return await DetectEnvironmentAsync(credentials, cancellationToken) is { } other
                ? new ProviderFault(ToastErrors.OtherEnvironment(credentials.Environment, other))
                : refused;
        if (answer.Fault is { Error.Code: not ErrorCode.PermissionDenied } fault)
            return fault.Error.Code is ErrorCode.NotFound or ErrorCode.InvalidInput
                ? new ProviderFault(ToastErrors.RestaurantNotFound)
                : fault;
        using var restaurant = answer.Value;
        // Orders have a scope of their own: without it the till would be connected and no sale ever read.
        var orders = await CheckOrdersAsync(credentials, cancellationToken);
        var (noRestaurant, noOrders) = (answer.Fault is not null, orders?.Error.Code == ErrorCode.PermissionDenied);
        if (noRestaurant || noOrders)
            return ToastErrors.NotAllowed([
                .. noOrders ? [ToastErrors.OrdersRead] : Array.Empty<string>(),
                .. noRestaurant ? [ToastErrors.RestaurantsRead] : Array.Empty<string>(),
            ]);
        return orders ?? Read(credentials, restaurant!.Json.RootElement);
    }

    public Task<ProviderResult<PosCredentials>> RenewAsync(PosCredentials credentials, CancellationToken cancellationToken) =>
        Task.FromResult(ProviderResult.Success(credentials));

    /// <summary>Toast lists orders by their change only; a span of the past is read the same way, and what changed later comes later.</summary>
    public IReadOnlyList<string> Streams(bool isBackfill) => ["orders"];

    public Task<ProviderResult<PosPage>> FetchPageAsync(
        PosCredentials credentials,
        PageRequest request,
        CancellationToken cancellationToken
    ) => pages.FetchAsync(credentials, request, cancellationToken);

    /// <summary>Never needed: a payment of Toast comes with its breakdown.</summary>
    public Task<ProviderResult<IReadOnlyList<PosOrder>>> FetchOrdersAsync(
        PosCredentials credentials,
        IReadOnlyList<string> orderIds,
        CancellationToken cancellationToken
    ) => Task.FromResult(ProviderResult.Success<IReadOnlyList<PosOrder>>([]));

    // It goes into a header: anything but visible ASCII would break out of it. A JWT with its scopes may be long.
    internal static bool IsHeaderText(string? text) => text is { Length: > 0 and <= 8192 } && text.All(c => c is > ' ' and <= '~');

    private static string Restaurant(PosCredentials credentials) =>
        $"/restaurants/v1/restaurants/{Uri.EscapeDataString(credentials.LocationId)}?includeArchived=false";

    // Null when they may be read. What is wrong with this question of ours only says nothing about the credentials.
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

    private static ProviderResult<PosLocation> Read(PosCredentials credentials, JsonElement restaurant)
    {
        if (
            restaurant.ValueKind != JsonValueKind.Object
            || !restaurant.TryGetProperty("general", out var general)
            || general.ValueKind != JsonValueKind.Object
        )
            return new ProviderFault(ToastErrors.Unavailable);
        if (Text(general, "currencyCode") is not { } currency || !Currency.Exists(currency))
            return new ProviderFault(ToastErrors.CurrencyUnknown);
        var name = Text(general, "name");
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
                Text(general, "locationName") ?? name,
                Text(general, "managementGroupGuid"),
                name,
                Text(general, "timeZone"),
                currency,
                cutoff
            )
        );
    }

    // Credentials of the sandbox in production are the commonest mistake: Toast only says 401, so the other side is asked.
    private async Task<PosEnvironment?> DetectEnvironmentAsync(PosCredentials credentials, CancellationToken cancellationToken)
    {
        var other = credentials.Environment == PosEnvironment.Production ? PosEnvironment.Sandbox : PosEnvironment.Production;
        if (settings.ToastBaseUrls[other] == settings.ToastBaseUrls[credentials.Environment])
            return null;
        var there = credentials with { Environment = other };
        if (ToastTokens.HasClientCredentials(there))
            return (await tokens.GetAsync(there, null, cancellationToken)).Value is null ? null : other;
        var answer = await api.GetAsync(there, Restaurant(there), cancellationToken);
        answer.Value?.Dispose();
        return answer.Fault is null ? other : null;
    }

    private static string? Text(JsonElement of, string name)
    {
        try
        {
            return
                of.TryGetProperty(name, out var value)
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
