using System.Text.Json;
using PosModular.IntegrationTests.Fixtures;
using PosModular.IntegrationTests.Postgres;

namespace PosModular.IntegrationTests.Rules;

/// <summary>What is missing for the next tier, why a rule has or has not unlocked, and what the rules made of a transaction.</summary>
public sealed class ExplanationTests(TestPostgres postgres)
{
    private const string Explanation =
        "rule { name } unlocked missing { formatted } nearestTransactionId reasons conditions { kind met needed found }";

    private static async Task<JsonElement> ReadMemberAsync(TestVenue venue, string fields)
    {
        await venue.Host.WhenIdleAsync(allowDeadLetters: true);
        return (await venue.Owner.GetDataAsync($"{{ venue(id: \"bar\") {{ member(userId: \"guest\") {{ {fields} }} }} }}")).At(
            "venue.member"
        );
    }

    private static async Task<JsonElement> ExplainAsync(TestVenue venue, Guid ruleId) =>
        (await ReadMemberAsync(venue, $"explain(ruleId: \"{ruleId}\") {{ {Explanation} }}")).At("explain");

    /// <summary>Each transaction with what was made of it, the latest first.</summary>
    private static async Task<string[]> ReadEvaluationsAsync(TestVenue venue)
    {
        await venue.Host.WhenIdleAsync(allowDeadLetters: true);
        return
        [
            .. (
                await venue.Owner.GetDataAsync(
                    "{ venue(id: \"bar\") { transactions { nodes { externalId evaluation { state rules { rule { name } unlocked "
                        + "missing { amountMinor } reasons } } } } } }"
                )
            )
                .At("venue.transactions.nodes")
                .EnumerateArray()
                .Select(t =>
                    $"{t.At("externalId")} {t.At("evaluation.state")} "
                    + string.Join(
                        "; ",
                        t.At("evaluation.rules")
                            .EnumerateArray()
                            .Select(r =>
                                $"{r.At("rule.name")} {r.At("unlocked")} {string.Join(' ', r.At("reasons").EnumerateArray())}".TrimEnd()
                                + (r.At("missing") is { ValueKind: JsonValueKind.Object } m ? $" -{m.At("amountMinor")}" : "")
                            )
                    )
                )
                .Select(line => line.TrimEnd()),
        ];
    }

    private static async Task<Guid> CreateRuleAsync(TestVenue venue, string input)
    {
        var payload = (
            await venue.Owner.GetDataAsync(
                $"mutation {{ createSpendRule(input: {{ venueId: \"bar\", {input} }}) {{ rule {{ id }} errors {{ message }} }} }}"
            )
        ).At("createSpendRule");
        payload.At("errors").GetArrayLength().ShouldBe(0, payload.ToString());
        return payload.At("rule.id").GetGuid();
    }

    private static Task<Guid> IdOfAsync(TestVenue venue, string externalId) =>
        venue.SqlAsync<Guid>($"select id from ingestion.transactions where external_id = '{externalId}'");

