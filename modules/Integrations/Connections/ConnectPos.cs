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

/// <summary>A till to connect to a venue.</summary>
internal sealed record ConnectPosInput
{
    /// <summary>Which venue.</summary>
    [Id]
    public required string VenueId { get; init; }

    /// <summary>What the provider needs to let us in; kept encrypted, never shown.</summary>
    public required PosCredentialsInput Credentials { get; init; }

    /// <summary>Whether the provider shall send its events here.</summary>
    [DefaultAstValue("true")]
    public bool? EnableWebhook { get; init; }

    /// <summary>The signature key of a subscription you made by hand at the provider. Square: left out, one is made for you.</summary>
    public string? WebhookSignatureKey { get; init; }

    /// <summary>10 to 86400; 900 with webhooks and 30 without, when left out.</summary>
    public int? SyncIntervalSeconds { get; init; }

    /// <summary>Whether its sales may unlock.</summary>
    [DefaultAstValue("true")]
    public bool? ProcessRules { get; init; }
}

/// <summary>The connection, or what was wrong.</summary>
/// <param name="Connection">Null when there are errors.</param>
/// <param name="Errors">Empty when it went well.</param>
internal sealed record PosConnectionPayload(PosConnection? Connection, IReadOnlyList<UserError> Errors)
{
    public static PosConnectionPayload Failed(UserError error) => new(null, [error]);

    public static PosConnectionPayload NoSuchConnection { get; } =
        Failed(
            new UserError(
                ErrorCode.NotFound,
                "There is no such connection. List them with venue { posConnections { id } }.",
                "connectionId"
            )
        );
}

/// <summary>Connects a till; the same till again gets new credentials and keeps its history. A connection whose webhook could not be set up
/// is still made; statusReason says so. HEAD_MODERATOR. Errors: NOT_FOUND, INVALID_INPUT, INVALID_CREDENTIALS, LOCATION_NOT_FOUND,
/// PERMISSION_DENIED, RATE_LIMIT_EXCEEDED, PROVIDER_UNAVAILABLE; CONFLICT when the till is connected to another venue.</summary>
internal sealed class ConnectPos(
    IDbContextFactory<IntegrationsDb> dbFactory,
    PosProviderRegistry providers,
    WebhookSetup webhooks,
    IntegrationsSettings settings,
    PosConnectionDirectory directory,
    IClock clock
)
{
    private static readonly UserError ConnectedElsewhere = new(
        ErrorCode.Conflict,
        "This till is connected to another venue. Disconnect it there first (disconnectPos), or check the location id.",
        "credentials.locationId"
    );

    /// <param name="input">The till and its credentials.</param>
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
                new UserError(ErrorCode.NotFound, "There is no such venue. Register it first with registerVenue.", "venueId")
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
            await webhooks.RemoveAsync(db, connection, provider, credentials, cancellationToken); // one of ours would go on sending what is then refused
        // Whoever gives up waiting now leaves a connection that tells how far it came.
        var needsSubscription = webhooks.Prepare(connection, provider, input.WebhookSignatureKey);
        db.Add(AuditEntry.Of(now, caller, input.VenueId, "connectPos", connection.Id.ToString(), $"{provider.Provider} {credentials}"));
        try
        {
            await db.SaveChangesAsync(cancellationToken); // before the subscription: its first event must find the connection
            directory.Invalidate(connection.VenueId);
        }
        catch (DbUpdateException e) when (e.InnerException is PostgresException { SqlState: PostgresErrorCodes.UniqueViolation })
        {
            return PosConnectionPayload.Failed(ConnectedElsewhere);
        }
        // Once begun it is carried through, whether its caller still waits or not.
        if (needsSubscription)
            await webhooks.SubscribeAsync(db, connection, provider, credentials, CancellationToken.None);
        return new PosConnectionPayload(PosConnection.Of(connection, settings.SecretCipher, clock.Now()), []);
    }

    // The one that is connected, wherever; else the one that was at this venue, so that its sales and its address stay the same.
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
