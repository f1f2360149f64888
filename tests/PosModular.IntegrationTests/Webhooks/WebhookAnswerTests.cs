using System.Net;
using System.Text;
using PosModular.IntegrationTests.House;
using PosModular.IntegrationTests.Postgres;
using PosModular.Simulator.Sellers;

namespace PosModular.IntegrationTests.Webhooks;

public sealed class WebhookAnswerTests(TestPostgres postgres)
{
    private const string Events = """
        query($venue: ID!, $status: WebhookEventStatus) { venue(id: $venue) {
          webhookEvents(status: $status) { nodes { eventId type status reason payload } } transactions { totalCount nodes { externalId } } } }
        """;

    [Fact]
    public async Task A_wrong_signature_gets_403_and_leaves_nothing_behind()
    {
        await using var bar = await Bar.OpenAsync(await postgres.CreateDatabaseAsync());
        var body = bar.Event("p1");

        (await bar.PostAsync(body, signature: "AAAA")).ShouldBe(HttpStatusCode.Forbidden);
        (await bar.PostAsync(body, signature: "")).ShouldBe(HttpStatusCode.Forbidden);
        (await bar.PostAsync(body, key: "another-key")).ShouldBe(HttpStatusCode.Forbidden);
        (await bar.PostAsync(body, signature: Bar.Sign(bar.Event("p2"), bar.NotificationUrl, bar.SignatureKey))).ShouldBe(
            HttpStatusCode.Forbidden
        );
        // Signed for the address the request came to instead of the one stored: a proxy must make no difference, either way.
        (
            await bar.PostAsync(
                body,
                signature: Bar.Sign(body, new Uri(bar.Host.Address, new Uri(bar.NotificationUrl).AbsolutePath).ToString(), bar.SignatureKey)
            )
        ).ShouldBe(HttpStatusCode.Forbidden);
        (await bar.PostAsync(body, url: $"https://pos.example.test/api/pos/webhooks/square/{Guid.NewGuid()}")).ShouldBe(
            HttpStatusCode.Forbidden
        );
        (await bar.PostAsync(body, url: "https://pos.example.test/api/pos/webhooks/square/no-guid")).ShouldBe(HttpStatusCode.Forbidden);

        (
            await bar.SqlAsync<long>(
                "select (select count(*) from ingestion.webhook_events) + (select count(*) from ingestion.transactions)"
            )
        ).ShouldBe(0);
    }

    [Fact]
    public async Task An_event_over_one_megabyte_gets_413_before_its_signature_is_looked_at()
    {
        await using var bar = await Bar.OpenAsync(await postgres.CreateDatabaseAsync());

        (await bar.PostAsync(new byte[1024 * 1024 + 1], signature: "AAAA")).ShouldBe(HttpStatusCode.RequestEntityTooLarge);
        (await bar.PostAsync(new byte[1024 * 1024], signature: "AAAA")).ShouldBe(HttpStatusCode.Forbidden);

        using var chunked = new HttpRequestMessage(HttpMethod.Post, new Uri(bar.NotificationUrl).AbsolutePath)
        {
            Content = new StreamContent(new MemoryStream(new byte[1024 * 1024 + 1])),
        };
        chunked.Headers.TransferEncodingChunked = true;
        (await bar.Host.Http.SendAsync(chunked, TestContext.Current.CancellationToken)).StatusCode.ShouldBe(
            HttpStatusCode.RequestEntityTooLarge
        );
    }

    [Fact]
    public async Task Signed_non_JSON_is_kept_FAILED_once_and_answered_200()
    {
        await using var bar = await Bar.OpenAsync(await postgres.CreateDatabaseAsync());
        var body = Encoding.UTF8.GetBytes("this is no JSON");

        (await bar.PostAsync(body)).ShouldBe(HttpStatusCode.OK);
        (await bar.PostAsync(body)).ShouldBe(HttpStatusCode.OK);

        var events = (await bar.Owner.DataAsync(Events, new { venue = Bar.VenueId, status = "FAILED" })).At("venue.webhookEvents.nodes");
        events.GetArrayLength().ShouldBe(1);
        events.At("0.payload").GetString().ShouldBe("this is no JSON");
        events.At("0.eventId").GetString()!.ShouldStartWith("sha256:");
        events.At("0.reason").GetString().ShouldBe("The body is not JSON.");
    }

