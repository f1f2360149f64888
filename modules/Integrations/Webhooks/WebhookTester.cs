using Integrations.Connections;
using Integrations.Contracts.Connections;
using Integrations.Contracts.Webhooks;
using Integrations.Providers;
using Microsoft.EntityFrameworkCore;
using NodaTime;
using PosModular.Kernel.Errors;
using PosModular.Kernel.Time;

namespace Integrations.Webhooks;

/// <summary>Has the provider send a test event and finds out whether it came in, on whichever host. A test's event is no sale and no problem: it is kept as
/// processed, whatever it says of whatever location.</summary>
internal sealed class WebhookTester(IDbContextFactory<IntegrationsDb> dbFactory, PosConnectionDirectory directory, IClock clock)
{
    // Longer than a provider is waited for.
    private static readonly Duration MaxTestDuration = Duration.FromSeconds(60);

    private const string TestEventReason = "It is the provider's test of the webhook.";

    private static readonly UserError AlreadyRunning = new(
        ErrorCode.Conflict,
        "A test of this webhook is under way already. Ask for webhook.lastTest in a minute.",
        "connectionId"
    );

    /// <summary>One test. Null when the provider has sent it: what came of it stands with the connection then. It says nothing about the connection's status.</summary>
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
        directory.Invalidate(connection.VenueId);
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
        directory.Invalidate(connection.VenueId);
        await db.Entry(connection).ReloadAsync(cancellationToken); // whether it came in was written by whoever took it in
        return answer.Fault?.Error;
    }

    /// <summary>The event as it counts. One of the type that tests are made with, while a test is under way, shows that events come in; unless it tells of
    /// the till's own location it is the test, and counts for nothing.</summary>
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
        // What this host remembers may be older than the test; where that decides what becomes of the event, the database is asked.
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
