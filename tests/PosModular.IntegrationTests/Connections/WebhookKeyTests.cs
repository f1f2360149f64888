using System.Collections.Concurrent;
using System.Net;
using PosModular.IntegrationTests.House;
using PosModular.IntegrationTests.Postgres;
using PosModular.Simulator.Sellers;

namespace PosModular.IntegrationTests.Connections;

public sealed class WebhookKeyTests(TestPostgres postgres)
{
    private const string Rotate =
        "mutation($id: ID!) { rotateWebhookKey(input: { connectionId: $id }) { connection { id webhook { subscriptionId } } errors { code message } } }";

    [Fact]
    public async Task Keys_are_rotated_under_load_over_two_hosts_and_no_event_is_refused()
    {
        await using var bar = await Bar.OpenAsync(await postgres.CreateDatabaseAsync());
        await bar.AddHostAsync();
        var (answers, sent, done) = (new ConcurrentDictionary<HttpStatusCode, int>(), 0, false);

        // Signed at each moment with what the provider signs with at that moment.
        var senders = Enumerable
            .Range(0, 8)
            .Select(sender =>
                Task.Run(async () =>
                {
                    while (!Volatile.Read(ref done))
                    {
                        var key = bar.Square.Subscriptions.All.Single().SignatureKey;
                        var status = await bar.PostAsync(bar.Event($"p{Interlocked.Increment(ref sent)}"), bar.Hosts[sender % 2], key: key);
                        answers.AddOrUpdate(status, 1, (_, n) => n + 1);
                    }
                })
            )
            .ToArray();
        var keys = new HashSet<string> { bar.SignatureKey };
        for (var rotation = 0; rotation < 5; rotation++)
        {
            var before = Volatile.Read(ref sent);
            var host = rotation % 2 == 0 ? bar.Moderator : new Client(bar.Hosts[1], TestKeys.Token("moderator", "HEAD_MODERATOR"));
            (await host.DataAsync(Rotate, new { id = bar.ConnectionId })).At("rotateWebhookKey.errors").GetArrayLength().ShouldBe(0);
            keys.Add(bar.Square.Subscriptions.All.Single().SignatureKey);
            await Wait.UntilAsync(() => Volatile.Read(ref sent) >= before + 100);
        }
        Volatile.Write(ref done, true);
        await Task.WhenAll(senders);

        keys.Count.ShouldBe(6);
        answers.Keys.ShouldBe([HttpStatusCode.OK]);
        (await bar.SqlAsync<long>("select count(*) from ingestion.transactions")).ShouldBe(sent);
        // The one before the last rotation is good for what is still on its way; older ones are not.
        (await bar.PostAsync(bar.Event("late"), key: keys.ElementAt(4))).ShouldBe(HttpStatusCode.OK);
        (await bar.PostAsync(bar.Event("too-late"), key: keys.First())).ShouldBe(HttpStatusCode.Forbidden);
    }

