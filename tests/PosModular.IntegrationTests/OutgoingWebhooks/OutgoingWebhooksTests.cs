using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using NodaTime;
using NodaTime.Testing;
using PosModular.IntegrationTests.Fixtures;
using PosModular.IntegrationTests.Postgres;

namespace PosModular.IntegrationTests.OutgoingWebhooks;

/// <summary>What other systems receive, and what they cannot make this server do.</summary>
public sealed class OutgoingWebhooksTests(TestPostgres postgres)
{
    private static readonly Dictionary<string, string?> PrivateAddresses = new()
    {
        ["Pos:OutgoingWebhooks:AllowPrivateAddresses"] = "true",
    };

    private static readonly string[] AllTypes = ["membership.unlocked", "membership.revoked", "transaction.created"];

    private const string Endpoints = """
        { venue(id: "bar") { webhookEndpoints { id url enabled failingSince
          deliveries { nodes { id type status attempts payload response nextAttemptAt deliveredAt } } } } }
        """;

    private static async Task<JsonElement> MutateAsync(TestVenue venue, string field, object input) =>
        (
            await venue.Owner.GetDataAsync(
                $"mutation($input: {InputOf(field)}!) {{ {field}(input: $input) {{ {SelectionOf(field)} errors {{ code field }} }} }}",
                new { input }
            )
        ).GetProperty(field);

    private static string InputOf(string field) =>
        field is "rotateWebhookEndpointSecret" or "testWebhookEndpoint" or "deleteWebhookEndpoint"
            ? "DeleteWebhookEndpointInput"
            : char.ToUpperInvariant(field[0]) + field[1..] + "Input";

    private static string SelectionOf(string field) => field == "redeliver" ? "deliveries" : "endpoint { id enabled } secret";

    private static async Task<(string Id, string Secret)> CreateAsync(TestVenue venue, string url, params string[] types)
    {
        var payload = await MutateAsync(
            venue,
            "createWebhookEndpoint",
            new
            {
                venueId = TestVenue.VenueId,
                url,
                types,
            }
        );
        payload.At("errors").GetArrayLength().ShouldBe(0, payload.ToString());
        return (payload.At("endpoint.id").GetString()!, payload.At("secret").GetString()!);
    }

    private static async Task<string> RefusalAsync(TestHost host, string token, string url) =>
        (
            await new GraphQLClient(host, token).GetDataAsync(
                "mutation($url: String!) { createWebhookEndpoint(input: { venueId: \"bar\", url: $url, "
                    + "types: [\"transaction.created\"] }) { errors { code field } } }",
                new { url }
            )
        )
            .At("createWebhookEndpoint.errors.0")
            .ToString();

    private static async Task<JsonElement> EndpointAsync(TestVenue venue, string id) =>
        (await venue.Owner.GetDataAsync(Endpoints)).At("venue.webhookEndpoints").EnumerateArray().Single(e => e.At("id").GetString() == id);

    private static async Task<ReceivedWebhook> NextAsync(WebhookReceiver receiver, string type, int count = 1)
    {
        await Wait.UntilAsync(() => receiver.Received.Count(r => r.Type == type) >= count);
        return receiver.Received.Where(r => r.Type == type).ElementAt(count - 1);
    }

