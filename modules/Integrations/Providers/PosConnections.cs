using Integrations.Connections;
using Integrations.Contracts.Connections;
using Integrations.Credentials;
using Microsoft.EntityFrameworkCore;
using NodaTime;
using PosModular.Kernel.Errors;

namespace Integrations.Providers;

/// <summary>Calls providers on behalf of a connection: decrypts the credentials, renews them before they expire, makes the call and
/// records its outcome.</summary>
internal sealed class PosConnections(
    IDbContextFactory<IntegrationsDb> dbFactory,
    PosProviderRegistry providers,
    CredentialRenewal renewal,
    ConnectionHealth health,
    IntegrationsSettings settings
) : IPosConnections
{
    private static readonly ProviderFault DisconnectedFault = new(
        new UserError(ErrorCode.NotFound, "The location is disconnected. Connect it again with connectPos.")
    );

    public async Task<IReadOnlyList<PosConnectionSchedule>> ListConnectedAsync(CancellationToken cancellationToken)
    {
        await using var db = await dbFactory.CreateDbContextAsync(cancellationToken);
        var rows = await db
            .Connections.AsNoTracking()
            .Where(c => c.DisconnectedAt == null)
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
        var answer = await call(provider, credentials);
        // A token can become invalid before it expires. When it can be renewed, the call is repeated once.
        if (
            answer.Fault?.Error.Code == ErrorCode.InvalidCredentials
            && await renewal.RenewAsync(connection, credentials, provider, cancellationToken) is { } renewed
        )
            answer = await call(provider, renewed);
        await health.RecordAsync(connection, answer.Fault, cancellationToken);
        return answer;
    }
}