    [Fact]
    public async Task A_member_and_a_transaction_explain_what_the_rules_found_and_never_contradict_an_unlock()
    {
        await using var venue = await TestVenue.CreateAsync(await postgres.CreateDatabaseAsync());
        var regulars = await CreateRuleAsync(venue, "name: \"Regulars\", threshold: 10, unlocksTier: REGULAR");
        var show = await CreateRuleAsync(venue, "name: \"Show\", threshold: 5, unlocksTier: WHALE, performerId: \"anna\"");
        var euros = await CreateRuleAsync(venue, "name: \"Euros\", threshold: 1, currency: \"EUR\", unlocksTier: PLATINUM");
        await venue.Owner.GetDataAsync(
            """
            mutation { startLiveSession(input: { venueId: "bar", performerId: "ben",
              startedAt: "2026-11-20T21:00:00Z", endedAt: "2026-11-20T22:00:00Z" }) { errors { code } } }
            """
        );
        await venue.LinkCardAsync("guest", "card-1"); // posts a first payment of 1.00 at 20:00
        await venue.PostWebhookAsync(
            venue.PaymentEvent("second", amount: 850, fingerprint: "card-1", createdAt: "2026-11-20T21:30:00.000Z")
        );

        // Two rules are near, and the regular tier comes first.
        (await ReadMemberAsync(venue, "nextTier { tier rule { name } missing { formatted } }"))
            .At("nextTier")
            .ToString()
            .ShouldBe("""{"tier":"REGULAR","rule":{"name":"Regulars"},"missing":{"formatted":"$0.50"}}""");
        (await ReadEvaluationsAsync(venue)).ShouldBe([
            "second EVALUATED Euros False BELOW_THRESHOLD OTHER_CURRENCY -100; Show False OTHER_PERFORMER; "
                + "Regulars False BELOW_THRESHOLD -50",
            "first-of-guest EVALUATED Euros False BELOW_THRESHOLD OTHER_CURRENCY -100; Show False BELOW_THRESHOLD NO_LIVE_SESSION -400; "
                + "Regulars False BELOW_THRESHOLD -900",
        ]);
        (await ExplainAsync(venue, show))
            .ToString()
            .ShouldBe(
                $$"""
                {"rule":{"name":"Show"},"unlocked":false,"missing":null,"nearestTransactionId":"{{await IdOfAsync(venue, "second")}}",
                "reasons":["OTHER_PERFORMER"],"conditions":[{"kind":"SPEND","met":true,"needed":"$5.00","found":"$9.50"},
                {"kind":"PERFORMER","met":false,"needed":"anna","found":"ben"}]}
                """.ReplaceLineEndings("")
            );
        (await ExplainAsync(venue, euros)).At("reasons").ToString().ShouldBe("""["BELOW_THRESHOLD","OTHER_CURRENCY"]""");

        // The third transaction unlocks; what was said of the earlier ones stays true for them.
        await venue.PostWebhookAsync(
            venue.PaymentEvent("third", amount: 100, fingerprint: "card-1", createdAt: "2026-11-20T22:30:00.000Z")
        );
        await venue.PostWebhookAsync(
            venue.PaymentEvent("fourth", amount: 100, fingerprint: "card-1", createdAt: "2026-11-20T23:30:00.000Z")
        );
        await venue.PostWebhookAsync(venue.PaymentEvent("stranger", amount: 100, createdAt: "2026-11-20T19:00:00.000Z"));
        await venue.PostWebhookAsync(
            venue.PaymentEvent("canceled", status: "CANCELED", fingerprint: "card-1", createdAt: "2026-11-20T18:00:00.000Z")
        );
        var evaluations = await ReadEvaluationsAsync(venue);
        evaluations[0].ShouldEndWith("Regulars False ALREADY_UNLOCKED");
        evaluations[1].ShouldEndWith("Regulars True");
        evaluations[2].ShouldEndWith("Regulars False BELOW_THRESHOLD -50");
        evaluations[4..].ShouldBe(["stranger NO_USER", "canceled NOT_COUNTED"]);
        var unlocked = await ExplainAsync(venue, regulars);
        unlocked.At("unlocked").GetBoolean().ShouldBeTrue();
        unlocked.At("reasons").GetArrayLength().ShouldBe(0);
        unlocked.At("nearestTransactionId").GetGuid().ShouldBe(await IdOfAsync(venue, "third"));
        unlocked.At("conditions").ToString().ShouldBe("""[{"kind":"SPEND","met":true,"needed":"$10.00","found":"$10.50"}]""");
        (await ReadMemberAsync(venue, "nextTier { tier missing { formatted } }"))
            .At("nextTier")
            .ToString()
            .ShouldBe("""{"tier":"PLATINUM","missing":{"formatted":"€1.00"}}""");

        // A higher threshold changes neither the unlock nor what is said of it; a rule that is met by now waits for the next transaction.
        await venue.Owner.GetDataAsync(
            $$"""
            mutation { a: updateSpendRule(input: { ruleId: "{{regulars}}", threshold: 500 }) { errors { code } }
              b: updateSpendRule(input: { ruleId: "{{show}}", performerId: "ben" }) { errors { code } }
              c: toggleSpendRule(input: { ruleId: "{{euros}}", enabled: false }) { errors { code } } }
            """
        );
        (await ExplainAsync(venue, regulars)).ToString().ShouldBe(unlocked.ToString());
        (await ReadEvaluationsAsync(venue)).ShouldBe(evaluations);
        (await ExplainAsync(venue, show)).At("reasons").ToString().ShouldBe("""["NOT_TRIED_SINCE"]""");
        (await ExplainAsync(venue, euros)).At("reasons").ToString().ShouldBe("""["DISABLED","BELOW_THRESHOLD","OTHER_CURRENCY"]""");

        // A window of the night can be explained in a time zone west of UTC too.
        var late = await CreateRuleAsync(
            venue,
            "name: \"Late\", threshold: 50, unlocksTier: WHALE, liveOnly: true, liveWindow: { start: \"22:00\", end: \"04:00\" }"
        );
        (await ExplainAsync(venue, late)).At("reasons")[0].GetString().ShouldBe("BELOW_THRESHOLD");
        await venue.Owner.GetDataAsync(
            $"mutation {{ toggleSpendRule(input: {{ ruleId: \"{late}\", enabled: false }}) {{ errors {{ code }} }} }}"
        );

        // A revoked unlock says so everywhere.
        await venue.Moderator.GetDataAsync(
            "mutation { updateVenue(input: { venueId: \"bar\", unlockPolicy: REVOKE }) { errors { code } } }"
        );
        await venue.PostWebhookAsync(
            venue.PaymentEvent(
                "second",
                amount: 850,
                refunded: 850,
                fingerprint: "card-1",
                minute: 1,
                createdAt: "2026-11-20T21:30:00.000Z"
            )
        );
        (await ReadEvaluationsAsync(venue))[1].ShouldEndWith("Regulars False REVOKED");
        (await ExplainAsync(venue, regulars)).At("reasons").ToString().ShouldBe("""["BELOW_THRESHOLD","REVOKED"]""");
    }

