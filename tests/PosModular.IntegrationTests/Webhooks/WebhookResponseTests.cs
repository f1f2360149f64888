using System.Net;
using System.Text;
using PosModular.IntegrationTests.Fixtures;
using PosModular.IntegrationTests.Postgres;
using PosModular.Simulator.Sellers;

namespace PosModular.IntegrationTests.Webhooks;

public sealed class WebhookResponseTests(TestPostgres postgres)
{
    private const string WebhookEventsQuery = """
        query($venue: ID!, $status: WebhookEventStatus) { venue(id: $venue) {
          webhookEvents(status: $status) { nodes { eventId type status reason payload } }
          transactions { totalCount nodes { externalId } } } }
        """;

    [Fact]
    public async Task A_wrong_signature_gets_403_and_leaves_nothing_behind()
    {
        await using var venue = await TestVenue.CreateAsync(await postgres.CreateDatabaseAsync());
        var body = venue.PaymentEvent("p1");

        (await venue.PostWebhookAsync(body, signature: "AAAA")).ShouldBe(HttpStatusCode.Forbidden);
        (await venue.PostWebhookAsync(body, signature: "")).ShouldBe(HttpStatusCode.Forbidden);
        (await venue.PostWebhookAsync(body, key: "another-key")).ShouldBe(HttpStatusCode.Forbidden);
        (
            await venue.PostWebhookAsync(
                body,
                signature: TestVenue.Sign(venue.PaymentEvent("p2"), venue.NotificationUrl, venue.SignatureKey)
            )
        ).ShouldBe(HttpStatusCode.Forbidden);
        // Signed for the address that the request reached instead of the stored one, which is the address Square signs for behind a proxy.
        (
            await venue.PostWebhookAsync(
                body,
                signature: TestVenue.Sign(
                    body,
                    new Uri(venue.Host.Address, new Uri(venue.NotificationUrl).AbsolutePath).ToString(),
                    venue.SignatureKey
                )
            )
        ).ShouldBe(HttpStatusCode.Forbidden);
        (await venue.PostWebhookAsync(body, url: $"https://pos.example.test/api/pos/webhooks/square/{Guid.NewGuid()}")).ShouldBe(
            HttpStatusCode.Forbidden
        );
        (await venue.PostWebhookAsync(body, url: "https://pos.example.test/api/pos/webhooks/square/no-guid")).ShouldBe(
            HttpStatusCode.Forbidden
        );

        (
            await venue.SqlAsync<long>(
                "select (select count(*) from ingestion.webhook_events) + (select count(*) from ingestion.transactions)"
            )
        ).ShouldBe(0);
    }

    [Fact]
    public async Task An_event_over_one_megabyte_gets_413_before_its_signature_is_checked()
    {
        await using var venue = await TestVenue.CreateAsync(await postgres.CreateDatabaseAsync());

        (await venue.PostWebhookAsync(new byte[1024 * 1024 + 1], signature: "AAAA")).ShouldBe(HttpStatusCode.RequestEntityTooLarge);
        (await venue.PostWebhookAsync(new byte[1024 * 1024], signature: "AAAA")).ShouldBe(HttpStatusCode.Forbidden);

        using var chunked = new HttpRequestMessage(HttpMethod.Post, new Uri(venue.NotificationUrl).AbsolutePath)
        {
            Content = new StreamContent(new MemoryStream(new byte[1024 * 1024 + 1])),
        };
        chunked.Headers.TransferEncodingChunked = true;
        chunked.Headers.TryAddWithoutValidation("x-square-hmacsha256-signature", "AAAA");
        (await venue.Host.Http.SendAsync(chunked, TestContext.Current.CancellationToken)).StatusCode.ShouldBe(
            HttpStatusCode.RequestEntityTooLarge
        );
    }

    [Fact]
    public async Task A_signed_body_that_is_not_JSON_is_kept_FAILED_once_and_answered_200()
    {
        await using var venue = await TestVenue.CreateAsync(await postgres.CreateDatabaseAsync());
        var body = Encoding.UTF8.GetBytes("this is no JSON");

        (await venue.PostWebhookAsync(body)).ShouldBe(HttpStatusCode.OK);
        (await venue.PostWebhookAsync(body)).ShouldBe(HttpStatusCode.OK);

        var events = (await venue.Owner.GetDataAsync(WebhookEventsQuery, new { venue = TestVenue.VenueId, status = "FAILED" })).At(
            "venue.webhookEvents.nodes"
        );
        events.GetArrayLength().ShouldBe(1);
        events.At("0.payload").GetString().ShouldBe("this is no JSON");
        events.At("0.eventId").GetString()!.ShouldStartWith("sha256:");
        events.At("0.reason").GetString().ShouldBe("The body is not JSON.");
    }

