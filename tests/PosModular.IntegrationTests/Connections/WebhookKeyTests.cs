using System.Collections.Concurrent;
using System.Net;
using PosModular.IntegrationTests.Fixtures;
using PosModular.IntegrationTests.Postgres;
using PosModular.Simulator.Sellers;

namespace PosModular.IntegrationTests.Connections;

public sealed class WebhookKeyTests(TestPostgres postgres)
{
    private const string Rotate =
        "mutation($id: ID!) { rotateWebhookKey(input: { connectionId: $id }) { connection { id webhook { subscriptionId } } "
        + "errors { code message } } }";

    [Fact]
    public async Task Keys_are_rotated_under_load_on_two_hosts_and_no_event_is_refused()
    {
        await using var venue = await TestVenue.CreateAsync(await postgres.CreateDatabaseAsync());
        await venue.AddHostAsync();
        var (countByStatus, sent, done) = (new ConcurrentDictionary<HttpStatusCode, int>(), 0, false);

        // Every event is signed with the key that the provider uses at that moment.
        var senders = Enumerable
            .Range(0, 8)
            .Select(sender =>
                Task.Run(async () =>
                {
                    while (!Volatile.Read(ref done))
                    {
                        var key = venue.Simulator.Subscriptions.All.Single().SignatureKey;
                        var status = await venue.PostWebhookAsync(
                            venue.PaymentEvent($"p{Interlocked.Increment(ref sent)}"),
                            venue.Hosts[sender % 2],
                            key: key
                        );
                        countByStatus.AddOrUpdate(status, 1, (_, n) => n + 1);
                    }
                })
            )
            .ToArray();
        var keys = new HashSet<string> { venue.SignatureKey };
        for (var rotation = 0; rotation < 5; rotation++)
        {
            var before = Volatile.Read(ref sent);
            var host =
                rotation % 2 == 0 ? venue.Moderator : new GraphQLClient(venue.Hosts[1], TestKeys.Token("moderator", "HEAD_MODERATOR"));
            (await host.GetDataAsync(Rotate, new { id = venue.ConnectionId })).At("rotateWebhookKey.errors").GetArrayLength().ShouldBe(0);
            keys.Add(venue.Simulator.Subscriptions.All.Single().SignatureKey);
            await Wait.UntilAsync(() => Volatile.Read(ref sent) >= before + 100);
        }
        Volatile.Write(ref done, true);
        await Task.WhenAll(senders);

        keys.Count.ShouldBe(6);
        countByStatus.Keys.ShouldBe([HttpStatusCode.OK]);
        (await venue.SqlAsync<long>("select count(*) from ingestion.transactions")).ShouldBe(sent);
        // The previous key is still accepted, for events sent before the last rotation; older keys are not.
        (await venue.PostWebhookAsync(venue.PaymentEvent("late"), key: keys.ElementAt(4))).ShouldBe(HttpStatusCode.OK);
        (await venue.PostWebhookAsync(venue.PaymentEvent("too-late"), key: keys.First())).ShouldBe(HttpStatusCode.Forbidden);
    }

    [Fact]
    public async Task A_rotation_whose_response_is_lost_is_recovered_from_the_subscription()
    {
        await using var venue = await TestVenue.CreateAsync(await postgres.CreateDatabaseAsync());
        // The key has already been rotated elsewhere and Square refuses to rotate it again: the key of the subscription counts.
        using var square = new HttpClient
        {
            BaseAddress = venue.Simulator.Address,
            DefaultRequestHeaders = { Authorization = new("Bearer", venue.Seller.Token.Value) },
        };
        (
            await square.PostAsync(
                $"/v2/webhooks/subscriptions/{venue.Simulator.Subscriptions.All.Single().Id}/signature-key",
                null,
                TestContext.Current.CancellationToken
            )
        ).EnsureSuccessStatusCode();
        venue.Simulator.Faults.Add(
            new Simulator.Faults.Fault
            {
                Path = $"/v2/webhooks/subscriptions/{venue.Simulator.Subscriptions.All.Single().Id}/signature-key",
                Status = 403,
                Code = "FORBIDDEN",
            }
        );

        (await venue.Moderator.GetDataAsync(Rotate, new { id = venue.ConnectionId }))
            .At("rotateWebhookKey.errors")
            .GetArrayLength()
            .ShouldBe(0);

        (await venue.PostWebhookAsync(venue.PaymentEvent("p1"), key: venue.Simulator.Subscriptions.All.Single().SignatureKey)).ShouldBe(
            HttpStatusCode.OK
        );
    }

