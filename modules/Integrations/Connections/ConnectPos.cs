using GraphQL;
using Integrations.Audit;
using Integrations.Contracts.Access;
using Integrations.Contracts.Connections;
using Integrations.Providers;
using Integrations.Webhooks;
using Microsoft.EntityFrameworkCore;
using NodaTime;
using Npgsql;
using PosModular.Kernel.Errors;
using PosModular.Kernel.Time;

namespace Integrations.Connections;

/// <summary>A location to connect to a venue, and how to connect it.</summary>
internal sealed record ConnectPosInput
{
    /// <summary>The id of the venue.</summary>
    [Id]
    public required string VenueId { get; init; }

    /// <summary>The credentials for the provider's API. They are stored encrypted and never shown.</summary>
    public required PosCredentialsInput Credentials { get; init; }

    /// <summary>Whether the provider sends its webhook events to this server.</summary>
    [DefaultAstValue("true")]
    public bool? EnableWebhook { get; init; }

    /// <summary>The signature key of a webhook subscription that you created at the provider yourself. When null, a subscription is
    /// created for you at Square; Toast needs the key.</summary>
    public string? WebhookSignatureKey { get; init; }

    /// <summary>The time between two sync runs in seconds, 10 to 86400; when null, 900 with webhooks and 30 without.</summary>
    public int? SyncIntervalSeconds { get; init; }

    /// <summary>Whether transactions of this connection take part in spend rules.</summary>
    [DefaultAstValue("true")]
    public bool? ProcessRules { get; init; }
}

/// <summary>The result of connecting or changing a POS connection.</summary>
/// <param name="Connection">The connection; null when there are errors.</param>
/// <param name="Errors">What was wrong with the input; empty on success.</param>
internal sealed record PosConnectionPayload(PosConnection? Connection, IReadOnlyList<UserError> Errors)
{
    public static PosConnectionPayload Failed(UserError error) => new(null, [error]);

    public static PosConnectionPayload NoSuchConnection { get; } =
        Failed(
            new UserError(
                ErrorCode.NotFound,
                "There is no connection with this id. List the connections with venue { posConnections { id } }.",
                "connectionId"
            )
        );
}

