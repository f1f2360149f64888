using Integrations.Connections;
using Integrations.Contracts.Connections;
using Microsoft.EntityFrameworkCore;
using NodaTime;
using PosModular.Kernel.Errors;
using PosModular.Kernel.Time;

namespace Integrations.Providers;

/// <summary>Records the outcome of each call to a provider. The connection's status is derived from these records.</summary>
internal sealed class ConnectionHealth(IDbContextFactory<IntegrationsDb> dbFactory, IClock clock)
{
    // Successful calls are frequent, so not every one of them updates the row.
    private static readonly Duration SuccessRecordInterval = Duration.FromSeconds(15);

    public async Task RecordAsync(PosConnectionRow connection, ProviderFault? fault, CancellationToken cancellationToken)
    {
        var now = clock.Now();
        if (fault is null)
        {
            if (connection.LastErrorCode is null && connection.LastGoodCallAt > now - SuccessRecordInterval)
                return;
            await using var successDb = await dbFactory.CreateDbContextAsync(cancellationToken);
            await successDb
                .Connections.Where(c => c.Id == connection.Id)
                .ExecuteUpdateAsync(
                    c =>
                        c.SetProperty(x => x.LastGoodCallAt, now)
                            .SetProperty(x => x.LastErrorAt, (Instant?)null)
                            .SetProperty(x => x.LastErrorCode, (ErrorCode?)null)
                            .SetProperty(x => x.LastErrorMessage, (string?)null),
                    cancellationToken
                );
            return;
        }
        // An unknown object or a malformed request says nothing about the health of the connection.
        if (fault.CursorExpired || fault.Error.Code is ErrorCode.NotFound or ErrorCode.InvalidInput)
            return;
        await using var db = await dbFactory.CreateDbContextAsync(cancellationToken);
        var (code, message) = ((ErrorCode?)fault.Error.Code, fault.Error.Message);
        await db
            .Connections.Where(c => c.Id == connection.Id)
            .ExecuteUpdateAsync(
                c =>
                    c.SetProperty(x => x.LastErrorAt, now)
                        .SetProperty(x => x.LastErrorCode, code)
                        .SetProperty(x => x.LastErrorMessage, message),
                cancellationToken
            );
        db.Add(
            new ConnectionError
            {
                ConnectionId = connection.Id,
                Id = now.NewId(),
                At = now,
                Code = fault.Error.Code,
                Message = message,
            }
        );
        await db.SaveChangesAsync(cancellationToken);
        var oldestKept = await db
            .ConnectionErrors.Where(e => e.ConnectionId == connection.Id)
            .OrderByDescending(e => e.Id)
            .Select(e => e.Id)
            .Skip(ConnectionError.MaxPerConnection - 1)
            .FirstOrDefaultAsync(cancellationToken);
        if (oldestKept != Guid.Empty)
            await db
                .ConnectionErrors.Where(e => e.ConnectionId == connection.Id && e.Id < oldestKept)
                .ExecuteDeleteAsync(cancellationToken);
    }
}
