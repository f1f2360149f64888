using System.Text.Json;
using PosModular.IntegrationTests.Fixtures;
using PosModular.IntegrationTests.Postgres;

namespace PosModular.IntegrationTests.Rules;

/// <summary>What a rule would unlock over past transactions, rules applied to members who are there, and corrected live sessions.</summary>
public sealed class WhatIfTests(TestPostgres postgres)
{
    private const string Simulation =
        "usersUnlocked alreadyUnlocked today transactionsRead first { userId transactionId at spend { formatted } }";

    private static async Task<JsonElement> SimulateAsync(TestVenue venue, string rule, string span = "")
    {
        await venue.Host.WhenIdleAsync();
        return (
            await venue.Owner.GetDataAsync(
                $"{{ venue(id: \"bar\") {{ simulateSpendRule(rule: {{ venueId: \"bar\", name: \"x\", {rule} }}{span}) {{ "
                    + Simulation
                    + " } } }"
            )
        ).At("venue.simulateSpendRule");
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

    private static async Task<JsonElement> ApplyAsync(TestVenue venue, Guid rule) =>
        (
            await venue.Owner.GetDataAsync(
                "mutation($rule: ID!) { applySpendRule(input: { ruleId: $rule }) { membersUnlocked finished errors { code } } }",
                new { rule }
            )
        ).At("applySpendRule");

    private static Task WaitForApplicationsAsync(TestVenue venue) =>
        Wait.UntilAsync(() => venue.SqlAsync<bool>("select not exists (select from rules.reevaluations where finished_at is null)"));

    private static async Task<string> UnlocksAsync(TestVenue venue) =>
        await venue.SqlAsync<string>(
            """
            select string_agg(u.user_id || ' ' || u.rule_name || ' by ' || t.external_id, ', ' order by u.user_id, u.rule_name)
            from rules.unlocks u join ingestion.transactions t on t.id = u.transaction_id where u.revoked_at is null
            """
        );

    [Fact]
    public async Task A_rule_unlocks_for_existing_members_exactly_what_its_simulation_said()
    {
        await using var venue = await TestVenue.CreateAsync(await postgres.CreateDatabaseAsync());
        await venue.AddHostAsync();
        foreach (var (user, amount) in new[] { ("ann", 500), ("ben", 1500), ("cat", 2500) })
        {
            await venue.LinkCardAsync(user, "card-of-" + user); // posts a first payment of 1.00 at 20:00
            await venue.PostWebhookAsync(
                venue.PaymentEvent("big-" + user, amount: amount, fingerprint: "card-of-" + user, createdAt: "2026-11-20T21:00:00.000Z")
            );
        }
        await venue.PostWebhookAsync(
            venue.PaymentEvent("late", amount: 1000, fingerprint: "card-of-ann", createdAt: "2026-11-21T21:00:00.000Z")
        );

        var simulated = await SimulateAsync(venue, "threshold: 10, unlocksTier: REGULAR");
        simulated.At("usersUnlocked").GetInt64().ShouldBe(3);
        simulated.At("alreadyUnlocked").GetInt64().ShouldBe(0);
        simulated
            .At("first")
            .EnumerateArray()
            .Select(u => $"{u.At("userId")} {u.At("spend.formatted")}")
            .ShouldBe(["ben $16.00", "cat $26.00", "ann $16.00"]);
        (await SimulateAsync(venue, "threshold: 20, unlocksTier: REGULAR")).At("transactionsRead").GetInt64().ShouldBe(2);
        // The span decides which transactions unlock; earlier ones count as spend.
        (await SimulateAsync(venue, "threshold: 10, unlocksTier: REGULAR", ", from: \"2026-11-21T00:00:00Z\""))
            .At("usersUnlocked")
            .GetInt64()
            .ShouldBe(1);
        (await SimulateAsync(venue, "threshold: 10, unlocksTier: REGULAR", ", to: \"2026-11-21T00:00:00Z\""))
            .At("usersUnlocked")
            .GetInt64()
            .ShouldBe(2);
        (await SimulateAsync(venue, "threshold: 10, currency: \"EUR\", unlocksTier: REGULAR")).At("usersUnlocked").GetInt64().ShouldBe(0);
        (await venue.SqlAsync<long>("select count(*) from rules.unlocks")).ShouldBe(0);
        (
            await venue.Owner.GetErrorCodeAsync(
                "{ venue(id: \"bar\") { simulateSpendRule(rule: { venueId: \"bar\", name: \"\", threshold: 1, unlocksTier: WHALE }) { "
                    + "today } } }"
            )
        ).ShouldBe("INVALID_INPUT");

        await CreateRuleAsync(venue, "name: \"A\", threshold: 10, unlocksTier: REGULAR, applyToExisting: true");
        await WaitForApplicationsAsync(venue);
        (await UnlocksAsync(venue)).ShouldBe("ann A by late, ben A by big-ben, cat A by big-cat");
        (await venue.Owner.GetDataAsync("{ venue(id: \"bar\") { member(userId: \"ben\") { tier unlocks { reason } } } }"))
            .At("venue.member")
            .ToString()
            .ShouldBe("""{"tier":"REGULAR","unlocks":[{"reason":"The rule was applied to the members who were there already."}]}""");

        // The rule unlocks nothing by itself, until it is applied; what was revoked by hand stays revoked.
        var second = await CreateRuleAsync(venue, "name: \"B\", threshold: 15, unlocksTier: PLATINUM");
        var known = (
            await venue.Owner.GetDataAsync(
                $"{{ venue(id: \"bar\") {{ spendRule(id: \"{second}\") {{ simulation {{ usersUnlocked }} }} }} }}"
            )
        ).At("venue.spendRule.simulation");
        known.At("usersUnlocked").GetInt64().ShouldBe(3);
        (await ApplyAsync(venue, second)).ToString().ShouldBe("""{"membersUnlocked":3,"finished":true,"errors":[]}""");
        var ofCat = await venue.SqlAsync<Guid>("select id from rules.unlocks where user_id = 'cat' and rule_name = 'B'");
        await venue.Owner.GetDataAsync(
            $"mutation {{ revokeUnlock(input: {{ unlockId: \"{ofCat}\", reason: \"r\" }}) {{ errors {{ code }} }} }}"
        );
        (await ApplyAsync(venue, second)).ToString().ShouldBe("""{"membersUnlocked":0,"finished":true,"errors":[]}""");
        (await SimulateAsync(venue, "threshold: 15, unlocksTier: PLATINUM")).At("alreadyUnlocked").GetInt64().ShouldBe(2);
        (
            await venue.Owner.GetDataAsync(
                $"{{ venue(id: \"bar\") {{ spendRule(id: \"{second}\") {{ lastApplication {{ membersTried membersUnlocked }} }} }} }}"
            )
        )
            .At("venue.spendRule.lastApplication")
            .ToString()
            .ShouldBe("""{"membersTried":3,"membersUnlocked":0}""");
        await venue.Owner.GetDataAsync(
            $"mutation {{ toggleSpendRule(input: {{ ruleId: \"{second}\", enabled: false }}) {{ errors {{ code }} }} }}"
        );
        (await ApplyAsync(venue, second)).At("errors.0.code").GetString().ShouldBe("CONFLICT");
    }

    [Fact]
    public async Task A_rule_is_applied_to_many_members_by_two_hosts_each_exactly_once()
    {
        await using var venue = await TestVenue.CreateAsync(await postgres.CreateDatabaseAsync());
        await venue.AddHostAsync();
        await venue.PostWebhookAsync(venue.PaymentEvent("model"));
        await venue.Host.WhenIdleAsync();
        // Members and their transactions, as the feed would have written them.
        await venue.SqlAsync<object>(
            """
            insert into ingestion.transactions
            select (jsonb_populate_record(t, jsonb_build_object(
              'id', gen_random_uuid(), 'external_id', 'copy-' || n, 'user_id', 'user-' || n))).*
            from ingestion.transactions t, generate_series(1, 900) n where t.external_id = 'model';
            insert into rules.lifetime_spend (venue_id, user_id, currency, authorized_minor, captured_minor)
            select 'bar', 'user-' || n, 'USD', 1000, 1000 from generate_series(1, 900) n;
            insert into rules.members (venue_id, user_id, tier, access) select 'bar', 'user-' || n, 0, '{}' from generate_series(1, 900) n
            """
        );

        await Task.WhenAll(
            Enumerable
                .Range(0, 3)
                .Select(i => CreateRuleAsync(venue, $"name: \"R{i}\", threshold: 10, unlocksTier: REGULAR, applyToExisting: true"))
        );
        await WaitForApplicationsAsync(venue);

        (
            await venue.SqlAsync<string>("select string_agg(members_tried || ' ' || members_unlocked, ', ') from rules.reevaluations")
        ).ShouldBe("900 900, 900 900, 900 900");
        (await venue.SqlAsync<long>("select count(*) from rules.unlocks")).ShouldBe(2_700);
        (await venue.SqlAsync<long>("select seq from rules.feed_heads where venue_id = 'bar'")).ShouldBe(2_700);
        (await venue.SqlAsync<long>("select count(*) from rules.members where tier = 1")).ShouldBe(900);
        (await venue.SqlAsync<long>("select sum(times_triggered)::bigint from rules.spend_rules")).ShouldBe(2_700);
    }

    [Fact]
    public async Task A_corrected_live_session_unlocks_for_those_who_paid_during_it()
    {
        await using var venue = await TestVenue.CreateAsync(await postgres.CreateDatabaseAsync());
        await CreateRuleAsync(venue, "name: \"Anna\", threshold: 1, unlocksTier: WHALE, performerId: \"anna\"");
        await CreateRuleAsync(venue, "name: \"Show\", threshold: 1, unlocksTier: REGULAR, liveOnly: true");
        await venue.LinkCardAsync("guest", "card-1"); // posts a first payment of 1.00 at 20:00
        await venue.PostWebhookAsync(
            venue.PaymentEvent("during", amount: 900, fingerprint: "card-1", createdAt: "2026-11-20T21:30:00.000Z")
        );
        await venue.Host.WhenIdleAsync();

        async Task<string> ChangeAsync(string mutation)
        {
            await venue.Owner.GetDataAsync($"mutation {{ {mutation} {{ session {{ id }} errors {{ message }} }} }}");
            await WaitForApplicationsAsync(venue);
            return await UnlocksAsync(venue);
        }

        // Somebody entered the wrong performer and an early end.
        (
            await ChangeAsync(
                "startLiveSession(input: { venueId: \"bar\", performerId: \"ben\", startedAt: \"2026-11-20T21:00:00Z\", "
                    + "endedAt: \"2026-11-20T21:15:00Z\" })"
            )
        ).ShouldBeNull();
        var session = await venue.SqlAsync<Guid>("select id from rules.live_sessions");
        (await ChangeAsync($"endLiveSession(input: {{ sessionId: \"{session}\", endedAt: \"2026-11-20T22:00:00Z\" }})")).ShouldBe(
            "guest Show by during"
        );
        (await ChangeAsync($"updateLiveSession(input: {{ sessionId: \"{session}\", performerId: \"anna\" }})")).ShouldBe(
            "guest Anna by during, guest Show by during"
        );
        // Unlocks stay when the span moves away.
        (
            await ChangeAsync(
                $"updateLiveSession(input: {{ sessionId: \"{session}\", startedAt: \"2026-11-20T10:00:00Z\", "
                    + "endedAt: \"2026-11-20T11:00:00Z\" })"
            )
        ).ShouldBe("guest Anna by during, guest Show by during");
        (await venue.SqlAsync<string>("select reason from rules.unlocks where rule_name = 'Anna'"))!.ShouldContain(
            "live session was corrected"
        );
    }
}
