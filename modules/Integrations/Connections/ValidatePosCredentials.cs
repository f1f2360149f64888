using GraphQL;
using Integrations.Contracts.Access;
using Integrations.Providers;
using NodaTime;
using PosModular.Kernel.Errors;

namespace Integrations.Connections;

/// <summary>What the provider says to credentials: what it tells of the location is offered for the venue.</summary>
/// <param name="Valid">Whether connectPos would go through with them.</param>
/// <param name="LocationName">As the provider names the location.</param>
/// <param name="MerchantName">As the provider names the merchant.</param>
/// <param name="TimeZone">The location's, IANA.</param>
/// <param name="Currency">The location's, ISO 4217.</param>
/// <param name="DayCutoff">Where the location's business day ends; Toast tells it.</param>
/// <param name="MissingScopes">Permissions that the credentials lack.</param>
/// <param name="Errors">Empty when they are valid.</param>
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

/// <summary>Asks the provider whether credentials are good, and saves nothing. HEAD_MODERATOR. Errors: INVALID_INPUT, INVALID_CREDENTIALS,
/// LOCATION_NOT_FOUND, PERMISSION_DENIED, RATE_LIMIT_EXCEEDED, PROVIDER_UNAVAILABLE.</summary>
internal sealed class ValidatePosCredentials(PosProviderRegistry providers)
{
    /// <param name="input">The credentials.</param>
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