    [Fact]
    public async Task A_rotation_whose_answer_is_lost_is_found_out_from_the_subscription()
    {
        await using var bar = await Bar.OpenAsync(await postgres.CreateDatabaseAsync());
        // Square does it, and the operator's own tool has done it: what the subscription tells is what counts.
        using var square = new HttpClient
        {
            BaseAddress = bar.Square.Address,
            DefaultRequestHeaders = { Authorization = new("Bearer", bar.Till.Token.Value) },
        };
        (
            await square.PostAsync(
                $"/v2/webhooks/subscriptions/{bar.Square.Subscriptions.All.Single().Id}/signature-key",
                null,
                TestContext.Current.CancellationToken
            )
        ).EnsureSuccessStatusCode();
        bar.Square.Faults.Arm(
            new Simulator.Faults.Fault
            {
                Path = $"/v2/webhooks/subscriptions/{bar.Square.Subscriptions.All.Single().Id}/signature-key",
                Status = 403,
                Code = "FORBIDDEN",
            }
        );

        (await bar.Moderator.DataAsync(Rotate, new { id = bar.ConnectionId })).At("rotateWebhookKey.errors").GetArrayLength().ShouldBe(0);

        (await bar.PostAsync(bar.Event("p1"), key: bar.Square.Subscriptions.All.Single().SignatureKey)).ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_key_pasted_by_hand_is_changed_by_pasting_another()
    {
        await using var bar = await Bar.OpenAsync(await postgres.CreateDatabaseAsync());
        await bar.RegisterAsync("new-bar", "new-owner");
        var till = bar.Square.Sellers.AddTill(
            new TillOrder
            {
                LocationId = "NEWLOCATION",
                AccessToken = "oauth-token",
                OAuth = true,
            }
        );
        var connection = (
            await bar.Moderator.DataAsync(
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
                            locationId = till.Location.Id,
                            accessToken = "oauth-token",
                        },
                    },
                }
            )
        ).At("connectPos.connection");
        connection.At("status").GetString().ShouldBe("CONNECTED");

        var error = (await bar.Moderator.DataAsync(Rotate, new { id = connection.At("id").GetString() })).At("rotateWebhookKey.errors.0");

        error.At("code").GetString().ShouldBe("CONFLICT");
        error.At("message").GetString()!.ShouldContain("updatePosConnection");
        await bar.Moderator.DataAsync(
            "mutation($id: ID!) { updatePosConnection(input: { connectionId: $id, webhookSignatureKey: \"second-key\" }) { errors { code } } }",
            new { id = connection.At("id").GetString() }
        );
        var url = connection.At("webhook.notificationUrl").GetString();
        foreach (var key in new[] { "first-key", "second-key" }) // both, while the dashboard is being changed
            (await bar.PostAsync(bar.Event("with-" + key, locationId: till.Location.Id), url: url, key: key)).ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task The_operator_is_told_what_is_wrong_with_a_refused_signature()
    {
        await using var bar = await Bar.OpenAsync(await postgres.CreateDatabaseAsync());
        await bar.RegisterAsync("other-bar", "other-owner");
        var other = bar.Square.Sellers.AddTill(new TillOrder { LocationId = "OTHERLOCATION", AccessToken = "other-access-token" });
        var (otherId, _, otherKey) = await bar.ConnectAsync("other-bar", other);
        var body = bar.Event("p1");
        var count = 0L;

        async Task LooksAsync(string signature, params string[] says)
        {
            // A flood is not looked into one by one: the next one after a moment is.
            var before = await LastAsync();
            var look = before;
            await Wait.UntilAsync(async () =>
            {
                (await bar.PostAsync(body, signature: signature)).ShouldBe(HttpStatusCode.Forbidden);
                count++;
                look = await LastAsync();
                return look.Text is not null && (look.Text != before.Text || says.All(look.Text.Contains));
            });
            foreach (var word in says)
                look.Text!.ShouldContain(word);
            look.Count.ShouldBe(count);
        }
        async Task<JsonLook> LastAsync()
        {
            var webhook = (
                await bar.Owner.DataAsync("{ venue(id: \"bar\") { posConnections { webhook { refusedSignatures lastRefusal } } } }")
            ).At("venue.posConnections.0.webhook");
            return new(webhook.At("lastRefusal").GetString(), webhook.At("refusedSignatures").GetInt64());
        }

        await LooksAsync("", "without a signature header");
        await LooksAsync(
            Bar.Sign(body, bar.NotificationUrl.Replace("https", "http", StringComparison.Ordinal), bar.SignatureKey),
            "signed for http://pos.example.test",
            "expects " + bar.NotificationUrl
        );
        var arrived = new Uri(bar.Host.Address, new Uri(bar.NotificationUrl).AbsolutePath).ToString();
        await LooksAsync(Bar.Sign(body, arrived, bar.SignatureKey), "signed for " + arrived, "Pos__PublicBaseUrl");
        await LooksAsync(Bar.Sign(body, bar.NotificationUrl, otherKey), "key of another connection", otherId.ToString());
        await LooksAsync(Bar.Sign(body, bar.NotificationUrl, "somebody-elses"), "signed with another key");
        await bar.Moderator.DataAsync(
            "mutation($id: ID!) { updatePosConnection(input: { connectionId: $id, webhookSignatureKey: \"EAAAlooks-like-a-token\" }) { errors { code } } }",
            new { id = bar.ConnectionId }
        );
        await LooksAsync(Bar.Sign(body, bar.NotificationUrl, "the-real-key"), "looks like an access token");
        // Written down too, for whoever asks another host.
        await Wait.UntilAsync(async () =>
            await bar.SqlAsync<long>($"select refused_signatures from integrations.pos_connections where id = '{bar.ConnectionId}'")
            >= count
        );
    }

    private sealed record JsonLook(string? Text, long Count);
}
