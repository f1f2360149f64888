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

/// <summary>The connection to disconnect, named by its id or, while the venue has only one of the provider, by venue and provider. Whatever
/// is given must belong together.</summary>
internal sealed record DisconnectPosInput
{
    /// <summary>The id of the connection; or pass venueId and provider.</summary>
    [Id]
    public string? ConnectionId { get; init; }

    /// <summary>The id of the venue, together with provider, instead of connectionId; beside it, the venue must be the
    /// connection's.</summary>
    [Id]
    public string? VenueId { get; init; }

    /// <summary>The provider, together with venueId, instead of connectionId; beside it, the provider must be the connection's.</summary>
    public Provider? Provider { get; init; }
}

/// <summary>Disconnects a location. Its data is kept, its webhook subscription is deleted, its sync runs stop, and events that still
/// arrive are stored as IGNORED. The location can then be connected to another venue; existing transactions stay where they are. When the
/// provider cannot be reached, the subscription is deleted later. Requires HEAD_MODERATOR. Errors: NOT_FOUND, INVALID_INPUT; CONFLICT
/// when the venue has several connections of the provider.</summary>
internal sealed class DisconnectPos(
    IDbContextFactory<IntegrationsDb> dbFactory,
    PosProviderRegistry providers,
    WebhookSetup webhooks,
    IntegrationsSettings settings,
    ChangePublisher publisher,
    IClock clock
)
{
    private static readonly UserError NamesDisagree = UserError.Invalid(
        "The connection belongs to another venue or provider than the input names. Pass connectionId alone, or correct it.",
        "connectionId"
    );

    /// <param name="input">The connection to disconnect.</param>
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
        await db.SaveChangesAsync(cancellationToken); // saved before the provider is called: from now on no event of the location counts
        await publisher.ConnectionChangedAsync(connection.VenueId);
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
        {
            if (await db.FindConnectionAsync(id, cancellationToken) is not { } known)
                return (null, PosConnectionPayload.NoSuchConnection);
            return (input.VenueId ?? known.VenueId) == known.VenueId && (input.Provider ?? known.Provider) == known.Provider
                ? (known, null)
                : (null, PosConnectionPayload.Failed(NamesDisagree));
        }
        if (input.VenueId is not { } venueId || input.Provider is not { } provider)
            return (
                null,
                PosConnectionPayload.Failed(
                    UserError.Invalid(
                        "The input names no connection. Pass connectionId, or venueId together with provider.",
                        "connectionId"
                    )
                )
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
                        "This venue has no active connection of this provider. List its connections with venue { "
                            + "posConnections { id } }.",
                        "venueId"
                    )
                )
            ),
            _ => (
                null,
                PosConnectionPayload.Failed(
                    new UserError(
                        ErrorCode.Conflict,
                        "This venue has several active connections of this provider. Pass connectionId to name one of them.",
                        "connectionId"
                    )
                )
            ),
        };
    }
}
