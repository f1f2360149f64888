using GraphQL;
using Integrations.Contracts.Access;
using Integrations.Providers;
using NodaTime;
using PosModular.Kernel.Errors;

namespace Integrations.Connections;

/// <summary>The result of validating credentials, with what the provider reports about the location.</summary>
/// <param name="Valid">Whether connectPos would accept the credentials.</param>
/// <param name="LocationName">The provider's name of the location; null when it has none or the credentials are not valid.</param>
/// <param name="MerchantName">The provider's name of the merchant; null when it has none or the credentials are not valid.</param>
/// <param name="TimeZone">The location's IANA time zone; null when the provider reports none.</param>
/// <param name="Currency">The location's currency, ISO 4217; null when the provider reports none.</param>
/// <param name="DayCutoff">The local time at which the location's business date starts; null when the provider reports none
/// (Square).</param>
/// <param name="MissingScopes">The permissions that the credentials lack; empty when none is missing.</param>
/// <param name="Errors">Why the credentials are not valid; empty on success.</param>
internal sealed record ValidatePosCredentialsPayload(
    bool Valid,
    string? LocationName,
    string? MerchantName,
    string? TimeZone,
    string? Currency,
    LocalTime? DayCutoff,
    IReadOnlyList<string> MissingScopes,
    IReadOnlyList<UserError> Errors
);

/// <summary>Asks the provider whether credentials are valid, without saving anything. Requires HEAD_MODERATOR. Errors: INVALID_INPUT,
/// INVALID_CREDENTIALS, LOCATION_NOT_FOUND, PERMISSION_DENIED, RATE_LIMIT_EXCEEDED, PROVIDER_UNAVAILABLE.</summary>
internal sealed class ValidatePosCredentials(PosProviderRegistry providers)
{
    /// <param name="input">The credentials to validate.</param>
    public async Task<ValidatePosCredentialsPayload> HandleAsync(
        PosCredentialsInput input,
        IResolveFieldContext context,
        CancellationToken cancellationToken
    )
    {
        context.Caller().Demand(Right.ManageConnections);
        var (credentials, provider) = (input.ToCredentials(), providers.Get(input.Provider));
        if (provider.CheckFormat(credentials) is { } error)
            return Refused(error, []);
        var answer = await provider.ValidateAsync(credentials, cancellationToken);
        return answer.Value is { } location
            ? new ValidatePosCredentialsPayload(
                true,
                location.Name,
                location.MerchantName,
                location.TimeZone,
                location.Currency,
                location.DayCutoff,
                [],
                []
            )
            : Refused(answer.Fault!.Error, answer.Fault.MissingScopes);
    }

    private static ValidatePosCredentialsPayload Refused(UserError error, IReadOnlyList<string> missing) =>
        new(false, null, null, null, null, null, missing, [error]);
}