    [Fact]
    public async Task An_event_of_an_unused_type_is_kept_IGNORED()
    {
        await using var venue = await TestVenue.CreateAsync(await postgres.CreateDatabaseAsync());

        (
            await venue.PostWebhookAsync(
                Encoding.UTF8.GetBytes("""{"event_id":"e1","type":"dispute.created","merchant_id":"6SSW7HV8K2ST5"}""")
            )
        ).ShouldBe(HttpStatusCode.OK);

        var events = (await venue.Owner.GetDataAsync(WebhookEventsQuery, new { venue = TestVenue.VenueId, status = "IGNORED" })).At(
            "venue.webhookEvents.nodes"
        );
        events.At("0.type").GetString().ShouldBe("dispute.created");
    }

    [Fact]
    public async Task A_payment_of_another_location_of_the_merchant_is_IGNORED_and_visible_only_to_its_own_venue()
    {
        await using var venue = await TestVenue.CreateAsync(await postgres.CreateDatabaseAsync());
        var otherSeller = venue.Simulator.Sellers.AddSeller(
            new SellerDraft
            {
                MerchantId = venue.Seller.Merchant.Id,
                LocationId = "OTHERLOCATION",
                AccessToken = "other-access-token",
            }
        );
        await venue.RegisterVenueAsync("other-bar", "other-owner");
        var (_, otherUrl, otherKey) = await venue.ConnectSquareAsync("other-bar", otherSeller);
        var body = venue.PaymentEvent("p1", locationId: "OTHERLOCATION", eventId: "shared");

        // Square sends the same event to both subscriptions of the merchant.
        (await venue.PostWebhookAsync(body)).ShouldBe(HttpStatusCode.OK);
        (await venue.PostWebhookAsync(body, url: otherUrl, key: otherKey)).ShouldBe(HttpStatusCode.OK);

        var ownVenue = (await venue.Owner.GetDataAsync(WebhookEventsQuery, new { venue = TestVenue.VenueId })).GetProperty("venue");
        ownVenue.At("webhookEvents.nodes.0.status").GetString().ShouldBe("IGNORED");
        ownVenue.At("webhookEvents.nodes.0.reason").GetString()!.ShouldContain("OTHERLOCATION");
        ownVenue.At("transactions.totalCount").GetInt64().ShouldBe(0);
        var otherVenue = (
            await new GraphQLClient(venue.Host, TestKeys.Token("other-owner")).GetDataAsync(WebhookEventsQuery, new { venue = "other-bar" })
        ).GetProperty("venue");
        otherVenue.At("transactions.nodes.0.externalId").GetString().ShouldBe("p1");
    }

    [Fact]
    public async Task The_general_route_accepts_an_event_signed_with_the_key_of_the_connection()
    {
        await using var venue = await TestVenue.CreateAsync(await postgres.CreateDatabaseAsync());
        const string generalUrl = "https://pos.example.test/api/pos/webhooks/square";

        (await venue.PostWebhookAsync(venue.PaymentEvent("p1"), url: generalUrl)).ShouldBe(HttpStatusCode.OK);
        (await venue.PostWebhookAsync(venue.PaymentEvent("p2"), url: generalUrl, key: "another-key")).ShouldBe(HttpStatusCode.Forbidden);

        (await venue.SqlAsync<long>("select count(*) from ingestion.transactions where external_id = 'p1' and venue_id = 'bar'")).ShouldBe(
            1
        );
    }

    [Fact]
    public async Task The_application_key_routes_by_location_and_keeps_events_of_unknown_locations()
    {
        await using var venue = await TestVenue.CreateAsync(await postgres.CreateDatabaseAsync());
        const string generalUrl = "https://pos.example.test/api/pos/webhooks/square";
        var hostWithApplicationKey = await TestHost.StartAsync(
            venue.Database,
            new Dictionary<string, string?>(venue.Settings) { ["Pos:Square:WebhookSignatureKey"] = "application-key" }
        );
        venue.Hosts.Add(hostWithApplicationKey);

        (await venue.PostWebhookAsync(venue.PaymentEvent("p1"), hostWithApplicationKey, url: generalUrl, key: "application-key")).ShouldBe(
            HttpStatusCode.OK
        );
        (
            await venue.PostWebhookAsync(
                venue.PaymentEvent("p2", locationId: "UNKNOWNLOCATION"),
                hostWithApplicationKey,
                url: generalUrl,
                key: "application-key"
            )
        ).ShouldBe(HttpStatusCode.OK);

        (await venue.SqlAsync<string>("select string_agg(external_id || '@' || venue_id, ',') from ingestion.transactions")).ShouldBe(
            "p1@bar"
        );
        (await venue.SqlAsync<string>("select reason from ingestion.webhook_events where venue_id = ''")).ShouldContain("UNKNOWNLOCATION");
    }
}
