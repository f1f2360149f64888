using GraphQL;
using GraphQL.DataLoader;
using Microsoft.EntityFrameworkCore;
using NodaTime;
using PosModular.Kernel.Batching;
using PosModular.Kernel.Errors;
using PosModular.Kernel.Schema;

namespace Integrations.Connections;

/// <summary>A call to the provider that went wrong.</summary>
/// <param name="At">When.</param>
/// <param name="Code">What kind of error.</param>
/// <param name="Message">What it was, and what to do.</param>
internal sealed record SyncError(Instant At, ErrorCode Code, string Message);

/// <summary>The last calls to the provider that went wrong, the latest first, at most 20; also those that are long over.</summary>
internal sealed class RecentErrors(IDbContextFactory<IntegrationsDb> dbFactory)
{
    public IDataLoaderResult<IEnumerable<SyncError>> Handle([Parent] SyncSettings sync, IResolveFieldContext context) =>
        BatchLoaders.Load<Guid, IEnumerable<SyncError>>(
            context,
            typeof(RecentErrors),
            sync.ConnectionId,
            async (ids, cancellationToken) =>
            {
                await using var db = await dbFactory.CreateDbContextAsync(cancellationToken);
                var rows = await db
                    .ConnectionErrors.AsNoTracking()
                    .Where(e => ids.Contains(e.ConnectionId))
                    .OrderByDescending(e => e.Id)
                    .ToListAsync(cancellationToken);
                return rows.GroupBy(e => e.ConnectionId)
                    .ToDictionary(
                        g => g.Key,
                        g => g.Take(ConnectionError.MaxPerConnection).Select(e => new SyncError(e.At, e.Code, e.Message))
                    );
            },
            []
        );
}
