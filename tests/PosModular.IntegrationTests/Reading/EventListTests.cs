using System.Globalization;
using PosModular.IntegrationTests.Fixtures;
using PosModular.IntegrationTests.Postgres;

namespace PosModular.IntegrationTests.Reading;

/// <summary>The filters of webhook events and of the audit log.</summary>
public sealed class EventListTests(TestPostgres postgres)
{
    [Fact]
    public async Task Webhook_events_are_found_by_connection_type_time_and_what_they_changed_and_one_by_its_id()
    {
        await using var venue = await TestVenue.CreateAsync(await postgres.CreateDatabaseAsync());
        await venue.PostWebhookAsync(venue.PaymentEvent("p1", eventId: "e1", status: "APPROVED"));
        await venue.PostWebhookAsync(venue.PaymentEvent("p1", eventId: "e2", minute: 1));
        await venue.PostWebhookAsync(venue.PaymentEvent("p2", eventId: "e3"));
        await venue.PostWebhookAsync(venue.RefundEvent("r1", "p2", eventId: "e4"));
        await venue.PostWebhookAsync(venue.PaymentEvent("p3", eventId: "e5", locationId: "ELSEWHERE"));
        await venue.RegisterVenueAsync("other", TestVenue.OwnerId);

        async Task<string> GetAsync(string arguments, string venueId = TestVenue.VenueId) =>
            string.Join(
                ' ',
                (
                    await venue.Moderator.GetDataAsync(
                        $"{{ venue(id: \"{venueId}\") {{ webhookEvents({arguments}) {{ nodes {{ eventId }} }} }} }}"
                    )
                )
                    .At("venue.webhookEvents.nodes")
                    .EnumerateArray()
                    .Select(e => e.At("eventId").GetString())
            );
        (await GetAsync("first: 10")).ShouldBe("e5 e4 e3 e2 e1");
        (await GetAsync($"connectionId: \"{venue.ConnectionId}\", status: PROCESSED")).ShouldBe("e4 e3 e2 e1");
        (await GetAsync($"connectionId: \"{Guid.NewGuid()}\"")).ShouldBe("");
        (await GetAsync("connectionId: \"nonsense\"")).ShouldBe("");
        (await GetAsync("type: \"refund.updated\"")).ShouldBe("e4");
        (await GetAsync("search: \"e3\"")).ShouldBe("e3");
        (await GetAsync("search: \" p1 \"")).ShouldBe("e2 e1");
        (await GetAsync("search: \"order-p2\"")).ShouldBe("e4 e3");
        (await GetAsync("search: \"p2\", type: \"payment.updated\"")).ShouldBe("e3");
        (await GetAsync("search: \"refund.updated\"")).ShouldBe("e4");
        (await GetAsync("search: \"p\"")).ShouldBe("");
        (await GetAsync("search: \"p1\"", "other")).ShouldBe("");
        var third = DateTimeOffset.Parse(
            await venue.SqlAsync<string>("select to_json(received_at) #>> '{}' from ingestion.webhook_events where event_id = 'e3'"),
            CultureInfo.InvariantCulture
        );
        (await GetAsync($"from: \"{third:O}\"")).ShouldBe("e5 e4 e3");
        (await GetAsync($"to: \"{third:O}\"")).ShouldBe("e2 e1");
        foreach (var search in new[] { "", "a\\u0000b", new string('a', 201) })
            (
                await venue.Moderator.GetErrorCodeAsync(
                    $"{{ venue(id: \"bar\") {{ webhookEvents(search: \"{search}\") {{ nodes {{ id }} }} }} }}"
                )
            ).ShouldBe("INVALID_INPUT", search);

        var id = await venue.SqlAsync<Guid>("select id from ingestion.webhook_events where event_id = 'e3'");
        async Task<string> GetOneAsync(string venueId, string eventId) =>
            (
                await venue.Owner.GetDataAsync(
                    $"{{ venue(id: \"{venueId}\") {{ webhookEvent(id: \"{eventId}\") {{ id eventId status payload }} }} }}"
                )
            )
                .At("venue.webhookEvent")
                .ToString();
        (await GetOneAsync("bar", id.ToString())).ShouldStartWith(
            $$"""{"id":"{{id}}","eventId":"e3","status":"PROCESSED","payload":"{\"merchant_id\":"""
        );
        (await GetOneAsync("other", id.ToString())).ShouldBe("");
        (await GetOneAsync("bar", "e3")).ShouldBe("");
    }

    [Fact]
    public async Task The_audit_log_is_filtered_by_user_action_and_time()
    {
        await using var venue = await TestVenue.CreateAsync(await postgres.CreateDatabaseAsync());
        var other = new GraphQLClient(venue.Host, TestKeys.Token("other-moderator", "HEAD_MODERATOR"));
        await other.GetDataAsync("mutation { updateVenue(input: { venueId: \"bar\", name: \"Bar\" }) { errors { code } } }");
        async Task<string> GetAsync(string arguments) =>
            string.Join(
                ' ',
                (await venue.Owner.GetDataAsync($"{{ venue(id: \"bar\") {{ auditLog({arguments}) {{ nodes {{ action userId }} }} }} }}"))
                    .At("venue.auditLog.nodes")
                    .EnumerateArray()
                    .Select(e => $"{e.At("action")}:{e.At("userId")}")
            );

        (await GetAsync("first: 10")).ShouldBe("updateVenue:other-moderator connectPos:moderator registerVenue:moderator");
        (await GetAsync("userId: \"moderator\"")).ShouldBe("connectPos:moderator registerVenue:moderator");
        (await GetAsync("action: \"connectPos\"")).ShouldBe("connectPos:moderator");
        (await GetAsync("action: \"connectPos\", userId: \"other-moderator\"")).ShouldBe("");
        var connectedAt = DateTimeOffset.Parse(
            await venue.SqlAsync<string>("select to_json(at) #>> '{}' from integrations.audit_log where action = 'connectPos'"),
            CultureInfo.InvariantCulture
        );
        (await GetAsync($"from: \"{connectedAt:O}\"")).ShouldBe("updateVenue:other-moderator connectPos:moderator");
        (await GetAsync($"to: \"{connectedAt:O}\"")).ShouldBe("registerVenue:moderator");
    }
}
