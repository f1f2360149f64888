using System.Threading.Channels;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using NodaTime;
using PosModular.Kernel.Errors;
using PosModular.Kernel.Time;

namespace Integrations.Webhooks;

/// <summary>Reacts to sellers who revoke their consent. The event puts the error on the merchant's connections and makes them due for a
/// check at once, so that their status shows it before the next sync run fails. An event that is lost here does no harm, because the next
/// call's 401 reports the same.</summary>
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
                // The event is trusted, and the check follows at once: a connection that uses another consent recovers with that call.
                var (code, message) = (
                    (ErrorCode?)ErrorCode.InvalidCredentials,
                    "The seller has revoked the application's access at the provider. Have the application authorized again "
                        + "and connect the location with the new token."
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

    [LoggerMessage(
        LogLevel.Information,
        "A seller's revocation of access could not be recorded; the next call to the provider reports it: {Reason}"
    )]
    private static partial void LogFollowUpFailed(ILogger log, string reason);
}
