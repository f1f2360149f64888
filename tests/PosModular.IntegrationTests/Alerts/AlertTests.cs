using Analytics.Reconciliations;
using Integrations.Alerts;
using Microsoft.Extensions.DependencyInjection;
using PosModular.IntegrationTests.Fixtures;
using PosModular.IntegrationTests.Postgres;

namespace PosModular.IntegrationTests.Alerts;

/// <summary>What somebody has to look at is raised once, pushed, and over when its cause is.</summary>
public sealed class AlertTests(TestPostgres postgres)
{
    private static Task WatchAsync(TestHost host) =>
        host.Services.GetRequiredService<AlertWatch>().RunAsync(TestContext.Current.CancellationToken);

    private static async Task<string> KindsAsync(TestVenue venue) =>
        string.Join(
            ' ',
            (await venue.Moderator.GetDataAsync("{ venue(id: \"bar\") { alerts { kind } } }"))
                .At("venue.alerts")
                .EnumerateArray()
                .Select(a => a.At("kind").GetString())
        );

    [Fact]
    public async Task An_alert_is_raised_once_pushed_to_subscribers_and_endpoints_and_ends_with_its_cause()
    {
        await using var venue = await TestVenue.CreateAsync(
            await postgres.CreateDatabaseAsync(),
            settings: new Dictionary<string, string?> { ["Pos:OutgoingWebhooks:AllowPrivateAddresses"] = "true" }
        );
        var second = await venue.AddHostAsync();
        await using var receiver = await WebhookReceiver.StartAsync();
        await venue.Owner.GetDataAsync(
            "mutation($url: String!) { createWebhookEndpoint(input: { venueId: \"bar\", url: $url, "
                + "types: [\"connection.needs_attention\", \"reconciliation.differs\"] }) { errors { code } } }",
            new { url = receiver.Address }
        );
        await using var subscriber = await WebSocketSubscriber.StartAsync(
            venue.Host,
            venue.Moderator.Token!,
            "subscription { alertRaised(venueId: \"bar\") { id kind since message connectionId endpointId businessDate } }"
        );
        await Wait.UntilAsync(() => venue.Host.SubscriberCount("integrations.alerts") > 0);
        await WatchAsync(venue.Host);
        (await KindsAsync(venue)).ShouldBe("");

        await venue.SqlAsync<string>(
            """
            update integrations.pos_connections set last_error_at = now() + interval '1 minute', last_error_code = 'InvalidCredentials',
              last_error_message = 'The token was revoked. Connect the location again.'
            """
        );
        await Task.WhenAll(WatchAsync(venue.Host), WatchAsync(second), WatchAsync(venue.Host), WatchAsync(second));
        await WatchAsync(second);
        var alert = await subscriber.NextAsync();
        alert.At("kind").GetString().ShouldBe("CONNECTION_NEEDS_ATTENTION");
        alert.At("connectionId").GetGuid().ShouldBe(venue.ConnectionId);
        alert.At("message").GetString()!.ShouldContain("The token was revoked.");
        await Wait.UntilAsync(() => receiver.Received.Count > 0);
        var sent = receiver.Received.ShouldHaveSingleItem();
        sent.Type.ShouldBe("connection.needs_attention");
        sent.Event.At("data.connectionId").GetGuid().ShouldBe(venue.ConnectionId);
        sent.Event.At("data.since").GetString().ShouldBe(alert.At("since").GetString());

        // The endpoint's answer is stored first, because it ends the trouble of the endpoint.
        await Wait.UntilAsync(async () =>
            await venue.SqlAsync<long>("select count(*) from integrations.webhook_deliveries where delivered_at is not null") == 1
        );

        // A date that differs is one alert until it no longer does, also while it is compared again.
        await venue.SqlAsync<string>(
            $"""
            insert into analytics.reconciliations (venue_id, business_date, connection_id, id, state, checked_at, faults, updated_at,
              checks, reason_code, reason_message)
            values ('bar', current_date - 1, '{venue.ConnectionId}', gen_random_uuid(), {ReconciliationState.Differs:D}, now(), 0, now(),
              1, 'Conflict', '2 payments differ.')
            """
        );
        await WatchAsync(venue.Host);
        await WatchAsync(second);
        var differs = await subscriber.NextAsync();
        differs.At("kind").GetString().ShouldBe("RECONCILIATION_DIFFERS");
        differs.At("connectionId").GetGuid().ShouldBe(venue.ConnectionId);
        differs.At("message").GetString()!.ShouldContain("2 payments differ.");
        (await KindsAsync(venue)).ShouldBe("CONNECTION_NEEDS_ATTENTION RECONCILIATION_DIFFERS");
        await Wait.UntilAsync(() => receiver.Received.Count > 1);
        receiver.Received[^1].Type.ShouldBe("reconciliation.differs");
        receiver.Received[^1].Event.At("data.businessDate").GetString().ShouldBe(differs.At("businessDate").GetString());
        await venue.SqlAsync<string>($"update analytics.reconciliations set state = {ReconciliationState.Running:D}");
        await WatchAsync(second);
        (await KindsAsync(venue)).ShouldBe("CONNECTION_NEEDS_ATTENTION RECONCILIATION_DIFFERS");
        await venue.SqlAsync<string>($"update analytics.reconciliations set state = {ReconciliationState.Repaired:D}, reason_code = null");
        await WatchAsync(second);
        (await KindsAsync(venue)).ShouldBe("CONNECTION_NEEDS_ATTENTION");
        await Wait.UntilAsync(async () =>
            await venue.SqlAsync<long>("select count(*) from integrations.webhook_deliveries where delivered_at is not null") == 2
        );

        await venue.SqlAsync<string>(
            """
            with dead as (
              insert into rules.feed_dead_letters (source, venue_id, seq, error, attempts, failed_at, next_attempt_at)
              values ('ingestion', 'bar', 1, 'error', 1, now() - interval '1 hour', now() + interval '1 day'))
            update integrations.webhook_endpoints set failing_since = now() - interval '11 minutes', held_until = now() + interval '1 day'
            """
        );
        await WatchAsync(venue.Host);
        var more = new[] { await subscriber.NextAsync(), await subscriber.NextAsync() };
        more.Select(a => a.At("kind").GetString()).ShouldBe(["DEAD_LETTERS", "ENDPOINT_FAILING"], ignoreOrder: true);
        (await KindsAsync(venue)).ShouldBe("CONNECTION_NEEDS_ATTENTION DEAD_LETTERS ENDPOINT_FAILING");

        await venue.SqlAsync<string>("update integrations.pos_connections set last_error_at = null, last_error_code = null");
        await WatchAsync(second);
        (await KindsAsync(venue)).ShouldBe("DEAD_LETTERS ENDPOINT_FAILING");

        // Whoever subscribes later first receives what is open, and the same trouble later is a new alert.
        await using var later = await WebSocketSubscriber.StartAsync(
            second,
            venue.Owner.Token!,
            "subscription { alertRaised(venueId: \"bar\") { id kind } }"
        );
        (await later.NextAsync()).At("id").GetString().ShouldBeOneOf([.. more.Select(a => a.At("id").GetString())]);
        await later.NextAsync();
        await venue.SqlAsync<string>(
            "update integrations.pos_connections set last_error_at = now() + interval '1 minute', last_error_code = 'InvalidCredentials'"
        );
        await WatchAsync(venue.Host);
        var again = await later.NextAsync();
        again.At("kind").GetString().ShouldBe("CONNECTION_NEEDS_ATTENTION");
        again.At("id").GetString().ShouldNotBe(alert.At("id").GetString());
        (await venue.SqlAsync<long>("select count(*) from integrations.alerts")).ShouldBe(5);
    }
}
