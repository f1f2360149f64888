using System.Text.Json;
using PosModular.IntegrationTests.House;
using PosModular.IntegrationTests.Postgres;
using PosModular.Simulator.Faults;
using PosModular.Simulator.Sellers;

namespace PosModular.IntegrationTests.Connections;

public sealed class ConnectPosTests(TestPostgres postgres)
{
    private const string Connect = """
        mutation($input: ConnectPosInput!) { connectPos(input: $input) {
          connection { id status statusReason { code message } locationName merchantId timeZone lastGoodCallAt webhook { enabled notificationUrl subscriptionId } }
          errors { code message field } } }
        """;

    private static object Input(
        Till till,
        string venue = Bar.VenueId,
        string? token = null,
        string? location = null,
        string? key = null,
        bool? enableWebhook = null
    ) =>
        new
        {
            input = new
            {
                venueId = venue,
                enableWebhook,
                webhookSignatureKey = key,
                credentials = new
                {
                    provider = "SQUARE",
                    environment = "SANDBOX",
                    locationId = location ?? till.Location.Id,
                    accessToken = token ?? till.Token.Value,
                },
            },
        };

    private static async Task<JsonElement> ConnectAsync(Bar bar, object input) =>
        (await bar.Moderator.DataAsync(Connect, input)).GetProperty("connectPos");