    [Fact]
    public async Task An_endpoint_receives_each_event_signed_and_its_deliveries_show_what_it_answered()
    {
        await using var venue = await TestVenue.CreateAsync(await postgres.CreateDatabaseAsync(), settings: PrivateAddresses);
        await using var receiver = await WebhookReceiver.StartAsync();
        await venue.Owner.GetDataAsync(
            """
            mutation { createSpendRule(input: { venueId: "bar", name: "Regulars", threshold: 10, unlocksTier: REGULAR,
              grantsAccess: [INNER_CIRCLE] }) { errors { code } } }
            """
        );
        await venue.Moderator.GetDataAsync(
            "mutation { updateVenue(input: { venueId: \"bar\", unlockPolicy: REVOKE }) { errors { code } } }"
        );
        await venue.LinkCardAsync("guest", "card-1"); // before the endpoint exists, so it is not sent
        await venue.Host.WhenIdleAsync();
        var (id, secret) = await CreateAsync(venue, receiver.Address + "/pos", AllTypes);
        var (deadId, _) = await CreateAsync(venue, $"http://127.0.0.1:{TestHost.FindFreePort()}/", "transaction.created");
        secret.ShouldStartWith("whsec_");
        (await venue.SqlAsync<string>("select string_agg(secret, ' ') from integrations.webhook_endpoints")).ShouldNotContain(secret);

        await venue.PostWebhookAsync(venue.PaymentEvent("p1", amount: 1000, fingerprint: "card-1", minute: 1));
        var created = await NextAsync(receiver, "transaction.created");
        var unlocked = await NextAsync(receiver, "membership.unlocked");
        receiver.Received.ShouldAllBe(r => r.Path == "/pos");
        created.Event.At("data.userId").GetString().ShouldBe("guest");
        created.Event.At("data.total").ToString().ShouldBe("""{"amountMinor":1000,"currency":"USD"}""");
        created.Event.At("data.status").GetString().ShouldBe("COMPLETED");
        unlocked.Event.At("data.access.0").GetString().ShouldBe("INNER_CIRCLE");
        unlocked.Event.At("data.ruleName").GetString().ShouldBe("Regulars");
        unlocked.Event.At("data.transactionId").GetString().ShouldBe(created.Event.At("data.transactionId").GetString());
        unlocked.Event.At("timestamp").GetString().ShouldBe(unlocked.Event.At("data.unlockedAt").GetString());
        (await unlocked.VerifyAsync(secret)).ShouldBeNull();
        (
            await (unlocked with { Body = unlocked.Body.Replace("guest", "other", StringComparison.Ordinal) }).VerifyAsync(secret)
        )!.ShouldContain("No matching signature");

        // During 24 hours both secrets sign.
        var rotated = (await MutateAsync(venue, "rotateWebhookEndpointSecret", new { endpointId = id })).At("secret").GetString()!;
        receiver.Answer = (received, http) =>
        {
            http.Response.StatusCode = received.Type == "membership.revoked" && received.Number == 2 ? 500 : 200;
            return http.Response.WriteAsync("Received " + received.Number);
        };
        await venue.PostWebhookAsync(venue.PaymentEvent("p1", amount: 1000, fingerprint: "card-1", minute: 2, refunded: 900));
        var first = await NextAsync(receiver, "membership.revoked");
        (await first.VerifyAsync(secret)).ShouldBeNull();
        (await first.VerifyAsync(rotated)).ShouldBeNull();
        first.Event.At("data.reason").GetString()!.ShouldContain("threshold");

        // The first answer was 500, so it is sent again, five seconds later and under the same id.
        var second = await NextAsync(receiver, "membership.revoked", 2);
        (second.Id, second.Body).ShouldBe((first.Id, first.Body));
        var delivery = default(JsonElement);
        await Wait.UntilAsync(async () =>
        {
            delivery = (await EndpointAsync(venue, id))
                .At("deliveries.nodes")
                .EnumerateArray()
                .Single(d => d.At("id").GetString() == first.Id);
            return delivery.At("status").GetString() == "DELIVERED";
        });
        delivery.At("attempts").GetInt32().ShouldBe(2);
        delivery.At("payload").GetString().ShouldBe(first.Body);
        delivery.At("response").GetString().ShouldBe("200 OK\nReceived 3");
        delivery.At("nextAttemptAt").ValueKind.ShouldBe(JsonValueKind.Null);

        // An endpoint where nobody listens fails by itself.
        var dead = await EndpointAsync(venue, deadId);
        dead.At("failingSince").ValueKind.ShouldBe(JsonValueKind.String);
        dead.At("deliveries.nodes.0.status").GetString().ShouldBe("PENDING");
        dead.At("deliveries.nodes.0.response").GetString()!.ShouldContain("refused");
        (await EndpointAsync(venue, id)).At("failingSince").ValueKind.ShouldBe(JsonValueKind.Null);

        (await MutateAsync(venue, "redeliver", new { deliveryId = first.Id })).ToString().ShouldBe("""{"deliveries":1,"errors":[]}""");
        (await NextAsync(receiver, "membership.revoked", 3)).Id.ShouldBe(first.Id);
        await MutateAsync(venue, "testWebhookEndpoint", new { endpointId = id });
        (await NextAsync(receiver, "endpoint.test")).Event.At("data.endpointId").GetString().ShouldBe(id);

        // A disabled endpoint receives nothing, and without endpoints nothing is followed.
        await MutateAsync(venue, "updateWebhookEndpoint", new { endpointId = id, enabled = false });
        (await MutateAsync(venue, "testWebhookEndpoint", new { endpointId = id })).At("errors.0.code").GetString().ShouldBe("CONFLICT");
        (await MutateAsync(venue, "redeliver", new { deliveryId = first.Id })).At("errors.0.code").GetString().ShouldBe("CONFLICT");
        (await MutateAsync(venue, "redeliver", new { deliveryId = first.Id, endpointId = id }))
            .At("errors.0.code")
            .GetString()
            .ShouldBe("INVALID_INPUT");
        await venue.PostWebhookAsync(venue.PaymentEvent("p2", amount: 5000, fingerprint: "card-1"));
        await venue.Host.WhenIdleAsync();
        (await EndpointAsync(venue, id)).At("deliveries.nodes.0.type").GetString().ShouldBe("endpoint.test");
        (await EndpointAsync(venue, deadId)).At("deliveries.nodes").GetArrayLength().ShouldBe(2);
        (await venue.SqlAsync<long>("select count(*) from integrations.feed_positions")).ShouldBe(2);
        await MutateAsync(venue, "deleteWebhookEndpoint", new { endpointId = id });
        await MutateAsync(venue, "deleteWebhookEndpoint", new { endpointId = deadId });
        (
            await venue.SqlAsync<string>(
                """
                select (select count(*) from integrations.feed_positions) || ' ' || (select count(*) from integrations.webhook_deliveries)
                  || ' ' || (select string_agg(action, ' ' order by id) from integrations.audit_log where action ~ 'Endpoint|redeliver')
                """
            )
        ).ShouldBe(
            "0 0 createWebhookEndpoint createWebhookEndpoint rotateWebhookEndpointSecret redeliver testWebhookEndpoint "
                + "updateWebhookEndpoint deleteWebhookEndpoint deleteWebhookEndpoint"
        );
        (await venue.SqlAsync<long>("select count(*) from integrations.audit_log a where a::text ~ 'whsec_'")).ShouldBe(0);
        venue.Host.Log.Lines.ShouldAllBe(line => !line.Contains(secret, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_receiver_that_is_down_for_an_hour_gets_everything_and_one_that_fails_for_days_is_paused()
    {
        var clock = new FakeClock(SystemClock.Instance.GetCurrentInstant());
        await using var venue = await TestVenue.CreateAsync(
            await postgres.CreateDatabaseAsync(),
            services => services.AddSingleton<IClock>(clock),
            PrivateAddresses
        );
        await using var receiver = await WebhookReceiver.StartAsync();
        await using var other = await WebhookReceiver.StartAsync();
        var isDown = true;
        receiver.Answer = (_, http) =>
        {
            http.Response.StatusCode = isDown ? 503 : 200;
            return Task.CompletedTask;
        };
        var (id, _) = await CreateAsync(venue, receiver.Address, AllTypes);
        var (otherId, _) = await CreateAsync(venue, other.Address, AllTypes);

        // The clock stands still while results are saved, so that no lease runs out meanwhile.
        const string leased = "select count(*) from integrations.webhook_deliveries where leased_until is not null";
        async Task AttemptAsync(Duration later)
        {
            await Wait.UntilAsync(async () => await venue.SqlAsync<long>(leased) == 0);
            var before = receiver.Received.Count;
            clock.Advance(later);
            await Wait.UntilAsync(() => receiver.Received.Count > before);
        }

        for (var i = 0; i < 20; i++)
            await venue.PostWebhookAsync(venue.PaymentEvent($"p{i}", fingerprint: "card-" + i));
        await venue.Host.WhenIdleAsync();
        await Wait.UntilAsync(() => other.Received.Count == 20);
        await Wait.UntilAsync(() => receiver.Received.Count > 0);
        for (var minutes = 0; minutes < 60; minutes += 6)
            await AttemptAsync(Duration.FromMinutes(6));
        (await EndpointAsync(venue, id)).At("failingSince").ValueKind.ShouldBe(JsonValueKind.String);
        isDown = false;
        await AttemptAsync(Duration.FromMinutes(6));
        const string delivered = "select count(*) from integrations.webhook_deliveries where status = 1";
        await Wait.UntilAsync(async () => await venue.SqlAsync<long>(delivered) == 40);
        receiver.Received.Select(r => r.Id).Distinct().Count().ShouldBe(20);
        (await EndpointAsync(venue, id)).At("failingSince").ValueKind.ShouldBe(JsonValueKind.Null);
        other.Received.Count.ShouldBe(20); // exactly once, whatever the other endpoint does

        // One event is refused for ever: after ten attempts it has failed.
        isDown = true;
        await venue.PostWebhookAsync(venue.PaymentEvent("refused"));
        await venue.Host.WhenIdleAsync();
        await Wait.UntilAsync(() => receiver.Received[^1].Event.At("data.total.amountMinor").GetInt64() == 1000);
        double[] minutesToNextAttempt = [0.1, 5.5, 33, 132, 330, 660, 924, 1_320, 1_584];
        foreach (var minutes in minutesToNextAttempt)
            await AttemptAsync(Duration.FromMinutes(minutes));
        const string failed = "select count(*) from integrations.webhook_deliveries where status = 2 and attempts = 10";
        await Wait.UntilAsync(async () => await venue.SqlAsync<long>(failed) == 1);
        receiver.Received.Select(r => r.Id).Distinct().Count().ShouldBe(21);

        // When it still fails after more than five days, it is paused. The other endpoint goes on.
        await Wait.UntilAsync(async () => await venue.SqlAsync<long>(leased) == 0);
        clock.Advance(Duration.FromDays(3));
        await venue.PostWebhookAsync(venue.PaymentEvent("later"));
        await Wait.UntilAsync(() => other.Received.Count == 22);
        await Wait.UntilAsync(async () => !(await EndpointAsync(venue, id)).At("enabled").GetBoolean());
        (await EndpointAsync(venue, otherId)).At("enabled").GetBoolean().ShouldBeTrue();

        isDown = false;
        await MutateAsync(venue, "updateWebhookEndpoint", new { endpointId = id, enabled = true });
        (await MutateAsync(venue, "redeliver", new { endpointId = id })).At("deliveries").GetInt64().ShouldBe(1);
        await Wait.UntilAsync(async () => await venue.SqlAsync<long>(delivered) == 44);

        // Finished deliveries are deleted after 30 days.
        clock.Advance(Duration.FromDays(31));
        var retention = venue.Host.Services.GetRequiredService<Integrations.OutgoingWebhooks.DeliveryRetention>();
        (await retention.DeleteExpiredAsync(TestContext.Current.CancellationToken)).ShouldBe(44);
    }

    [Fact]
    public async Task A_hostile_endpoint_leads_nowhere_and_holds_up_nobody()
    {
        await using var venue = await TestVenue.CreateAsync(await postgres.CreateDatabaseAsync(), settings: PrivateAddresses);
        await using var receiver = await WebhookReceiver.StartAsync();
        var released = new TaskCompletionSource();
        receiver.Answer = async (received, http) =>
        {
            switch (received.Path)
            {
                case "/redirect":
                    http.Response.Redirect(receiver.Address + "/secret");
                    break;
                case "/silent":
                    await Task.WhenAny(released.Task, Task.Delay(Timeout.Infinite, http.RequestAborted));
                    break;
                case "/large":
                    http.Response.StatusCode = 400;
                    var chunk = new byte[100_000];
                    Array.Fill(chunk, (byte)'x');
                    for (var i = 0; i < 50; i++)
                        await http.Response.Body.WriteAsync(chunk, http.RequestAborted);
                    break;
                case "/binary":
                    http.Response.StatusCode = 418;
                    await http.Response.Body.WriteAsync(new byte[] { 0, 0xff, (byte)'a' }, http.RequestAborted);
                    break;
                default:
                    break;
            }
        };
        var (redirect, _) = await CreateAsync(venue, receiver.Address + "/redirect", "transaction.created");
        var (silent, _) = await CreateAsync(venue, receiver.Address + "/silent", "transaction.created");
        var (large, _) = await CreateAsync(venue, receiver.Address + "/large", "transaction.created");
        var (binary, _) = await CreateAsync(venue, receiver.Address + "/binary", "transaction.created");
        var (good, _) = await CreateAsync(venue, receiver.Address + "/good", "transaction.created");

        await venue.PostWebhookAsync(venue.PaymentEvent("p1"));
        await Wait.UntilAsync(() => receiver.Received.Any(r => r.Path == "/good"));

        async Task<string> ResponseAsync(string id)
        {
            var response = default(string);
            await Wait.UntilAsync(async () =>
                (response = (await EndpointAsync(venue, id)).At("deliveries.nodes.0.response").GetString()) is not null
            );
            return response!;
        }

        (await ResponseAsync(redirect)).ShouldBe("302 Found");
        receiver.Received.ShouldAllBe(r => r.Path != "/secret");
        (await ResponseAsync(large)).Length.ShouldBe("400 Bad Request\n".Length + 1_000);
        (await ResponseAsync(binary)).ShouldBe("418 I'm a teapot\n\uFFFD\uFFFDa");
        (await ResponseAsync(silent)).ShouldBe("No answer within 5 seconds.");
        released.SetResult();
        (await EndpointAsync(venue, good)).At("deliveries.nodes.0.status").GetString().ShouldBe("DELIVERED");

        // A host that does not allow private addresses refuses them by name and by number, and connects to none that a name leads to.
        var strict = await venue.AddHostAsync(settings: WithoutPrivateAddresses(venue));
        foreach (
            var url in new[]
            {
                "http://example.com/",
                "https://localhost/",
                "https://127.0.0.1/",
                "https://10.1.2.3/",
                "https://[::1]/",
                "https://[::ffff:192.168.0.1]/",
                "https://0x7f000001/",
                "https://169.254.169.254/latest/meta-data",
                "https://user:password@example.com/",
                "ftp://example.com/",
                "example.com",
            }
        )
            (await RefusalAsync(strict, venue.Owner.Token!, url)).ShouldBe("""{"code":"INVALID_INPUT","field":"url"}""", url);
        await venue.Hosts[0].DisposeAsync();
        venue.Hosts.RemoveAt(0);
        var before = receiver.Received.Count;
        await venue.SqlAsync<string>(
            "update integrations.webhook_endpoints set held_until = null, failing_since = null, "
                + $"url = replace(url, '127.0.0.1', 'localhost') where id = '{good}'"
        );
        await MutateAsync(venue, "testWebhookEndpoint", new { endpointId = good });
        await Wait.UntilAsync(async () =>
            (await EndpointAsync(venue, good))
                .At("deliveries.nodes.0.response")
                .ToString()
                .Contains("localhost has no address on the public internet", StringComparison.Ordinal)
        );
        receiver.Received.Count.ShouldBe(before);
    }

    private static Dictionary<string, string?> WithoutPrivateAddresses(TestVenue venue) =>
        new(venue.Settings) { ["Pos:OutgoingWebhooks:AllowPrivateAddresses"] = null };
}
