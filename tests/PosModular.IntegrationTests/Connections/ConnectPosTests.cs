using System.Text.Json;
using PosModular.IntegrationTests.Fixtures;
using PosModular.IntegrationTests.Postgres;
using PosModular.Simulator.Faults;
using PosModular.Simulator.Sellers;

namespace PosModular.IntegrationTests.Connections;

public sealed class ConnectPosTests(TestPostgres postgres)
{
    private const string Connect = """
        mutation($input: ConnectPosInput!) { connectPos(input: $input) {
          connection { id status statusReason { code message } locationName merchantId timeZone lastGoodCallAt
            webhook { enabled notificationUrl subscriptionId } }
          errors { code message field } } }
        """;

    private static object Input(
        Seller seller,
        string venueId = TestVenue.VenueId,
        string? token = null,
        string? location = null,
        string? key = null,
        bool? enableWebhook = null
    ) =>
        new
        {
            input = new
            {
                venueId = venueId,
                enableWebhook,
                webhookSignatureKey = key,
                credentials = new
                {
                    provider = "SQUARE",
                    environment = "SANDBOX",
                    locationId = location ?? seller.Location.Id,
                    accessToken = token ?? seller.Token.Value,
                },
            },
        };

    private static async Task<JsonElement> ConnectAsync(TestVenue venue, object input) =>
        (await venue.Moderator.GetDataAsync(Connect, input)).GetProperty("connectPos");

