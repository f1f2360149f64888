using System.Threading.Channels;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using NodaTime;
using PosModular.Kernel.Errors;
using PosModular.Kernel.Time;

namespace Integrations.Webhooks;

/// <summary>A seller who takes his consent back is told by an event: the merchant's OAuth connections are looked after at once, so that their status tells it
/// before the next sync stumbles. Only a nudge: should it be lost, the next call's 401 tells the same.</summary>
/// <remarks>Source: Square docs, OAuth API, event oauth.authorization.revoked.</remarks>
internal sealed partial class Revocations(IDbContextFactory<IntegrationsDb> dbs, IClock clock, ILogger<Revocations> log) : BackgroundService
{
    private readonly Channel<string> _merchants = Channel.CreateBounded<string>(
        new BoundedChannelOptions(1_000) { FullMode = BoundedChannelFullMode.DropWrite }
    );

    public void Note(string merchantId) => _merchants.Writer.TryWrite(merchantId);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await foreach (var merchant in _merchants.Reader.ReadAllAsync(stoppingToken))
        {
            try
            {
                await using var db = await dbs.CreateDbContextAsync(stoppingToken);
                var now = clock.Now();
                // Taken at its word, and asked at once: a connection that lives by another consent turns back with that call.
                var (code, message) = (
                    (ErrorCode?)ErrorCode.InvalidCredentials,
                    "The seller has revoked the application's access at the provider. Have it authorized again and connect the till with the new token."
                );
                await db
                    .Connections.Where(c => c.MerchantId == merchant && c.DisconnectedAt == null)
                    .ExecuteUpdateAsync(
                        c =>
                            c.SetProperty(x => x.NextCheckAt, now)
                                .SetProperty(x => x.LastErrorAt, now)
                                .SetProperty(x => x.LastErrorCode, code)
                                .SetProperty(x => x.LastErrorMessage, message),
                        stoppingToken
                    );
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                Missed(log, e.Message);
            }
        }
    }

    [LoggerMessage(LogLevel.Information, "A merchant's revocation was not followed up at once: {Reason}")]
    private static partial void Missed(ILogger log, string reason);
}
