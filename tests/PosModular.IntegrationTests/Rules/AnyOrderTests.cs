using PosModular.Host.Commands;
using PosModular.IntegrationTests.Fixtures;
using PosModular.IntegrationTests.Postgres;

namespace PosModular.IntegrationTests.Rules;

/// <summary>Whatever happens in whatever order, over two hosts: spend, unlocks, members, their history and the feed fit together.</summary>
public sealed class AnyOrderTests(TestPostgres postgres)
{
    // What rebuildVenue does not judge: the numbers of the feed, what was evaluated, thresholds and revocations by hand; one line for each
    // difference.
    private const string DifferencesSql = """
        with sequences as (
          select seq from rules.unlocks union all select revoked_seq from rules.unlocks where revoked_seq is not null)
        select string_agg(difference, '; ') from (
          select 'feed has ' || count(*) || ' of ' || max(seq) as difference
          from sequences having count(*) <> max(seq) or count(distinct seq) <> count(*)
          union all
          select 'head ' || h.seq from rules.feed_heads h where h.seq <> (select coalesce(max(seq), 0) from sequences)
          union all
          select 'below the threshold: ' || u.user_id || ' ' || u.rule_name from rules.unlocks u
          where u.revoked_at is null and u.threshold_minor > coalesce(
            (select s.authorized_minor from rules.lifetime_spend s where s.user_id = u.user_id and s.currency = u.currency), 0)
          union all
          select 'again after a revocation by hand: ' || u.user_id || ' ' || u.rule_name from rules.unlocks u join rules.unlocks r
            on r.user_id = u.user_id and r.rule_id = u.rule_id and r.revoked_by is not null and u.seq > r.revoked_seq
          union all
          select 'evaluation of ' || e.transaction_id from rules.evaluations e join ingestion.transactions t on t.id = e.transaction_id,
            lateral unnest(e.rule_ids, e.unmet) as f(rule_id, unmet)
          where f.unmet = 0 and t.user_id is not null and exists (
              select from rules.unlocks u where u.user_id = t.user_id and u.rule_id = f.rule_id and u.revoked_at is null)
            and not exists (select from rules.unlocks u where u.transaction_id = e.transaction_id and u.rule_id = f.rule_id)
        ) d
        """;

    private static async Task<string> RebuildAsync(GraphQLClient client, bool dryRun = true) =>
        (
            await client.GetDataAsync(
                "mutation($dryRun: Boolean!) { rebuildVenue(input: { venueId: \"bar\", dryRun: $dryRun }) { "
                    + "differences errors { code } } }",
                new { dryRun }
            )
        )
            .At("rebuildVenue")
            .ToString();

    private const string NoDifferences = """{"differences":[],"errors":[]}""";