    [Fact]
    public async Task The_same_till_again_keeps_its_connection_and_its_subscription()
    {
        await using var bar = await Bar.OpenAsync(await postgres.CreateDatabaseAsync());
        await bar.PostAsync(bar.Event("p1"));

        var again = await ConnectAsync(bar, Input(bar.Till));

        again.At("connection.id").GetGuid().ShouldBe(bar.ConnectionId);
        again.At("connection.status").GetString().ShouldBe("CONNECTED");
        again.At("connection.timeZone").GetString().ShouldBe("America/New_York");
        bar.Square.Subscriptions.All.Count.ShouldBe(1);
        (await bar.PostAsync(bar.Event("p2"))).ShouldBe(System.Net.HttpStatusCode.OK);
        bar.Square.Requests.PaymentWrites.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_subscription_that_is_gone_at_the_provider_is_made_anew_when_the_till_is_connected_again()
    {
        await using var bar = await Bar.OpenAsync(await postgres.CreateDatabaseAsync());
        using var square = new HttpClient
        {
            BaseAddress = bar.Square.Address,
            DefaultRequestHeaders = { Authorization = new("Bearer", bar.Till.Token.Value) },
        };
        (
            await square.DeleteAsync(
                $"/v2/webhooks/subscriptions/{bar.Square.Subscriptions.All.Single().Id}",
                TestContext.Current.CancellationToken
            )
        ).EnsureSuccessStatusCode();

        (await ConnectAsync(bar, Input(bar.Till))).At("connection.status").GetString().ShouldBe("CONNECTED");

        var made = bar.Square.Subscriptions.All.Single();
        (await bar.PostAsync(bar.Event("p1"), key: made.SignatureKey)).ShouldBe(System.Net.HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_pasted_signature_key_takes_the_place_of_a_subscription_of_ours()
    {
        await using var bar = await Bar.OpenAsync(await postgres.CreateDatabaseAsync());

        var answer = await ConnectAsync(bar, Input(bar.Till, key: "pasted-key"));

        answer.At("connection.webhook.subscriptionId").ValueKind.ShouldBe(JsonValueKind.Null);
        bar.Square.Subscriptions.All.ShouldBeEmpty(); // ours would go on sending
        (await bar.PostAsync(bar.Event("p1"), key: "pasted-key")).ShouldBe(System.Net.HttpStatusCode.OK);
        (await bar.PostAsync(bar.Event("p2"))).ShouldBe(System.Net.HttpStatusCode.OK); // what is still on its way
        (await bar.PostAsync(bar.Event("p3"), key: "any-other-key")).ShouldBe(System.Net.HttpStatusCode.Forbidden);
    }

    [Fact]
    public async Task A_till_of_another_venue_is_a_CONFLICT_and_touches_nothing()
    {
        await using var bar = await Bar.OpenAsync(await postgres.CreateDatabaseAsync());
        await bar.RegisterAsync("other-bar", "other-owner");

        var answer = await ConnectAsync(bar, Input(bar.Till, venue: "other-bar"));

        answer.At("errors.0.code").GetString().ShouldBe("CONFLICT");
        answer.At("errors.0.field").GetString().ShouldBe("credentials.locationId");
        (await bar.SqlAsync<long>("select count(*) from integrations.pos_connections")).ShouldBe(1);
    }

    [Fact]
    public async Task Each_refusal_of_Square_has_its_own_code_and_saves_nothing()
    {
        await using var bar = await Bar.OpenAsync(await postgres.CreateDatabaseAsync());
        await bar.RegisterAsync("new-bar", "new-owner");
        var till = bar.Square.Sellers.AddTill(new TillOrder { LocationId = "NEWLOCATION", AccessToken = "new-access-token" });

        async Task<string> CodeAsync(object input) => (await ConnectAsync(bar, input)).At("errors.0.code").GetString()!;
        (await CodeAsync(Input(till, "new-bar", token: "wrong"))).ShouldBe("INVALID_CREDENTIALS");
        (await CodeAsync(Input(till, "new-bar", location: "UNKNOWN"))).ShouldBe("LOCATION_NOT_FOUND");
        (await CodeAsync(Input(till, "nowhere"))).ShouldBe("NOT_FOUND");
        (await CodeAsync(Input(till, "new-bar", token: "line\nfeed"))).ShouldBe("INVALID_INPUT");
        (await CodeAsync(Input(till, "new-bar", location: "../payments"))).ShouldBe("INVALID_INPUT");
        bar.Square.Faults.Arm(new Fault { Path = "/v2/locations", Status = 403 });
        (await CodeAsync(Input(till, "new-bar"))).ShouldBe("PERMISSION_DENIED");

        (await bar.SqlAsync<long>("select count(*) from integrations.pos_connections where venue_id = 'new-bar'")).ShouldBe(0);
    }

    [Fact]
    public async Task A_provider_that_fails_for_a_moment_is_asked_again()
    {
        await using var bar = await Bar.OpenAsync(await postgres.CreateDatabaseAsync());
        bar.Square.Faults.Arm(
            new Fault
            {
                Path = "/v2/locations",
                Status = 500,
                Times = 1,
            }
        );

        (await ConnectAsync(bar, Input(bar.Till))).At("errors").GetArrayLength().ShouldBe(0);
    }

    [Fact]
    public async Task A_webhook_that_cannot_be_set_up_still_makes_a_connection_that_says_so()
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

        var connection = (await ConnectAsync(bar, Input(till, "new-bar"))).GetProperty("connection");

        connection.At("status").GetString().ShouldBe("NEEDS_ATTENTION");
        connection.At("statusReason.message").GetString()!.ShouldContain(connection.At("webhook.notificationUrl").GetString()!);
    }

    [Fact]
    public async Task A_venue_is_registered_once_changed_and_its_changes_of_owners_are_kept()
    {
        await using var bar = await Bar.OpenAsync(await postgres.CreateDatabaseAsync());
        const string register =
            "mutation($input: RegisterVenueInput!) { registerVenue(input: $input) { venue { id dayCutoff rulesCountFrom unlockPolicy } errors { code field } } }";
        const string update =
            "mutation($input: UpdateVenueInput!) { updateVenue(input: $input) { venue { name timeZone dayCutoff ownerUserIds currency } errors { code field } } }";

        (
            await bar.Moderator.DataAsync(
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
            await bar.Moderator.DataAsync(
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
            await bar.Moderator.DataAsync(
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
            await bar.Moderator.DataAsync(
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
        (await bar.SqlAsync<string>("select detail from integrations.audit_log where action = 'updateVenue'")).ShouldContain(
            "OwnerUserIds: owner → someone"
        );
        // A former owner is out at once, also of the live feed.
        (await bar.Owner.DataAsync("{ venue(id: \"bar\") { id } }")).At("venue").ValueKind.ShouldBe(JsonValueKind.Null);
    }
}