    [Fact]
    public async Task A_manually_set_key_is_changed_by_setting_another()
    {
        await using var venue = await TestVenue.CreateAsync(await postgres.CreateDatabaseAsync());
        await venue.RegisterVenueAsync("new-bar", "new-owner");
        var seller = venue.Simulator.Sellers.AddSeller(
            new SellerDraft
            {
                LocationId = "NEWLOCATION",
                AccessToken = "oauth-token",
                OAuth = true,
            }
        );
        var connection = (
            await venue.Moderator.GetDataAsync(
                "mutation($input: ConnectPosInput!) { connectPos(input: $input) { connection { id status webhook { notificationUrl } } } }",
                new
                {
                    input = new
                    {
                        venueId = "new-bar",
                        webhookSignatureKey = "first-key",
                        credentials = new
                        {
                            provider = "SQUARE",
                            environment = "SANDBOX",
                            locationId = seller.Location.Id,
                            accessToken = "oauth-token",
                        },
                    },
                }
            )
        ).At("connectPos.connection");
        connection.At("status").GetString().ShouldBe("CONNECTED");

        var error = (await venue.Moderator.GetDataAsync(Rotate, new { id = connection.At("id").GetString() })).At(
            "rotateWebhookKey.errors.0"
        );

        error.At("code").GetString().ShouldBe("CONFLICT");
        error.At("message").GetString()!.ShouldContain("updatePosConnection");
        await venue.Moderator.GetDataAsync(
            "mutation($id: ID!) { updatePosConnection(input: { connectionId: $id, webhookSignatureKey: \"second-key\" }) { "
                + "errors { code } } }",
            new { id = connection.At("id").GetString() }
        );
        var url = connection.At("webhook.notificationUrl").GetString();
        foreach (var key in new[] { "first-key", "second-key" }) // both are accepted while the dashboard is being changed
            (await venue.PostWebhookAsync(venue.PaymentEvent("with-" + key, locationId: seller.Location.Id), url: url, key: key)).ShouldBe(
                HttpStatusCode.OK
            );
    }

    [Fact]
    public async Task A_refused_signature_is_explained_to_the_operator()
    {
        await using var venue = await TestVenue.CreateAsync(await postgres.CreateDatabaseAsync());
        await venue.RegisterVenueAsync("other-bar", "other-owner");
        var other = venue.Simulator.Sellers.AddSeller(new SellerDraft { LocationId = "OTHERLOCATION", AccessToken = "other-access-token" });
        var (otherId, _, otherKey) = await venue.ConnectSquareAsync("other-bar", other);
        var body = venue.PaymentEvent("p1");
        var count = 0L;

        async Task ShouldBeExplainedAsync(string signature, params string[] messageParts)
        {
            // Only one refusal per interval is examined, so a refused webhook may have to be sent again.
            var before = await GetLastRefusalAsync();
            var refusal = before;
            await Wait.UntilAsync(async () =>
            {
                (await venue.PostWebhookAsync(body, signature: signature)).ShouldBe(HttpStatusCode.Forbidden);
                count++;
                refusal = await GetLastRefusalAsync();
                return refusal.Text is not null && (refusal.Text != before.Text || messageParts.All(refusal.Text.Contains));
            });
            foreach (var word in messageParts)
                refusal.Text!.ShouldContain(word);
            refusal.Count.ShouldBe(count);
        }
        async Task<Refusal> GetLastRefusalAsync()
        {
            var webhook = (
                await venue.Owner.GetDataAsync("{ venue(id: \"bar\") { posConnections { webhook { refusedSignatures lastRefusal } } } }")
            ).At("venue.posConnections.0.webhook");
            return new(webhook.At("lastRefusal").GetString(), webhook.At("refusedSignatures").GetInt64());
        }

        await ShouldBeExplainedAsync("", "no signature header");
        await ShouldBeExplainedAsync(
            TestVenue.Sign(body, venue.NotificationUrl.Replace("https", "http", StringComparison.Ordinal), venue.SignatureKey),
            "signed for http://pos.example.test",
            "expects " + venue.NotificationUrl
        );
        var arrived = new Uri(venue.Host.Address, new Uri(venue.NotificationUrl).AbsolutePath).ToString();
        await ShouldBeExplainedAsync(TestVenue.Sign(body, arrived, venue.SignatureKey), "signed for " + arrived, "Pos__PublicBaseUrl");
        await ShouldBeExplainedAsync(
            TestVenue.Sign(body, venue.NotificationUrl, otherKey),
            "key of another connection",
            otherId.ToString()
        );
        await ShouldBeExplainedAsync(TestVenue.Sign(body, venue.NotificationUrl, "somebody-elses"), "signed with another key");
        await venue.Moderator.GetDataAsync(
            "mutation($id: ID!) { updatePosConnection(input: { connectionId: $id, webhookSignatureKey: "
                + "\"EAAAlooks-like-a-token\" }) { errors { code } } }",
            new { id = venue.ConnectionId }
        );
        await ShouldBeExplainedAsync(TestVenue.Sign(body, venue.NotificationUrl, "the-real-key"), "looks like an access token");
        // It is stored too, so that another host reports the same.
        await Wait.UntilAsync(async () =>
            await venue.SqlAsync<long>($"select refused_signatures from integrations.pos_connections where id = '{venue.ConnectionId}'")
            >= count
        );
    }

    private sealed record Refusal(string? Text, long Count);
}