    [Fact]
    public async Task Spend_tiers_history_and_feed_fit_together_after_any_sequence_of_operations()
    {
        await using var venue = await TestVenue.CreateAsync(await postgres.CreateDatabaseAsync());
        var secondHost = await venue.AddHostAsync();
        await venue.Moderator.GetDataAsync(
            "mutation { updateVenue(input: { venueId: \"bar\", unlockPolicy: REVOKE }) { errors { code } } }"
        );
        await venue.Owner.GetDataAsync(
            """
            mutation {
              a: createSpendRule(input: { venueId: "bar", name: "A", threshold: 10, unlocksTier: REGULAR }) { errors { code } }
              b: createSpendRule(input: { venueId: "bar", name: "B", threshold: 25, unlocksTier: PLATINUM, performerId: "anna" }) {
                errors { code } }
              c: createSpendRule(input: { venueId: "bar", name: "C", threshold: 40, unlocksTier: WHALE, enabled: false }) {
                errors { code } }
              startLiveSession(input: { venueId: "bar", performerId: "anna", startedAt: "2026-11-20T21:00:00Z",
                endedAt: "2026-11-20T22:00:00Z" }) { errors { code } } }
            """
        );
        string[] users = ["ann", "ben", "cat"];
        foreach (var user in users)
            await venue.LinkCardAsync(user, "card-of-" + user);
        var session = await venue.SqlAsync<Guid>("select id from rules.live_sessions");
        var random = new Random(20_261_128);
        var clients = venue.Hosts.Select(h => new GraphQLClient(h, TestKeys.Token(TestVenue.OwnerId))).ToArray();

        async Task RunAsync(int number, int kind, int hour, int amount, bool isFirstHost)
        {
            var user = users[number % users.Length];
            var client = clients[isFirstHost ? 0 : 1];
            switch (kind)
            {
                case < 6:
                    await venue.PostWebhookAsync(
                        venue.PaymentEvent(
                            $"p{number}",
                            amount: amount,
                            fingerprint: "card-of-" + user,
                            createdAt: $"2026-11-20T{hour}:30:00.000Z"
                        ),
                        isFirstHost ? venue.Host : secondHost
                    );
                    break;
                case < 9:
                    await venue.PostWebhookAsync(venue.RefundEvent($"r{number}", $"p{number - 3}", amount: amount / 2));
                    break;
                case 9:
                    await client.GetDataAsync(
                        $"mutation {{ grantTier(input: {{ venueId: \"bar\", userId: \"{user}\", tier: PLATINUM, reason: \"r\" }}) {{ "
                            + "errors { code } } }"
                    );
                    break;
                case 10:
                    var unlock = await venue.SqlAsync<Guid?>(
                        $"select id from rules.unlocks where user_id = '{user}' order by id desc limit 1"
                    );
                    await client.GetDataAsync(
                        $"mutation {{ revokeUnlock(input: {{ unlockId: \"{unlock}\", reason: \"r\" }}) {{ errors {{ code }} }} }}"
                    );
                    break;
                case 11:
                    var rule = await venue.SqlAsync<Guid>($"select id from rules.spend_rules order by name offset {number % 3} limit 1");
                    await client.GetDataAsync(
                        $$"""
                        mutation { toggleSpendRule(input: { ruleId: "{{rule}}", enabled: true }) { errors { code } }
                          applySpendRule(input: { ruleId: "{{rule}}" }) { errors { code } } }
                        """
                    );
                    break;
                default:
                    var performer = number % 2 == 0 ? "anna" : "ben";
                    await client.GetDataAsync(
                        $"mutation {{ updateLiveSession(input: {{ sessionId: \"{session}\", "
                            + $"performerId: \"{performer}\", endedAt: \"2026-11-20T{hour}:45:00Z\" }}) {{ errors {{ code }} }} }}"
                    );
                    break;
            }
        }

        // Operations of one round overlap. What the rules have stored fits to the transactions at any moment between.
        for (var round = 0; round < 15; round++)
            await Task.WhenAll(
                Enumerable
                    .Range(round * 6, 6)
                    .Select(n => (n, Kind: random.Next(13), Hour: random.Next(21, 24), Amount: random.Next(100, 1500), random.Next(2) == 0))
                    .ToArray()
                    .Select(o => RunAsync(o.n, o.Kind, o.Hour, o.Amount, o.Item5))
                    .Concat(round % 4 == 1 ? [CompareMembersAsync(clients[round % 2])] : [])
            );
        await Wait.UntilAsync(() => venue.SqlAsync<bool>("select not exists (select from rules.reevaluations where finished_at is null)"));
        await venue.Host.WhenIdleAsync();

        (await RebuildAsync(venue.Owner)).ShouldBe(NoDifferences);
        (await venue.SqlAsync<string?>(DifferencesSql)).ShouldBeNull();
        (await venue.SqlAsync<long>("select count(*) from rules.unlocks")).ShouldBeGreaterThan(10);
        (await venue.SqlAsync<long>("select count(*) from rules.unlocks where revoked_at is not null")).ShouldBeGreaterThan(2);

        await FalsifyAndRebuildAsync(venue);
    }

    // While changes go on, revenue may be behind for longer than its comparison waits; spend and tiers never are.
    private static async Task CompareMembersAsync(GraphQLClient client) =>
        (await RebuildAsync(client)).ShouldStartWith("""{"differences":[],""");

