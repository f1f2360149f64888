using GraphQL;
using Integrations.Contracts.Connections;
using Microsoft.EntityFrameworkCore;
using PosModular.Kernel.Paging;
using PosModular.Kernel.Schema;

namespace Ingestion.Syncs;

/// <summary>The connection's syncs, newest first.</summary>
internal sealed class ConnectionSyncRuns(IDbContextFactory<IngestionDb> dbFactory, IPosConnections connections)
{
    private const string CursorKind = "sync";

    /// <param name="first">How many entries to return, 1 to 200.</param>
    /// <param name="after">The endCursor of the previous page; null for the first page.</param>
    public async Task<Connection<SyncRun>> SyncRunsAsync(
        [Parent] IPosConnectionPart connection,
        CancellationToken cancellationToken,
        [DefaultAstValue("20")] int? first = 20,
        string? after = null
    )
    {
        var page = Page.Of(first, after, defaultSize: 20);
        await using var db = await dbFactory.CreateDbContextAsync(cancellationToken);
        var runs = db.SyncRuns.AsNoTracking().Where(r => r.ConnectionId == connection.ConnectionId);
        if (after is not null)
        {
            var last = Cursor.DecodeTime(CursorKind, after).Id;
            runs = runs.Where(r => r.Id < last);
        }
        var rows = await runs.OrderByDescending(r => r.Id).Take(page.FetchCount).ToListAsync(cancellationToken);
        var streams = await connections.FindAsync(connection.ConnectionId, cancellationToken) is { } details
            ? (connections.Streams(details.Provider, true).Count, connections.Streams(details.Provider, false).Count)
            : (1, 1);
        return Connection.Of(page, rows.ConvertAll(r => new SyncRun(r, r.ByCreation ? streams.Item1 : streams.Item2)), r =>
            Cursor.EncodeTime(CursorKind, r.StartedAt, r.Id)
        );
    }
}