    [Fact]
    public async Task Connecting_a_location_again_keeps_its_connection_and_its_subscription()
    {
        await using var venue = await TestVenue.CreateAsync(await postgres.CreateDatabaseAsync());
        await venue.PostWebhookAsync(venue.PaymentEvent("p1"));

        var again = await ConnectAsync(venue, Input(venue.Seller));

        again.At("connection.id").GetGuid().ShouldBe(venue.ConnectionId);
        again.At("connection.status").GetString().ShouldBe("CONNECTED");
        again.At("connection.timeZone").GetString().ShouldBe("America/New_York");
        venue.Simulator.Subscriptions.All.Count.ShouldBe(1);
        (await venue.PostWebhookAsync(venue.PaymentEvent("p2"))).ShouldBe(System.Net.HttpStatusCode.OK);
        venue.Simulator.Requests.PaymentWrites.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_subscription_missing_at_the_provider_is_recreated_when_the_location_is_connected_again()
    {
        await using var venue = await TestVenue.CreateAsync(await postgres.CreateDatabaseAsync());
        using var square = new HttpClient
        {
            BaseAddress = venue.Simulator.Address,
            DefaultRequestHeaders = { Authorization = new("Bearer", venue.Seller.Token.Value) },
        };
        (
            await square.DeleteAsync(
                $"/v2/webhooks/subscriptions/{venue.Simulator.Subscriptions.All.Single().Id}",
                TestContext.Current.CancellationToken
            )
        ).EnsureSuccessStatusCode();

        (await ConnectAsync(venue, Input(venue.Seller))).At("connection.status").GetString().ShouldBe("CONNECTED");

        var made = venue.Simulator.Subscriptions.All.Single();
        (await venue.PostWebhookAsync(venue.PaymentEvent("p1"), key: made.SignatureKey)).ShouldBe(System.Net.HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_given_signature_key_replaces_our_own_subscription()
    {
        await using var venue = await TestVenue.CreateAsync(await postgres.CreateDatabaseAsync());

        var payload = await ConnectAsync(venue, Input(venue.Seller, key: "pasted-key"));

        payload.At("connection.webhook.subscriptionId").ValueKind.ShouldBe(JsonValueKind.Null);
        venue.Simulator.Subscriptions.All.ShouldBeEmpty(); // our own subscription would go on sending events
        (await venue.PostWebhookAsync(venue.PaymentEvent("p1"), key: "pasted-key")).ShouldBe(System.Net.HttpStatusCode.OK);
        // The old key is still accepted, for events sent before the change.
        (await venue.PostWebhookAsync(venue.PaymentEvent("p2"))).ShouldBe(System.Net.HttpStatusCode.OK);
        (await venue.PostWebhookAsync(venue.PaymentEvent("p3"), key: "any-other-key")).ShouldBe(System.Net.HttpStatusCode.Forbidden);
    }

    [Fact]
    public async Task A_location_of_another_venue_is_a_CONFLICT_and_nothing_is_changed()
    {
        await using var venue = await TestVenue.CreateAsync(await postgres.CreateDatabaseAsync());
        await venue.RegisterVenueAsync("other-bar", "other-owner");

        var payload = await ConnectAsync(venue, Input(venue.Seller, venueId: "other-bar"));

        payload.At("errors.0.code").GetString().ShouldBe("CONFLICT");
        payload.At("errors.0.field").GetString().ShouldBe("credentials.locationId");
        (await venue.SqlAsync<long>("select count(*) from integrations.pos_connections")).ShouldBe(1);
    }

    [Fact]
    public async Task Each_refusal_by_Square_has_its_own_code_and_nothing_is_saved()
    {
        await using var venue = await TestVenue.CreateAsync(await postgres.CreateDatabaseAsync());
        await venue.RegisterVenueAsync("new-bar", "new-owner");
        var seller = venue.Simulator.Sellers.AddSeller(new SellerDraft { LocationId = "NEWLOCATION", AccessToken = "new-access-token" });

        async Task<string> CodeAsync(object input) => (await ConnectAsync(venue, input)).At("errors.0.code").GetString()!;
        (await CodeAsync(Input(seller, "new-bar", token: "wrong"))).ShouldBe("INVALID_CREDENTIALS");
        (await CodeAsync(Input(seller, "new-bar", location: "UNKNOWN"))).ShouldBe("LOCATION_NOT_FOUND");
        (await CodeAsync(Input(seller, "nowhere"))).ShouldBe("NOT_FOUND");
        (await CodeAsync(Input(seller, "new-bar", token: "line\nfeed"))).ShouldBe("INVALID_INPUT");
        (await CodeAsync(Input(seller, "new-bar", location: "../payments"))).ShouldBe("INVALID_INPUT");
        venue.Simulator.Faults.Add(new Fault { Path = "/v2/locations", Status = 403 });
        (await CodeAsync(Input(seller, "new-bar"))).ShouldBe("PERMISSION_DENIED");

        (await venue.SqlAsync<long>("select count(*) from integrations.pos_connections where venue_id = 'new-bar'")).ShouldBe(0);
    }

    [Fact]
    public async Task A_call_that_fails_briefly_is_retried()
    {
        await using var venue = await TestVenue.CreateAsync(await postgres.CreateDatabaseAsync());
        venue.Simulator.Faults.Add(
            new Fault
            {
                Path = "/v2/locations",
                Status = 500,
                Times = 1,
            }
        );

        (await ConnectAsync(venue, Input(venue.Seller))).At("errors").GetArrayLength().ShouldBe(0);
    }

    [Fact]
    public async Task A_location_whose_webhook_cannot_be_set_up_is_connected_with_NEEDS_ATTENTION()
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

        var connection = (await ConnectAsync(venue, Input(seller, "new-bar"))).GetProperty("connection");

        connection.At("status").GetString().ShouldBe("NEEDS_ATTENTION");
        connection.At("statusReason.message").GetString()!.ShouldContain(connection.At("webhook.notificationUrl").GetString()!);
    }

    [Fact]
    public async Task A_venue_is_registered_once_and_its_updates_are_audited()
    {
        await using var venue = await TestVenue.CreateAsync(await postgres.CreateDatabaseAsync());
        const string register =
            "mutation($input: RegisterVenueInput!) { registerVenue(input: $input) { venue { id dayCutoff rulesCountFrom "
            + "unlockPolicy } errors { code field } } }";
        const string update =
            "mutation($input: UpdateVenueInput!) { updateVenue(input: $input) { venue { name timeZone dayCutoff ownerUserIds "
            + "currency } errors { code field } } }";

        (
            await venue.Moderator.GetDataAsync(
                register,
                new
                {
                    input = new
                    {
                        id = "bar",
                        name = "x",
                        timeZone = "UTC",
                        currency = "EUR",
                        ownerUserIds = Array.Empty<string>(),
                    },
                }
            )
        ).At("registerVenue.errors.0.code").GetString().ShouldBe("CONFLICT");
        var bad = (
            await venue.Moderator.GetDataAsync(
                register,
                new
                {
                    input = new
                    {
                        id = "a b",
                        name = " ",
                        timeZone = "Mars",
                        currency = "XXX",
                        dayCutoff = "06:10",
                        ownerUserIds = new[] { "" },
                    },
                }
            )
        ).GetProperty("registerVenue");
        bad.At("errors")
            .EnumerateArray()
            .Select(e => e.At("field").GetString())
            .ShouldBe(["id", "name", "timeZone", "currency", "dayCutoff", "ownerUserIds"]);
        var made = (
            await venue.Moderator.GetDataAsync(
                register,
                new
                {
                    input = new
                    {
                        name = "New",
                        timeZone = "UTC",
                        currency = "EUR",
                        ownerUserIds = new[] { "o" },
                    },
                }
            )
        ).At("registerVenue.venue");
        made.At("dayCutoff").GetString().ShouldBe("06:00:00");
        Guid.Parse(made.At("id").GetString()!).Version.ShouldBe(7);

        var changed = (
            await venue.Moderator.GetDataAsync(
                update,
                new
                {
                    input = new
                    {
                        venueId = "bar",
                        name = "Renamed",
                        dayCutoff = "05:45",
                        ownerUserIds = new[] { "someone" },
                    },
                }
            )
        ).At("updateVenue.venue");
        changed
            .ToString()
            .ShouldBe(
                """{"name":"Renamed","timeZone":"America/New_York","dayCutoff":"05:45:00","ownerUserIds":["someone"],"currency":"USD"}"""
            );
        (await venue.SqlAsync<string>("select detail from integrations.audit_log where action = 'updateVenue'")).ShouldContain(
            "OwnerUserIds: owner → someone"
        );
        // A former owner loses access at once.
        (await venue.Owner.GetDataAsync("{ venue(id: \"bar\") { id } }")).At("venue").ValueKind.ShouldBe(JsonValueKind.Null);
    }
}
