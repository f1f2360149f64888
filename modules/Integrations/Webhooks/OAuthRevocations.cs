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
internal sealed partial class OAuthRevocations(IDbContextFactory<IntegrationsDb> dbFactory, IClock clock, ILogger<OAuthRevocations> log)
    : BackgroundService
{
    private readonly Channel<string> _merchantIds = Channel.CreateBounded<string>(
        new BoundedChannelOptions(1_000) { FullMode = BoundedChannelFullMode.DropWrite }
    );

    public void Enqueue(string merchantId) => _merchantIds.Writer.TryWrite(merchantId);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await foreach (var merchantId in _merchantIds.Reader.ReadAllAsync(stoppingToken))
        {
            try
            {
                await using var db = await dbFactory.CreateDbContextAsync(stoppingToken);
                var now = clock.Now();
                // Taken at its word, and asked at once: a connection that lives by another consent turns back with that call.
                var (code, message) = (
                    (ErrorCode?)ErrorCode.InvalidCredentials,
                    "The seller has revoked the application's access at the provider. Have it authorized again and connect the till with the new token."
                );
                await db
                    .Connections.Where(c => c.MerchantId == merchantId && c.DisconnectedAt == null)
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
                LogFollowUpFailed(log, e.Message);
            }
        }
    }

    [LoggerMessage(LogLevel.Information, "A merchant's revocation was not followed up at once: {Reason}")]
    private static partial void LogFollowUpFailed(ILogger log, string reason);
}
