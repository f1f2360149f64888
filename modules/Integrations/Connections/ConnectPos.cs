using System.Security.Cryptography;
using System.Text;
using GraphQL;
using Integrations.Audit;
using Integrations.Contracts;
using Integrations.Credentials;
using Integrations.Webhooks;
using Microsoft.EntityFrameworkCore;
using NodaTime;
using Npgsql;
using PosModular.Kernel;

namespace Integrations.Connections;

/// <summary>What a provider needs to let us in.</summary>
internal sealed record PosCredentialsInput
{
    /// <summary>Whose till it is.</summary>
    public required Provider Provider { get; init; }

    /// <summary>Which of the provider's worlds the credentials are for.</summary>
    public required PosEnvironment Environment { get; init; }

    /// <summary>Square location id.</summary>
    public required string LocationId { get; init; }

    /// <summary>Square: personal access token.</summary>
    public string? AccessToken { get; init; }
}

/// <summary>A till to connect to a venue.</summary>
internal sealed record ConnectPosInput
{
    /// <summary>Which venue.</summary>
    [Id] public required string VenueId { get; init; }

    /// <summary>What the provider needs to let us in; kept encrypted, never shown.</summary>
    public required PosCredentialsInput Credentials { get; init; }

    /// <summary>Whether the provider shall send its events here.</summary>
    [DefaultAstValue("true")] public bool? EnableWebhook { get; init; }

    /// <summary>The signature key of a subscription you made by hand at the provider; left out, one is made for you.</summary>
    public string? WebhookSignatureKey { get; init; }
}

/// <summary>The connection, or what was wrong.</summary>
/// <param name="Connection">Null when there are errors.</param>
/// <param name="Errors">Empty when it went well.</param>
internal sealed record PosConnectionPayload(PosConnection? Connection, IReadOnlyList<UserError> Errors)
{
    public static PosConnectionPayload Failed(UserError error) => new(null, [error]);
}