/// <summary>Connects a location to a venue. Connecting the same location again replaces its credentials and keeps its history. The
/// connection is made even when its webhook cannot be set up; statusReason then says why. Requires HEAD_MODERATOR. Errors: NOT_FOUND,
/// INVALID_INPUT, INVALID_CREDENTIALS, LOCATION_NOT_FOUND, PERMISSION_DENIED, RATE_LIMIT_EXCEEDED, PROVIDER_UNAVAILABLE; CONFLICT when
/// the location is connected to another venue.</summary>
internal sealed class ConnectPos(
    IDbContextFactory<IntegrationsDb> dbFactory,
    PosProviderRegistry providers,
    WebhookSetup webhooks,
    IntegrationsSettings settings,
    ChangePublisher publisher,
    IClock clock
)
{
    private static readonly UserError ConnectedElsewhere = new(
        ErrorCode.Conflict,
        "This location is connected to another venue. Disconnect it there first with disconnectPos, or check the " + "location id.",
        "credentials.locationId"
    );

    /// <param name="input">The location and its credentials.</param>
    public async Task<PosConnectionPayload> HandleAsync(
        ConnectPosInput input,
        IResolveFieldContext context,
        CancellationToken cancellationToken
    )
    {
        var caller = context.Caller();
        caller.Demand(Right.ManageConnections);
        await using var db = await dbFactory.CreateDbContextAsync(cancellationToken);
        if (!await db.Venues.AnyAsync(v => v.Id == input.VenueId, cancellationToken))
            return PosConnectionPayload.Failed(
                new UserError(ErrorCode.NotFound, "There is no venue with this id. Register it first with registerVenue.", "venueId")
            );
        var (credentials, provider) = (input.Credentials.ToCredentials(), providers.Get(input.Credentials.Provider));
        if (
            (
                provider.CheckFormat(credentials)
                ?? ConnectionInputValidator.CheckSignatureKey(input.WebhookSignatureKey)
                ?? ConnectionInputValidator.CheckSyncInterval(input.SyncIntervalSeconds)
            ) is
            { } error
        )
            return PosConnectionPayload.Failed(error);

        var connection = await FindAsync(db, input.VenueId, provider.Provider, credentials, cancellationToken);
        if (connection is not null && connection.VenueId != input.VenueId)
            return PosConnectionPayload.Failed(ConnectedElsewhere);
        var location = await provider.ValidateAsync(credentials, cancellationToken);
        if (location.Fault is { } fault)
            return PosConnectionPayload.Failed(fault.Error);

        var now = clock.Now();
        if (connection is null)
            db.Add(connection = CreateConnection(input.VenueId, provider.Provider, credentials, now));
        Apply(connection, input, credentials, location.Value!, now);
        if (input.WebhookSignatureKey is not null)
            // Otherwise a subscription that this server created would keep sending events that are now rejected.
            await webhooks.RemoveAsync(db, connection, provider, credentials, cancellationToken);
        // When the caller gives up waiting, the connection still shows how far its setup came.
        var needsSubscription = webhooks.Prepare(connection, provider, input.WebhookSignatureKey);
        db.Add(AuditEntry.Of(now, caller, input.VenueId, "connectPos", connection.Id.ToString(), $"{provider.Provider} {credentials}"));
        try
        {
            // Saved before the subscription is created, because its first event must find the connection.
            await db.SaveChangesAsync(cancellationToken);
            await publisher.ConnectionChangedAsync(connection.VenueId);
        }
        catch (DbUpdateException e) when (e.InnerException is PostgresException { SqlState: PostgresErrorCodes.UniqueViolation })
        {
            return PosConnectionPayload.Failed(ConnectedElsewhere);
        }
        // The setup continues even when the caller no longer waits for it.
        if (needsSubscription)
            await webhooks.SubscribeAsync(db, connection, provider, credentials, CancellationToken.None);
        return new PosConnectionPayload(PosConnection.Of(connection, settings.SecretCipher, clock.Now()), []);
    }

    // The connected one, at whichever venue, or else a previous one at this venue, whose transactions and webhook address then stay the
    // same.
    private static async Task<PosConnectionRow?> FindAsync(
        IntegrationsDb db,
        string venueId,
        Provider provider,
        PosCredentials credentials,
        CancellationToken cancellationToken
    )
    {
        var candidates = await db
            .Connections.Where(c =>
                c.Provider == provider
                && c.Environment == credentials.Environment
                && c.ExternalLocationId == credentials.LocationId
                && (c.DisconnectedAt == null || c.VenueId == venueId)
            )
            .OrderByDescending(c => c.Id)
            .ToListAsync(cancellationToken);
        return candidates.FirstOrDefault(c => c.DisconnectedAt is null) ?? candidates.FirstOrDefault();
    }

    private PosConnectionRow CreateConnection(string venueId, Provider provider, PosCredentials credentials, Instant now)
    {
        var id = now.NewId();
        return new PosConnectionRow
        {
            Id = id,
            VenueId = venueId,
            Provider = provider,
            Environment = credentials.Environment,
            ExternalLocationId = credentials.LocationId,
            NotificationUrl = settings.WebhookUrl(provider, id),
            SyncEnabled = true,
            ConnectedAt = now,
        };
    }

    private void Apply(PosConnectionRow connection, ConnectPosInput input, PosCredentials credentials, PosLocation location, Instant now)
    {
        connection.UpdateLocation(location, now);
        connection.MerchantId = location.MerchantId;
        connection.StoreCredentials(
            credentials with
            {
                ExpiresAt = credentials.ExpiresAt ?? location.ExpiresAt,
                ClientId = credentials.ClientId ?? location.ApplicationId,
            },
            settings.SecretCipher,
            now
        );
        (connection.ConnectedAt, connection.DisconnectedAt) = (connection.DisconnectedAt is null ? connection.ConnectedAt : now, null);
        connection.RecordSuccess(now);
        connection.NextCheckAt = now + ConnectionMaintenance.Interval;
        connection.WebhookEnabled = input.EnableWebhook ?? true;
        connection.SyncIntervalSeconds = input.SyncIntervalSeconds ?? connection.SyncIntervalSeconds;
        connection.ProcessRules = input.ProcessRules ?? true;
    }
}
