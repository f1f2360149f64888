using Integrations.Connections;
using Integrations.Contracts;
using Integrations.Credentials;
using Microsoft.EntityFrameworkCore;
using NodaTime;
using PosModular.Kernel.Errors;

namespace Integrations.Calls;

/// <summary>The provider's API as seen from a connection: opens the credentials, renews them ahead of their end, makes the call and notes how it went.</summary>
internal sealed class TillCalls(
    IDbContextFactory<IntegrationsDb> dbs,
    PosProviders providers,
    Renewals renewals,
    ConnectionHealth health,
    IntegrationsSettings settings
) : ITills
{
    private static readonly FetchFault Gone = new(
        new UserError(ErrorCode.NotFound, "The till is disconnected. Connect it again with connectPos.")
    );

    public async Task<IReadOnlyList<PolledTill>> ConnectedAsync(CancellationToken cancellationToken)
    {
        await using var db = await dbs.CreateDbContextAsync(cancellationToken);
        var rows = await db
            .Connections.AsNoTracking()
            .Where(c => c.DisconnectedAt == null)
            .OrderBy(c => c.Id)
            .ToListAsync(cancellationToken);
        return rows.ConvertAll(c => new PolledTill(
            new Till(c.Id, c.VenueId, c.Provider, c.MerchantId ?? c.ExternalLocationId, c.ProcessRules),
            c.SyncEnabled,
            Duration.FromSeconds(c.SyncInterval),
            c.ConnectedAt
        ));
    }

    public async ValueTask<Till?> FindAsync(Guid connectionId, CancellationToken cancellationToken)
    {
        await using var db = await dbs.CreateDbContextAsync(cancellationToken);
        return await db
            .Connections.AsNoTracking()
            .Where(c => c.Id == connectionId)
            .Select(c => new Till(c.Id, c.VenueId, c.Provider, c.MerchantId ?? c.ExternalLocationId, c.ProcessRules))
            .SingleOrDefaultAsync(cancellationToken);
    }

    public IReadOnlyList<string> Streams(Provider provider, bool first) => providers.Of(provider).Streams(first);

    public Duration LongestSpan(Provider provider) => providers.Of(provider).LongestSpan;

    public Task<Fetched<PosPage>> FetchPageAsync(Guid connectionId, PageRequest request, CancellationToken cancellationToken) =>
        CallAsync(
            connectionId,
            (provider, credentials) => provider.FetchPageAsync(credentials, request, cancellationToken),
            cancellationToken
        );

    public Task<Fetched<IReadOnlyList<PosOrder>>> FetchOrdersAsync(
        Guid connectionId,
        IReadOnlyList<string> orderIds,
        CancellationToken cancellationToken
    ) =>
        CallAsync(
            connectionId,
            (provider, credentials) => provider.FetchOrdersAsync(credentials, orderIds, cancellationToken),
            cancellationToken
        );

    private async Task<Fetched<T>> CallAsync<T>(
        Guid connectionId,
        Func<IPosProvider, PosCredentials, Task<Fetched<T>>> call,
        CancellationToken cancellationToken
    )
        where T : class
    {
        TillConnection? connection;
        await using (var db = await dbs.CreateDbContextAsync(cancellationToken))
            connection = await db.Connections.AsNoTracking().SingleOrDefaultAsync(c => c.Id == connectionId, cancellationToken);
        if (connection is null or { DisconnectedAt: not null })
            return Gone;
        if (connection.Open(settings.Vault) is not { } credentials)
            return new FetchFault(ConnectionStatus.CannotBeOpened);
        var provider = providers.Of(connection.Provider);
        credentials = await renewals.FreshAsync(connection, credentials, provider, cancellationToken);
        var answer = await call(provider, credentials);
        // A token may end before its time: one that can be renewed is, once.
        if (
            answer.Fault?.Error.Code == ErrorCode.InvalidCredentials
            && await renewals.RenewAsync(connection, credentials, provider, cancellationToken) is { } renewed
        )
            answer = await call(provider, renewed);
        await health.NoteAsync(connection, answer.Fault, cancellationToken);
        return answer;
    }
}
