using GraphQL;
using Integrations.Audit;
using Integrations.Contracts.Access;
using Integrations.Contracts.Venues;
using Integrations.Credentials;
using Microsoft.EntityFrameworkCore;
using NodaTime;
using PosModular.Kernel.Time;

namespace Integrations.OutgoingWebhooks;

/// <summary>Makes a new secret, which the answer shows once. For 24 hours both secrets sign, so that a receiver may change over at any
/// moment. Requires an owner of the venue. Errors: NOT_FOUND.</summary>
internal sealed class RotateWebhookEndpointSecret(
    IDbContextFactory<IntegrationsDb> dbFactory,
    IVenues venues,
    IntegrationsSettings settings,
    IClock clock
)
{
    private static readonly Duration PreviousSecretLifetime = Duration.FromHours(24);

    /// <param name="input">The endpoint that gets a new secret.</param>
    public async Task<WebhookEndpointPayload> HandleAsync(
        DeleteWebhookEndpointInput input,
        IResolveFieldContext context,
        CancellationToken cancellationToken
    )
    {
        var caller = context.Caller();
        await using var db = await dbFactory.CreateDbContextAsync(cancellationToken);
        if (await db.FindEndpointAsync(input.EndpointId, venues, caller, cancellationToken) is not { } endpoint)
            return WebhookEndpointPayload.Failed(WebhookEndpointPayload.NoSuchEndpoint);

        var (now, secret) = (clock.Now(), WebhookSignature.NewSecret());
        // A secret that cannot be decrypted signs nothing, so it is replaced at once.
        if (settings.SecretCipher.Decrypt(endpoint.Secret, SecretPurpose.EndpointSecret(endpoint.Id)) is { } current)
            endpoint.RotateSecret(secret, current, now + PreviousSecretLifetime, settings.SecretCipher);
        else
            endpoint.StoreSecret(secret, settings.SecretCipher);
        db.Add(AuditEntry.Of(now, caller, endpoint.VenueId, "rotateWebhookEndpointSecret", endpoint.Id.ToString()));
        await db.SaveChangesAsync(cancellationToken);
        return WebhookEndpointPayload.Of(endpoint, secret);
    }
}