    [Fact]
    public async Task A_transaction_says_that_rules_are_off_that_it_waits_or_that_it_is_a_dead_letter()
    {
        await using var venue = await TestVenue.CreateAsync(await postgres.CreateDatabaseAsync());
        var rule = await CreateRuleAsync(venue, "name: \"Regulars\", threshold: 1, unlocksTier: REGULAR");
        await venue.Moderator.GetDataAsync(
            "mutation($id: ID!) { updatePosConnection(input: { connectionId: $id, processRules: false }) { errors { code } } }",
            new { id = venue.ConnectionId }
        );
        await venue.LinkCardAsync("guest", "card-1");
        (await ReadEvaluationsAsync(venue)).ShouldBe(["first-of-guest RULES_OFF"]);
        (await ExplainAsync(venue, rule)).At("reasons").ToString().ShouldBe("""["RULES_OFF"]""");

        await venue.SqlAsync<object>(
            """
            create function rules.bug() returns trigger language plpgsql as $$ begin raise exception 'bug'; end $$;
            create trigger bug before insert on rules.lifetime_spend for each row execute function rules.bug()
            """
        );
        await venue.PostWebhookAsync(venue.PaymentEvent("dead", fingerprint: "card-1", createdAt: "2026-11-20T21:00:00.000Z"));
        await Wait.UntilAsync(() => venue.SqlAsync<bool>("select count(*) = 1 from rules.feed_dead_letters"));
        (await ReadEvaluationsAsync(venue))[0].ShouldBe("dead DEAD_LETTER");

        // While somebody holds the position of the venue, its changes wait.
        await using var holder = new Npgsql.NpgsqlConnection(venue.Database);
        await holder.OpenAsync(TestContext.Current.CancellationToken);
        await using var transaction = await holder.BeginTransactionAsync(TestContext.Current.CancellationToken);
        await using var hold = new Npgsql.NpgsqlCommand("select from rules.feed_positions where venue_id = 'bar' for update", holder);
        await hold.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
        await venue.PostWebhookAsync(venue.PaymentEvent("waits", fingerprint: "card-1", createdAt: "2026-11-20T22:00:00.000Z"));
        (await venue.Owner.GetDataAsync("{ venue(id: \"bar\") { transactions(first: 1) { nodes { externalId evaluation { state } } } } }"))
            .At("venue.transactions.nodes.0")
            .ToString()
            .ShouldBe("""{"externalId":"waits","evaluation":{"state":"WAITING"}}""");
    }

    [Fact]
    public async Task A_guest_reads_no_rule_through_their_own_membership()
    {
        await using var venue = await TestVenue.CreateAsync(await postgres.CreateDatabaseAsync());
        var rule = await CreateRuleAsync(venue, "name: \"Regulars\", threshold: 10, unlocksTier: REGULAR");
        await venue.LinkCardAsync("guest", "card-1");
        await venue.Host.WhenIdleAsync();
        var guest = new GraphQLClient(venue.Host, TestKeys.Token("guest"));

        (await guest.GetDataAsync("{ viewer { memberships { member { tier nextTier { rule { name } } } } } }"))
            .At("viewer.memberships.0.member")
            .ToString()
            .ShouldBe("""{"tier":"GUEST","nextTier":null}""");
        (
            await guest.GetErrorCodeAsync($"{{ viewer {{ memberships {{ member {{ explain(ruleId: \"{rule}\") {{ reasons }} }} }} }} }}")
        ).ShouldBe("FORBIDDEN");
        (
            await venue.Owner.GetErrorCodeAsync(
                "{ venue(id: \"bar\") { member(userId: \"guest\") { explain(ruleId: \"none\") { reasons } } } }"
            )
        ).ShouldBe("INVALID_INPUT");
    }
}