    [Fact]
    public async Task An_event_of_a_type_that_is_not_used_is_kept_IGNORED()
    {
        await using var bar = await Bar.OpenAsync(await postgres.CreateDatabaseAsync());

        (
            await bar.PostAsync(Encoding.UTF8.GetBytes("""{"event_id":"e1","type":"dispute.created","merchant_id":"6SSW7HV8K2ST5"}"""))
        ).ShouldBe(HttpStatusCode.OK);

        var events = (await bar.Owner.DataAsync(Events, new { venue = Bar.VenueId, status = "IGNORED" })).At("venue.webhookEvents.nodes");
        events.At("0.type").GetString().ShouldBe("dispute.created");
    }

    [Fact]
    public async Task A_sale_of_another_location_of_the_same_merchant_is_IGNORED_and_seen_by_nobody_elses_venue()
    {
        await using var bar = await Bar.OpenAsync(await postgres.CreateDatabaseAsync());
        var other = bar.Square.Sellers.AddTill(
            new TillOrder
            {
                MerchantId = bar.Till.Merchant.Id,
                LocationId = "OTHERLOCATION",
                AccessToken = "other-access-token",
            }
        );
        await bar.RegisterAsync("other-bar", "other-owner");
        var (_, otherUrl, otherKey) = await bar.ConnectAsync("other-bar", other);
        var body = bar.Event("p1", locationId: "OTHERLOCATION", eventId: "shared");

        // The same event goes to both subscriptions of the merchant.
        (await bar.PostAsync(body)).ShouldBe(HttpStatusCode.OK);
        (await bar.PostAsync(body, url: otherUrl, key: otherKey)).ShouldBe(HttpStatusCode.OK);

        var mine = (await bar.Owner.DataAsync(Events, new { venue = Bar.VenueId })).GetProperty("venue");
        mine.At("webhookEvents.nodes.0.status").GetString().ShouldBe("IGNORED");
        mine.At("webhookEvents.nodes.0.reason").GetString()!.ShouldContain("OTHERLOCATION");
        mine.At("transactions.totalCount").GetInt64().ShouldBe(0);
        var theirs = (await new Client(bar.Host, TestKeys.Token("other-owner")).DataAsync(Events, new { venue = "other-bar" })).GetProperty(
            "venue"
        );
        theirs.At("transactions.nodes.0.externalId").GetString().ShouldBe("p1");
    }

    [Fact]
    public async Task The_general_path_takes_an_event_signed_with_the_tills_own_key_for_that_path()
    {
        await using var bar = await Bar.OpenAsync(await postgres.CreateDatabaseAsync());
        const string general = "https://pos.example.test/api/pos/webhooks/square";

        (await bar.PostAsync(bar.Event("p1"), url: general)).ShouldBe(HttpStatusCode.OK);
        (await bar.PostAsync(bar.Event("p2"), url: general, key: "another-key")).ShouldBe(HttpStatusCode.Forbidden);

        (await bar.SqlAsync<long>("select count(*) from ingestion.transactions where external_id = 'p1' and venue_id = 'bar'")).ShouldBe(1);
    }

    [Fact]
    public async Task The_applications_key_routes_by_location_and_keeps_what_belongs_to_no_till()
    {
        await using var bar = await Bar.OpenAsync(await postgres.CreateDatabaseAsync());
        const string general = "https://pos.example.test/api/pos/webhooks/square";
        var application = await RunningHost.StartAsync(
            bar.Database,
            new Dictionary<string, string?>(bar.Settings) { ["Pos:Square:WebhookSignatureKey"] = "application-key" }
        );
        bar.Hosts.Add(application);

        (await bar.PostAsync(bar.Event("p1"), application, url: general, key: "application-key")).ShouldBe(HttpStatusCode.OK);
        (await bar.PostAsync(bar.Event("p2", locationId: "NOBODYS"), application, url: general, key: "application-key")).ShouldBe(
            HttpStatusCode.OK
        );

        (await bar.SqlAsync<string>("select string_agg(external_id || '@' || venue_id, ',') from ingestion.transactions")).ShouldBe(
            "p1@bar"
        );
        (await bar.SqlAsync<string>("select reason from ingestion.webhook_events where venue_id = ''")).ShouldContain("NOBODYS");
    }
}
