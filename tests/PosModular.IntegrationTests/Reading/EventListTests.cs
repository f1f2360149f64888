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

        // Rules, live sessions, syncs and replays are recorded with what was before and what is after, each time that something changes.
        async Task<string> CallAsync(GraphQLClient client, string mutation, string path = "errors") =>
            (await client.GetDataAsync($"mutation {{ {mutation} }}")).At($"{mutation[..mutation.IndexOf('(')]}.{path}").ToString();
        var rule = await CallAsync(
            venue.Owner,
            "createSpendRule(input: { venueId: \"bar\", name: \"Late\", threshold: 10, unlocksTier: REGULAR, grantsAccess: [INNER_CIRCLE], "
                + "liveOnly: true, liveWindow: { days: [FRIDAY], start: \"22:00\", end: \"02:00\" } }) { rule { id } errors { code } }",
            "rule.id"
        );
        const string update = "updateSpendRule(input: { ruleId: \"RULE\", threshold: 12.5, liveWindow: null }) { errors { code } }";
        const string toggle = "toggleSpendRule(input: { ruleId: \"RULE\", enabled: false }) { errors { code } }";
        foreach (
            var mutation in new[] { update, update, toggle, toggle, "deleteSpendRule(input: { ruleId: \"RULE\" }) { errors { code } }" }
        )
            (await CallAsync(venue.Owner, mutation.Replace("RULE", rule, StringComparison.Ordinal))).ShouldBe("[]");
        var session = await CallAsync(
            venue.Owner,
            "startLiveSession(input: { venueId: \"bar\", performerId: \"anna\", startedAt: \"2026-11-20T21:00:00Z\" }) { session { id } }",
            "session.id"
        );
        for (var i = 0; i < 2; i++)
            await CallAsync(
                venue.Moderator,
                $"endLiveSession(input: {{ sessionId: \"{session}\", endedAt: \"2026-11-20T22:00:00Z\" }}) {{ errors {{ code }} }}"
            );
        await CallAsync(venue.Owner, "syncTransactions(input: { venueId: \"bar\" }) { errors { code } }");
        await CallAsync(venue.Moderator, "replayWebhookEvents(input: { venueId: \"bar\", status: FAILED }) { errors { code } }");
        (
            await venue.SqlAsync<string>(
                $"""
                select string_agg(concat_ws(' ', user_id, action, case subject when '{rule}' then 'R' when '{session}' then 'S'
                  when '{venue.ConnectionId}' then 'C' else subject end, detail), E'\n' order by id)
                from integrations.audit_log where at >= (select at from integrations.audit_log where subject = '{rule}' limit 1)
                """
            )
        ).ShouldBe(
            """
            owner createSpendRule R name: Late; threshold: $10.00; unlocksTier: REGULAR; grantsAccess: INNER_CIRCLE; liveOnly: true; LIVE
            owner updateSpendRule R Late: threshold: $10.00 → $12.50; liveWindow: FRIDAY from 22:00 to 02:00 → none
            owner toggleSpendRule R Late: enabled: true → false
            owner deleteSpendRule R name: Late; threshold: $12.50; unlocksTier: REGULAR; grantsAccess: INNER_CIRCLE; liveOnly: true; NONE
            owner startLiveSession S anna from 2026-11-20T21:00:00Z to an open end
            moderator endLiveSession S STARTED to an open end → STARTED to 2026-11-20T22:00:00Z
            owner syncTransactions C what has changed since the last sync
            moderator replayWebhookEvents bar status FAILED
            """.Replace(
                "LIVE",
                "liveWindow: FRIDAY from 22:00 to 02:00; performerId: none; priority: 0; enabled: true",
                StringComparison.Ordinal
            ).Replace("STARTED", "anna from 2026-11-20T21:00:00Z", StringComparison.Ordinal).Replace(
                "NONE",
                "liveWindow: none; performerId: none; priority: 0; enabled: false",
                StringComparison.Ordinal
            )
        );
    }
}
