using GraphQL;
using Integrations.Audit;
using Integrations.Contracts.Access;
using Integrations.Contracts.Connections;
using Integrations.Providers;
using Integrations.Webhooks;
using Microsoft.EntityFrameworkCore;
using NodaTime;
using PosModular.Kernel.Errors;
using PosModular.Kernel.Time;

namespace Integrations.Connections;

/// <summary>Which till to cut off: by connection, or by venue and provider while there is only one.</summary>
internal sealed record DisconnectPosInput
{
    /// <summary>Which connection.</summary>
    [Id]
    public string? ConnectionId { get; init; }

    /// <summary>At which venue; with provider, instead of connectionId.</summary>
    [Id]
    public string? VenueId { get; init; }

    /// <summary>Whose till; with venueId.</summary>
    public Provider? Provider { get; init; }
}

/// <summary>Cuts a till off: all its data is kept, its subscription deleted, its syncs stop; events that still come are IGNORED. Its location may then be
/// connected elsewhere; each sale stays where it was taken. Should the provider not be reached now, the subscription is deleted later. HEAD_MODERATOR.
/// Errors: NOT_FOUND, INVALID_INPUT; CONFLICT when the venue has several tills of the provider.</summary>
internal sealed class DisconnectPos(
    IDbContextFactory<IntegrationsDb> dbFactory,
    PosProviderRegistry providers,
    WebhookSetup webhooks,
    IntegrationsSettings settings,
    PosConnectionDirectory directory,
    IClock clock
)
{
    /// <param name="input">Which till.</param>
    public async Task<PosConnectionPayload> HandleAsync(
        DisconnectPosInput input,
        IResolveFieldContext context,
        CancellationToken cancellationToken
    )
    {
        var caller = context.Caller();
        caller.Demand(Right.ManageConnections);
        await using var db = await dbFactory.CreateDbContextAsync(cancellationToken);
        var (connection, failure) = await FindAsync(db, input, cancellationToken);
        if (connection is null)
            return failure!;
        if (connection.DisconnectedAt is not null)
            return new PosConnectionPayload(PosConnection.Of(connection, settings.SecretCipher, clock.Now()), []);

        var now = clock.Now();
        (connection.DisconnectedAt, connection.NextCheckAt) = (now, now + ConnectionMaintenance.Interval);
        connection.ClearWebhookError();
        db.Add(
            AuditEntry.Of(
                now,
                caller,
                connection.VenueId,
                "disconnectPos",
                connection.Id.ToString(),
                $"{connection.Provider} {connection.Environment} {connection.ExternalLocationId}"
            )
        );
        await db.SaveChangesAsync(cancellationToken); // first here: from now on nothing of it counts
        directory.Invalidate(connection.VenueId);
        if (
            connection.DecryptCredentials(settings.SecretCipher) is { } credentials
            && await webhooks.RemoveAsync(db, connection, providers.Get(connection.Provider), credentials, CancellationToken.None) is null
        )
        {
            connection.ClearCredentials();
            await db.SaveChangesAsync(CancellationToken.None);
        }
        return new PosConnectionPayload(PosConnection.Of(connection, settings.SecretCipher, clock.Now()), []);
    }

    private static async Task<(PosConnectionRow?, PosConnectionPayload?)> FindAsync(
        IntegrationsDb db,
        DisconnectPosInput input,
        CancellationToken cancellationToken
    )
    {
        if (input.ConnectionId is { } id)
            return await db.FindConnectionAsync(id, cancellationToken) is { } known
                ? (known, null)
                : (null, PosConnectionPayload.NoSuchConnection);
        if (input.VenueId is not { } venueId || input.Provider is not { } provider)
            return (
                null,
                PosConnectionPayload.Failed(UserError.Invalid("Name the till: connectionId, or venueId and provider.", "connectionId"))
            );
        var found = await db
            .Connections.Where(c => c.VenueId == venueId && c.Provider == provider && c.DisconnectedAt == null)
            .Take(2)
            .ToListAsync(cancellationToken);
        return found.Count switch
        {
            1 => (found[0], null),
            0 => (
                null,
                PosConnectionPayload.Failed(
                    new UserError(
                        ErrorCode.NotFound,
                        "This venue has no connected till of this provider. List them with venue { posConnections { id } }.",
                        "venueId"
                    )
                )
            ),
            _ => (
                null,
                PosConnectionPayload.Failed(
                    new UserError(ErrorCode.Conflict, "This venue has several tills of this provider. Pass connectionId.", "connectionId")
                )
            ),
        };
    }
}
