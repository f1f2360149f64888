using System.Text.Json;
using Integrations.Connections;
using Integrations.Contracts.Connections;
using Integrations.Credentials;
using Integrations.Providers;
using NodaTime;
using NodaTime.Text;
using PosModular.Kernel.Amounts;
using PosModular.Kernel.Errors;

namespace Integrations.Square;

/// <summary>The Square provider, over Square's REST API.</summary>
/// <remarks>Sources: Square API reference, RetrieveLocation, RetrieveTokenStatus; Square docs, Build basics › Access tokens.</remarks>
internal sealed class SquareProvider(
    SquareApi api,
    SquareTokenRenewal renewal,
    SquareWebhookSubscriptions subscriptions,
    SquarePageReader pages,
    IntegrationsSettings settings,
    ContactHasher contacts
) : IPosProvider
{
    /// <summary>The permissions that the product needs; an OAuth token must grant all of them.</summary>
    public static readonly IReadOnlyList<string> RequiredScopes = ["MERCHANT_PROFILE_READ", "ORDERS_READ", "PAYMENTS_READ"];

    public Provider Provider => Provider.Square;

    public IWebhookSubscriptions? Subscriptions => subscriptions;

    public bool IsSignatureValid(ReadOnlySpan<byte> key, ReadOnlySpan<byte> notificationUrl, ReadOnlySpan<byte> body, string? signature) =>
        SquareSignature.IsValid(key, notificationUrl, body, signature);

    // Square's amounts name their own currency.
    public PosEvent Translate(ReadOnlyMemory<byte> body, string? currency) => SquareTranslator.Translate(body, contacts);

    public UserError? CheckFormat(PosCredentials credentials) =>
        credentials switch
        {
            { LocationId: var id } when id.Length is 0 or > 50 || !id.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_') =>
                UserError.Invalid(
                    "A Square location id consists of up to 50 letters, digits, hyphens and underscores. Copy it from the Developer "
                        + "Dashboard under Locations.",
                    "credentials.locationId"
                ),
            { AccessToken: var token } when !IsHeaderText(token) => UserError.Invalid(
                "The access token is missing or contains invalid characters. Copy it from the Developer Dashboard under " + "Credentials.",
                SquareErrors.TokenField
            ),
            { RefreshToken: { } refresh } when !IsHeaderText(refresh) => UserError.Invalid(
                "The refresh token contains invalid characters. Pass the refresh_token that Square returned with the access "
                    + "token; leave it out for a personal access token.",
                "credentials.refreshToken"
            ),
            _ => null,
        };

    public async Task<ProviderResult<PosLocation>> ValidateAsync(PosCredentials credentials, CancellationToken cancellationToken)
    {
        var status = await api.PostAsync(credentials, "/oauth2/token/status", new { }, cancellationToken);
        if (status.Fault is { } refused)
            return
                refused.Error.Code == ErrorCode.InvalidCredentials
                && await DetectEnvironmentAsync(credentials, cancellationToken) is { } other
                ? new ProviderFault(SquareErrors.OtherEnvironment(credentials.Environment, other))
                : refused;
        using var token = status.Value!;
        if (
            token.RootElement.TryGetProperty("scopes", out var scopes)
            && scopes.ValueKind == JsonValueKind.Array
            && RequiredScopes.Except(scopes.EnumerateArray().Select(s => s.ToString())).ToArray() is { Length: > 0 } missing
        )
            return new ProviderFault(SquareErrors.MissingScopes(missing)) { MissingScopes = missing };

        var answer = await api.GetAsync(credentials, $"/v2/locations/{Uri.EscapeDataString(credentials.LocationId)}", cancellationToken);
        if (answer.Fault is { } fault)
            return fault.Error.Code is ErrorCode.NotFound or ErrorCode.InvalidInput
                ? new ProviderFault(SquareErrors.LocationNotFound)
                : fault;
        using var json = answer.Value!;
        if (!json.RootElement.TryGetProperty("location", out var location) || location.ValueKind != JsonValueKind.Object)
            return new ProviderFault(SquareErrors.Unavailable);
        return ProviderResult.Success(
            new PosLocation(
                credentials.LocationId,
                SquareApi.ReadText(location, "name"),
                SquareApi.ReadText(location, "merchant_id"),
                SquareApi.ReadText(location, "business_name"),
                SquareApi.ReadText(location, "timezone"),
                Currency.Parse(SquareApi.ReadText(location, "currency")),
                null,
                SquareApi.ReadText(token.RootElement, "expires_at") is { } end
                && OffsetDateTimePattern.ExtendedIso.Parse(end) is { Success: true } at
                    ? at.Value.ToInstant()
                    : null,
                SquareApi.ReadText(token.RootElement, "client_id")
            )
        );
    }

    public Task<ProviderResult<PosCredentials>> RenewAsync(PosCredentials credentials, CancellationToken cancellationToken) =>
        renewal.RenewAsync(credentials, cancellationToken);

    public IReadOnlyList<string> Streams(bool isBackfill) => SquarePageReader.Streams(isBackfill);

    public IReadOnlyList<string> DayStreams(LocalDate businessDate) => SquarePageReader.DayStreams;

    public Task<ProviderResult<PosObservations>> FetchOneAsync(
        PosCredentials credentials,
        string externalId,
        bool isRefund,
        CancellationToken cancellationToken
    ) => pages.FetchOneAsync(credentials, externalId, isRefund, cancellationToken);

    public Task<ProviderResult<PosPage>> FetchPageAsync(
        PosCredentials credentials,
        PageRequest request,
        CancellationToken cancellationToken
    ) => pages.FetchAsync(credentials, request, cancellationToken);

    public Task<ProviderResult<IReadOnlyList<PosOrder>>> FetchOrdersAsync(
        PosCredentials credentials,
        IReadOnlyList<string> orderIds,
        CancellationToken cancellationToken
    ) => pages.FetchOrdersAsync(credentials, orderIds, cancellationToken);

    // A sandbox token in production is the most common mistake. Square only responds with 401, so the other environment is asked.
    private async Task<PosEnvironment?> DetectEnvironmentAsync(PosCredentials credentials, CancellationToken cancellationToken)
    {
        var other = credentials.Environment == PosEnvironment.Production ? PosEnvironment.Sandbox : PosEnvironment.Production;
        if (settings.SquareBaseUrls[other] == settings.SquareBaseUrls[credentials.Environment])
            return null;
        var status = await api.PostAsync(credentials with { Environment = other }, "/oauth2/token/status", new { }, cancellationToken);
        status.Value?.Dispose();
        return status.Fault is null ? other : null;
    }

    // The token becomes part of a header, where anything but visible ASCII could inject other headers.
    private static bool IsHeaderText(string? text) => text is { Length: > 0 and <= 1024 } && text.All(c => c is > ' ' and <= '~');
}