/// <summary>Connects a till; the same till again gets new credentials and keeps its history. A connection whose webhook could not be set up
/// is still made; statusReason says so. HEAD_MODERATOR. Errors: NOT_FOUND, INVALID_INPUT, INVALID_CREDENTIALS, LOCATION_NOT_FOUND,
/// PERMISSION_DENIED, RATE_LIMIT_EXCEEDED, PROVIDER_UNAVAILABLE; CONFLICT when the till is connected to another venue.</summary>
internal sealed class ConnectPos(
    IDbContextFactory<IntegrationsDb> dbs, IEnumerable<IPosProvider> providers, IntegrationsSettings settings, TillDirectory tills, IClock clock)
{
    /// <param name="input">The till and its credentials.</param>
    public async Task<PosConnectionPayload> Handle(ConnectPosInput input, IResolveFieldContext context, CancellationToken ct)
    {
        var caller = context.Caller();
        caller.Demand(Right.ManageTills);
        await using var db = await dbs.CreateDbContextAsync(ct);
        if (!await db.Venues.AnyAsync(v => v.Id == input.VenueId, ct))
            return PosConnectionPayload.Failed(new UserError(ErrorCode.NotFound, "There is no such venue. Register it first with registerVenue.", "venueId"));
        var given = input.Credentials;
        if (providers.SingleOrDefault(p => p.Provider == given.Provider) is not { } provider)
            return PosConnectionPayload.Failed(UserError.Invalid("This version connects SQUARE only.", "credentials.provider"));
        if (Check(input) is { } wrong)
            return PosConnectionPayload.Failed(wrong);

        var connection = await Current(db, given, ct);
        if (connection is not null && connection.VenueId != input.VenueId)
            return PosConnectionPayload.Failed(Taken);
        var location = await provider.FindLocationAsync(given.Environment, given.AccessToken!, given.LocationId, ct);
        if (location.Error is not null)
            return PosConnectionPayload.Failed(location.Error);

        var now = clock.Now();
        if (connection is null)
            db.Add(connection = New(input, now));
        (connection.LocationName, connection.TimeZone) = (location.Value!.Name, location.Value.TimeZone);
        (connection.MerchantId, connection.MerchantName) = (location.Value.MerchantId, location.Value.MerchantName);
        connection.AccessToken = settings.Vault.Seal(given.AccessToken!, Purpose.AccessToken(connection.Id));
        connection.ConnectedAt = connection.ConnectedAt == default ? now : connection.ConnectedAt;
        connection.LastGoodCallAt = now;
        connection.WebhookEnabled = input.EnableWebhook ?? true;
        if (input.WebhookSignatureKey is not null)
            (connection.SignatureKey, connection.SubscriptionId) = (settings.Vault.Seal(input.WebhookSignatureKey, Purpose.SignatureKey(connection.Id)), null);
        // The address that providers call may have changed since: a subscription for the old one is deaf.
        var address = settings.WebhookUrl(given.Provider, connection.Id);
        if (connection.NotificationUrl != address)
            (connection.NotificationUrl, connection.SubscriptionId, connection.SignatureKey) = (address, null, input.WebhookSignatureKey is null ? null : connection.SignatureKey);
        // A key pasted by hand stays until another one is pasted.
        var subscribes = connection.WebhookEnabled && (connection.SubscriptionId is not null || connection.SignatureKey is null);
        // Whoever gives up waiting now leaves a connection that tells how far it came.
        if (subscribes)
            connection.NeedsAttention(new UserError(ErrorCode.WebhookValidationFailed, "Its webhook is not set up yet. Connect the till again."));
        else
            connection.IsWell();
        db.Add(AuditEntry.Of(now, caller, input.VenueId, "connectPos", connection.Id.ToString(), $"{given.Provider} {given.Environment} {given.LocationId}"));
        try
        {
            await db.SaveChangesAsync(ct); // before the subscription: its first event must find the connection
            tills.Changed(connection.VenueId);
        }
        catch (DbUpdateException e) when (e.InnerException is PostgresException { SqlState: PostgresErrorCodes.UniqueViolation })
        {
            return PosConnectionPayload.Failed(Taken);
        }
        if (subscribes)
            await SubscribeAsync(db, provider, connection, given);
        tills.Changed(connection.VenueId);
        return new PosConnectionPayload(PosConnection.Of(connection), []);
    }

    // Once begun it is carried through, whether its caller still waits or not.
    private async Task SubscribeAsync(IntegrationsDb db, IPosProvider provider, TillConnection connection, PosCredentialsInput given)
    {
        var ct = CancellationToken.None;
        var made = connection.SubscriptionId is { } known ? await provider.FindSubscriptionAsync(given.Environment, given.AccessToken!, known, ct) : default;
        if (made.Value is null && made.Error?.Code is null or ErrorCode.NotFound)
            made = await provider.SubscribeAsync(given.Environment, given.AccessToken!, connection.NotificationUrl, IdempotencyKey(connection), ct);
        if (made.Value is { } subscription)
        {
            (connection.SubscriptionId, connection.SignatureKey) = (subscription.Id, settings.Vault.Seal(subscription.SignatureKey, Purpose.SignatureKey(connection.Id)));
            connection.IsWell();
        }
        else if (connection.SubscriptionId is not null)
            connection.IsWell(); // it could not be asked about just now (an OAuth token may not); what is there stays
        else
            connection.NeedsAttention(new UserError(made.Error!.Code,
                "The till is connected, but its webhook could not be set up: " + made.Error.Message + " Or make the subscription by hand for " +
                connection.NotificationUrl + " and pass its key as webhookSignatureKey."));
        await db.SaveChangesAsync(ct);
    }

    // The same until there is a subscription, another one once that one is gone. Square takes up to 45 characters.
    private static string IdempotencyKey(TillConnection connection) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{connection.Id:N} {connection.SubscriptionId} {connection.NotificationUrl}")))[..40];

    private TillConnection New(ConnectPosInput input, Instant now)
    {
        var id = now.NewId();
        return new TillConnection
        {
            Id = id,
            VenueId = input.VenueId,
            Provider = input.Credentials.Provider,
            Environment = input.Credentials.Environment,
            ExternalLocationId = input.Credentials.LocationId,
            AccessToken = "",
            NotificationUrl = settings.WebhookUrl(input.Credentials.Provider, id),
        };
    }

    private static Task<TillConnection?> Current(IntegrationsDb db, PosCredentialsInput given, CancellationToken ct) => db.Connections.SingleOrDefaultAsync(
        c => c.Provider == given.Provider && c.Environment == given.Environment && c.ExternalLocationId == given.LocationId && c.DisconnectedAt == null, ct);

    private static readonly UserError Taken = new(ErrorCode.Conflict,
        "This till is connected to another venue. Disconnect it there first, or check the location id.", "credentials.locationId");

    private static UserError? Check(ConnectPosInput input) => input.Credentials switch
    {
        { LocationId: var id } when id.Length is 0 or > 50 || id.Any(c => c is <= ' ' or > '~' or '/') =>
            UserError.Invalid("A Square location id has up to 50 letters and digits; you find it in the Developer Dashboard under Locations.", "credentials.locationId"),
        // It goes into a header: anything but visible ASCII would break out of it.
        { AccessToken: var token } when string.IsNullOrEmpty(token) || token.Length > 1024 || token.Any(c => c is <= ' ' or > '~') =>
            UserError.Invalid("Square needs an access token; you find it in the Developer Dashboard under Credentials.", "credentials.accessToken"),
        _ when input.WebhookSignatureKey is { } key && (key.Length is 0 or > 200 || key.Any(c => c is <= ' ' or > '~')) =>
            UserError.Invalid("The signature key stands at the webhook subscription in the Developer Dashboard; copy it whole.", "webhookSignatureKey"),
        _ => null,
    };
}
