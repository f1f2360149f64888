using Integrations.Connections;
using Integrations.Contracts.Connections;
using Integrations.Credentials;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;
using NodaTime;
using PosModular.Kernel.Data;
using PosModular.Kernel.Errors;

namespace Integrations.Providers;

/// <summary>Calls providers on behalf of a connection: decrypts the credentials, renews them before they expire, makes the call and
/// records its outcome.</summary>
internal sealed partial class PosConnections(
    IDbContextFactory<IntegrationsDb> dbFactory,
    PosProviderRegistry providers,
    CredentialRenewal renewal,
    ConnectionHealth health,
    IntegrationsSettings settings,
    ILogger<PosConnections> log
) : IPosConnections
{
    private static readonly ProviderFault DisconnectedFault = new(
        new UserError(ErrorCode.NotFound, "The location is disconnected. Connect it again with connectPos.")
    )
    {
        IsDisconnected = true,
    };

    public Task<IReadOnlyList<PosConnectionSchedule>> ListConnectedAsync(CancellationToken cancellationToken) =>
        ListAsync(connections => connections, cancellationToken);

    public Task<IReadOnlyList<PosConnectionSchedule>> ListConnectedAsync(string venueId, CancellationToken cancellationToken) =>
        ListAsync(connections => connections.Where(c => c.VenueId == venueId), cancellationToken);

    private async Task<IReadOnlyList<PosConnectionSchedule>> ListAsync(
        Func<IQueryable<PosConnectionRow>, IQueryable<PosConnectionRow>> filter,
        CancellationToken cancellationToken
    )
    {
        await using var db = await dbFactory.CreateDbContextAsync(cancellationToken);
        var rows = await filter(db.Connections.AsNoTracking().Where(c => c.DisconnectedAt == null))
            .OrderBy(c => c.Id)
            .ToListAsync(cancellationToken);
        return rows.ConvertAll(c => new PosConnectionSchedule(
            new PosConnectionDetails(c.Id, c.VenueId, c.Provider, c.MerchantId ?? c.ExternalLocationId, c.ProcessRules),
            c.SyncEnabled,
            Duration.FromSeconds(c.EffectiveSyncIntervalSeconds),
            c.ConnectedAt
        ));
    }

    public async ValueTask<PosConnectionDetails?> FindAsync(Guid connectionId, CancellationToken cancellationToken)
    {
        await using var db = await dbFactory.CreateDbContextAsync(cancellationToken);
        return await db
            .Connections.AsNoTracking()
            .Where(c => c.Id == connectionId)
            .Select(c => new PosConnectionDetails(c.Id, c.VenueId, c.Provider, c.MerchantId ?? c.ExternalLocationId, c.ProcessRules))
            .SingleOrDefaultAsync(cancellationToken);
    }

    public IReadOnlyList<string> Streams(Provider provider, bool isBackfill) => providers.Get(provider).Streams(isBackfill);

    public IReadOnlyList<string> DayStreams(Provider provider, LocalDate businessDate) => providers.Get(provider).DayStreams(businessDate);

    public Task<ProviderResult<IReadOnlyList<string>>> ListDayPaymentIdsAsync(
        Guid connectionId,
        Instant from,
        Instant to,
        CancellationToken cancellationToken
    ) =>
        CallAsync(
            connectionId,
            (provider, credentials) => provider.ListDayPaymentIdsAsync(credentials, from, to, cancellationToken),
            cancellationToken
        );

    public Task<ProviderResult<PosObservations>> FetchOneAsync(
        Guid connectionId,
        string externalId,
        bool isRefund,
        CancellationToken cancellationToken
    ) =>
        CallAsync(
            connectionId,
            (provider, credentials) => provider.FetchOneAsync(credentials, externalId, isRefund, cancellationToken),
            cancellationToken
        );

    public Duration MaxQuerySpan(Provider provider) => providers.Get(provider).MaxQuerySpan;

    public Task<ProviderResult<PosPage>> FetchPageAsync(Guid connectionId, PageRequest request, CancellationToken cancellationToken) =>
        CallAsync(
            connectionId,
            (provider, credentials) => provider.FetchPageAsync(credentials, request, cancellationToken),
            cancellationToken
        );

    public Task<ProviderResult<IReadOnlyList<PosOrder>>> FetchOrdersAsync(
        Guid connectionId,
        IReadOnlyList<string> orderIds,
        CancellationToken cancellationToken
    ) =>
        CallAsync(
            connectionId,
            (provider, credentials) => provider.FetchOrdersAsync(credentials, orderIds, cancellationToken),
            cancellationToken
        );

    public async Task RecordFaultAsync(Guid connectionId, UserError error, CancellationToken cancellationToken)
    {
        await using var db = await dbFactory.CreateDbContextAsync(cancellationToken);
        if (await db.Connections.AsNoTracking().SingleOrDefaultAsync(c => c.Id == connectionId, cancellationToken) is { } connection)
            await health.RecordAsync(connection, new ProviderFault(error), cancellationToken);
    }

    private async Task<ProviderResult<T>> CallAsync<T>(
        Guid connectionId,
        Func<IPosProvider, PosCredentials, Task<ProviderResult<T>>> call,
        CancellationToken cancellationToken
    )
        where T : class
    {
        PosConnectionRow? connection;
        await using (var db = await dbFactory.CreateDbContextAsync(cancellationToken))
            connection = await db.Connections.AsNoTracking().SingleOrDefaultAsync(c => c.Id == connectionId, cancellationToken);
        if (connection is null or { DisconnectedAt: not null })
            return DisconnectedFault;
        if (connection.DecryptCredentials(settings.SecretCipher) is not { } credentials)
            return new ProviderFault(ConnectionStatus.CredentialsUnreadable);
        var provider = providers.Get(connection.Provider);
        credentials = await renewal.EnsureFreshAsync(connection, credentials, provider, cancellationToken);
        var answer = await TryAsync(connection, () => call(provider, credentials), cancellationToken);
        // A token can become invalid before it expires. When it can be renewed, the call is repeated once.
        if (
            answer.Fault?.Error.Code == ErrorCode.InvalidCredentials
            && await renewal.RenewAsync(connection, credentials, provider, cancellationToken) is { } renewed
        )
            answer = await TryAsync(connection, () => call(provider, renewed), cancellationToken);
        await health.RecordAsync(connection, answer.Fault, cancellationToken);
        return answer;
    }

    // Reading pages and orders is all that happens here, and what a provider answers may have any form. Whatever goes wrong in reading it
    // is the fault of that answer, except that the database may be unavailable to the credentials.
    private async Task<ProviderResult<T>> TryAsync<T>(
        PosConnectionRow connection,
        Func<Task<ProviderResult<T>>> call,
        CancellationToken cancellationToken
    )
        where T : class
    {
        try
        {
            var answer = await call();
            return answer.Fault is { } fault ? AsDataFault(fault) : answer;
        }
        catch (Exception e) when (!e.IsTransient() && (e is not OperationCanceledException || !cancellationToken.IsCancellationRequested))
        {
            LogUnreadable(log, e, connection.Id);
            return new ProviderFault(
                new UserError(
                    ErrorCode.SyncFailed,
                    $"An answer of {connection.Provider} could not be read ({e.GetType().Name}). It is asked again later; nothing is "
                        + "skipped."
                )
            )
            {
                IsUnreadable = true,
            };
        }
    }

    // Here the product itself has formed the request. When it is refused, or its answer cannot be read, that concerns the connection, and
    // somebody has to look at it.
    private static ProviderFault AsDataFault(ProviderFault fault) =>
        fault switch
        {
            { CursorExpired: true } or { IsDisconnected: true } => fault,
            { IsUnreadable: true } or { Error.Code: ErrorCode.NotFound or ErrorCode.InvalidInput } => fault with
            {
                Error = new UserError(ErrorCode.SyncFailed, fault.Error.Message),
            },
            _ => fault,
        };

    [LoggerMessage(LogLevel.Error, "An answer to a call for connection {Connection} could not be read")]
    private static partial void LogUnreadable(ILogger log, Exception error, Guid connection);
}