    private static async Task FalsifyAndRebuildAsync(TestVenue venue)
    {
        await venue.Moderator.GetDataAsync(
            "mutation { updateVenue(input: { venueId: \"bar\", unlockPolicy: REVOKE }) { errors { code } } }"
        );
        await venue.LinkCardAsync("dan", "card-of-dan"); // posts a first payment of 1.00
        await venue.LinkCardAsync("eve", "card-of-eve");
        await venue.PostWebhookAsync(venue.PaymentEvent("dan-1", amount: 2_000, fingerprint: "card-of-dan"));
        await venue.PostWebhookAsync(venue.PaymentEvent("eve-1", amount: 2_000, fingerprint: "card-of-eve"));
        await venue.Host.WhenIdleAsync();
        // Somebody has changed the tables by hand: Dan's unlock is for more than he spent, Eve's is gone, and revenue is wrong.
        await venue.SqlAsync<object?>(
            """
            update rules.lifetime_spend set authorized_minor = 9000, captured_minor = 9000 where user_id = 'dan';
            update rules.unlocks set threshold_minor = 5000 where user_id = 'dan';
            delete from rules.unlocks where user_id = 'eve'; delete from rules.lifetime_spend where user_id = 'eve';
            update rules.members set tier = 3 where user_id = 'eve';
            update analytics.revenue_buckets set total_minor = total_minor + 1 where count > 0;
            select null
            """
        );
        var revenue = await venue.SqlAsync<long>("select count(*) from analytics.revenue_buckets where count > 0");
        string[] expected =
        [
            "The spend of dan is stored as $90.00 and comes to $21.00 by the transactions.",
            "The spend of eve is stored as $0.00 and comes to $21.00 by the transactions.",
            "eve is stored with WHALE and has GUEST by the unlocks in force.",
            "dan no longer reaches $50.00, for which REGULAR was unlocked.",
            "eve reaches $10.00, for which the rule A unlocks REGULAR.",
        ];

        var before = await RebuildAsync(venue.Owner);
        foreach (var sentence in expected)
            before.ShouldContain(sentence);
        (await RebuildAsync(venue.Moderator)).ShouldBe(
            "{\"differences\":[\"2 × the spend of a member\",\"1 × the tier of a member\","
                + "\"1 × an unlock that the spend no longer reaches\","
                + $"\"1 × an unlock that the spend reaches\",\"{revenue} × the revenue of a quarter hour\"],\"errors\":[]}}"
        );
        (await RebuildAsync(venue.Owner, dryRun: false)).ShouldBe(before);
        (await RebuildAsync(venue.Owner)).ShouldBe(NoDifferences);

        (
            await venue.SqlAsync<string>(
                """
                select string_agg(concat_ws(' ', m.user_id, m.tier, s.authorized_minor, h.reasons), '; ' order by m.user_id)
                from rules.members m join rules.lifetime_spend s using (user_id) cross join lateral (
                  select string_agg(reason, ' ' order by id) as reasons from rules.tier_history h where h.user_id = m.user_id) h
                where m.user_id in ('dan', 'eve')
                """
            )
        ).ShouldBe(
            "dan 0 2100 Unlocked. An unlock was revoked.; eve 1 2100 Unlocked. The tier was recomputed from the unlocks in force. Unlocked."
        );
        (await venue.SqlAsync<string>("select reason from rules.unlocks where user_id = 'eve'")).ShouldBe(
            "The spend was recomputed from the transactions."
        );
        (
            await venue.SqlAsync<long>(
                "select count(*) from integrations.audit_log where action = 'rebuildVenue' and detail = 'compared and corrected'"
            )
        ).ShouldBe(1);

        // The same for all venues from the command line, which says by its exit code whether anything differs.
        await venue.SqlAsync<object?>("update rules.lifetime_spend set captured_minor = 0 where user_id = 'dan'; select null");
        (await RunCommandAsync(venue, "--dry-run", "--venue", "bar")).ShouldBe(
            (
                1,
                "bar: The spend of dan, captured payments only, is stored as $0.00 and comes to $21.00 by the transactions."
                    + "|bar: 1 differences."
            )
        );
        (await RunCommandAsync(venue)).ExitCode.ShouldBe(0);
        (await RunCommandAsync(venue, "--dry-run")).ShouldBe((0, "bar: nothing differs."));
    }

    private static async Task<(int ExitCode, string Output)> RunCommandAsync(TestVenue venue, params string[] arguments)
    {
        await using var output = new StringWriter();
        var exitCode = await RebuildCommand.RunAsync(
            venue.Host.Services,
            arguments.Contains("--venue") ? "bar" : null,
            arguments.Contains("--dry-run"),
            output,
            TestContext.Current.CancellationToken
        );
        return (exitCode, output.ToString().Trim().ReplaceLineEndings("|"));
    }
}
