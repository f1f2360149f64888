using Integrations.Connections;
using Integrations.Contracts;
using Microsoft.EntityFrameworkCore;
using NodaTime;
using PosModular.Kernel.Errors;
using PosModular.Kernel.Time;

namespace Integrations.Webhooks;

/// <summary>Has the provider send a test event and finds out whether it came in, on whichever host. A test's event is no sale and no problem: it is kept as
/// processed, whatever it says of whatever location.</summary>
internal sealed class WebhookTests(IDbContextFactory<IntegrationsDb> dbs, TillDirectory tills, IClock clock)
{
    // Longer than a provider is waited for.
    private static readonly Duration Longest = Duration.FromSeconds(60);

    private const string IsTest = "It is the provider's test of the webhook.";

    private static readonly UserError UnderWay = new(
        ErrorCode.Conflict,
        "A test of this webhook is under way already. Ask for webhook.lastTest in a minute.",
        "connectionId"
    );

    /// <summary>One test. Null when the provider has sent it: what came of it stands with the connection then. It says nothing about the connection's status.</summary>
    public async Task<UserError?> RunAsync(
        IntegrationsDb db,
        TillConnection connection,
        IPosProvider provider,
        PosCredentials credentials,
        CancellationToken cancellationToken
    )
    {
        var began = clock.Now();
        if (
            await db
                .Connections.Where(c => c.Id == connection.Id && (c.TestingUntil == null || c.TestingUntil <= began))
                .ExecuteUpdateAsync(
                    c =>
                        c.SetProperty(x => x.TestingUntil, began + Longest)
                            .SetProperty(x => x.LastTestAt, (Instant?)null)
                            .SetProperty(x => x.LastTestArrived, false),
                    cancellationToken
                ) == 0
        )
            return UnderWay;
        tills.Changed(connection.VenueId);
        var answer = await provider.Subscriptions!.TestAsync(credentials, connection.SubscriptionId!, cancellationToken);
        var (at, status) = ((Instant?)(answer.Value is null ? null : began), answer.Value?.StatusCode);
        await db
            .Connections.Where(c => c.Id == connection.Id)
            .ExecuteUpdateAsync(
                c =>
                    c.SetProperty(x => x.TestingUntil, (Instant?)null)
                        .SetProperty(x => x.LastTestAt, at)
                        .SetProperty(x => x.LastTestStatusCode, status),
                cancellationToken
            );
        tills.Changed(connection.VenueId);
        await db.Entry(connection).ReloadAsync(cancellationToken); // whether it came in was written by whoever took it in
        return answer.Fault?.Error;
    }

    /// <summary>The event as it counts. One of the type that tests are made with, while a test is under way, shows that events come in; unless it tells of
    /// the till's own location it is the test, and counts for nothing.</summary>
    public async ValueTask<Admission> SortOutAsync(IPosProvider port, Tills known, Admission admission, CancellationToken cancellationToken)
    {
        if (admission is not { Till: { } till, Event: { Type: { } type } told } || type != port.Subscriptions?.TestType)
            return admission;
        // What this host remembers may be older than the test; where that decides what becomes of the event, the database is asked.
        if (told.Unreadable is null && known.Find(port.Provider, till.ConnectionId) is not { Testing: true })
            return admission;
        var now = clock.Now();
        await using var db = await dbs.CreateDbContextAsync(cancellationToken);
        var testing =
            await db
                .Connections.Where(c => c.Id == till.ConnectionId && c.TestingUntil > now)
                .ExecuteUpdateAsync(c => c.SetProperty(x => x.LastTestArrived, true), cancellationToken) == 1;
        return !testing || (admission.IgnoredBecause is null && told.Facts is not null)
            ? admission
            : admission with
            {
                Event = told with { Facts = new PosFacts(), Unreadable = null, Skipped = [IsTest] },
                IgnoredBecause = null,
            };
    }
}
