using GraphQL;
using GraphQL.DataLoader;
using Microsoft.EntityFrameworkCore;
using NodaTime;
using PosModular.Kernel.Batching;
using PosModular.Kernel.Errors;
using PosModular.Kernel.Schema;

namespace Integrations.Connections;

/// <summary>A failed call to a provider, or an answer that could not be used.</summary>
/// <param name="At">When it happened.</param>
/// <param name="Code">The kind of error.</param>
/// <param name="Message">What went wrong and what to do next.</param>
internal sealed record SyncError(Instant At, ErrorCode Code, string Message);

/// <summary>The latest failed calls to the provider and answers that could not be used, newest first, at most 20. Errors that have since
/// been resolved are included.</summary>
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
