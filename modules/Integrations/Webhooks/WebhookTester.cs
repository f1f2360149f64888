using Integrations.Connections;
using Integrations.Contracts.Connections;
using Integrations.Contracts.Webhooks;
using Integrations.Providers;
using Microsoft.EntityFrameworkCore;
using NodaTime;
using PosModular.Kernel.Errors;
using PosModular.Kernel.Time;

namespace Integrations.Webhooks;

/// <summary>Makes the provider send a test event and records whether it arrives, at whichever host. A test event reports no real payment:
/// it is stored as processed, whatever location it names.</summary>
internal sealed class WebhookTester(IDbContextFactory<IntegrationsDb> dbFactory, ChangePublisher publisher, IClock clock)
{
    // Longer than the timeout of the call to the provider.
    private static readonly Duration MaxTestDuration = Duration.FromSeconds(60);

    private const string TestEventReason = "This is the provider's test event.";

    private static readonly UserError AlreadyRunning = new(
        ErrorCode.Conflict,
        "A test of this webhook is already running. Read webhook.lastTest in a minute.",
        "connectionId"
    );

    /// <summary>Runs one test. Null when the provider has sent the event, whose result is then stored with the connection. The result
    /// does not affect the connection's status.</summary>
    public async Task<UserError?> RunAsync(
        IntegrationsDb db,
        PosConnectionRow connection,
        IPosProvider provider,
        PosCredentials credentials,
        CancellationToken cancellationToken
    )
    {
        var startedAt = clock.Now();
        if (
            await db
                .Connections.Where(c => c.Id == connection.Id && (c.TestingUntil == null || c.TestingUntil <= startedAt))
                .ExecuteUpdateAsync(
                    c =>
                        c.SetProperty(x => x.TestingUntil, startedAt + MaxTestDuration)
                            .SetProperty(x => x.LastTestAt, (Instant?)null)
                            .SetProperty(x => x.LastTestArrived, false),
                    cancellationToken
                ) == 0
        )
            return AlreadyRunning;
        await publisher.ConnectionChangedAsync(connection.VenueId);
        var answer = await provider.Subscriptions!.SendTestEventAsync(credentials, connection.SubscriptionId!, cancellationToken);
        var (testedAt, status) = ((Instant?)(answer.Value is null ? null : startedAt), answer.Value?.StatusCode);
        await db
            .Connections.Where(c => c.Id == connection.Id)
            .ExecuteUpdateAsync(
                c =>
                    c.SetProperty(x => x.TestingUntil, (Instant?)null)
                        .SetProperty(x => x.LastTestAt, testedAt)
                        .SetProperty(x => x.LastTestStatusCode, status),
                cancellationToken
            );
        await publisher.ConnectionChangedAsync(connection.VenueId);
        await db.Entry(connection).ReloadAsync(cancellationToken); // the host that received the event has recorded its arrival
        return answer.Fault?.Error;
    }

    /// <summary>Decides whether an event belongs to a running test. An event of the test type that arrives while a test is running proves
    /// that events arrive. Unless it names the connection's own location, it is the test event itself and is not counted.</summary>
    public async ValueTask<WebhookVerification> ClassifyAsync(
        IPosProvider provider,
        PosConnectionSnapshot connections,
        WebhookVerification verification,
        CancellationToken cancellationToken
    )
    {
        if (
            verification is not { Connection: { } connection, Event: { Type: { } type } posEvent }
            || type != provider.Subscriptions?.TestEventType
        )
            return verification;
        // The snapshot of this host may be older than the test. Where that matters, the database decides.
        if (posEvent.UnreadableReason is null && connections.Find(provider.Provider, connection.ConnectionId) is not { IsTesting: true })
            return verification;
        var now = clock.Now();
        await using var db = await dbFactory.CreateDbContextAsync(cancellationToken);
        var isTesting =
            await db
                .Connections.Where(c => c.Id == connection.ConnectionId && c.TestingUntil > now)
                .ExecuteUpdateAsync(c => c.SetProperty(x => x.LastTestArrived, true), cancellationToken) == 1;
        return !isTesting || (verification.IgnoredReason is null && posEvent.Observations is not null)
            ? verification
            : verification with
            {
                Event = posEvent with { Observations = new PosObservations(), UnreadableReason = null, SkippedItems = [TestEventReason] },
                IgnoredReason = null,
            };
    }
}
