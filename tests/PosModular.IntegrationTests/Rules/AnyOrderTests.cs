using PosModular.IntegrationTests.Fixtures;
using PosModular.IntegrationTests.Postgres;

namespace PosModular.IntegrationTests.Rules;

/// <summary>Whatever happens in whatever order, over two hosts: spend, unlocks, members, their history and the feed fit together.</summary>
public sealed class AnyOrderTests(TestPostgres postgres)
{
    // What is stored beside what follows from the transactions and the unlocks; one line for each difference.
    private const string DifferencesSql = """
        with expected_spend as (
          select user_id, currency,
            sum(total_minor - refunded_minor) as authorized,
            sum(total_minor - refunded_minor) filter (where status between 2 and 4) as captured
          from ingestion.transactions where user_id is not null and status between 1 and 4 group by 1, 2),
        in_force as (
          select m.user_id, coalesce(max(u.tier), 0) as tier,
            coalesce(array_agg(distinct a order by a) filter (where a is not null), '{}') as access
          from rules.members m
          left join rules.unlocks u on u.user_id = m.user_id and u.revoked_at is null
          left join lateral unnest(u.access) a on true group by 1),
        sequences as (
          select seq from rules.unlocks union all select revoked_seq from rules.unlocks where revoked_seq is not null)
        select string_agg(difference, '; ') from (
          select 'spend of ' || user_id || ': ' || coalesce(s.authorized_minor, 0) || ' is not ' || coalesce(e.authorized, 0) as difference
          from expected_spend e full join rules.lifetime_spend s using (user_id, currency)
          where coalesce(s.authorized_minor, 0) <> coalesce(e.authorized, 0) or coalesce(s.captured_minor, 0) <> coalesce(e.captured, 0)
          union all
          select 'tier of ' || m.user_id || ': ' || m.tier || ' is not ' || f.tier from rules.members m join in_force f using (user_id)
          where m.tier <> f.tier or m.access <> f.access
          union all
          select 'history of ' || m.user_id from rules.members m where m.tier <> coalesce(
            (select h.to_tier from rules.tier_history h where h.user_id = m.user_id order by h.id desc limit 1), 0)
          union all
          select 'feed has ' || count(*) || ' of ' || max(seq) from sequences having count(*) <> max(seq) or count(distinct seq) <> count(*)
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

        // Operations of one round overlap.
        for (var round = 0; round < 15; round++)
            await Task.WhenAll(
                Enumerable
                    .Range(round * 6, 6)
                    .Select(n => (n, Kind: random.Next(13), Hour: random.Next(21, 24), Amount: random.Next(100, 1500), random.Next(2) == 0))
                    .ToArray()
                    .Select(o => RunAsync(o.n, o.Kind, o.Hour, o.Amount, o.Item5))
            );
        await Wait.UntilAsync(() => venue.SqlAsync<bool>("select not exists (select from rules.reevaluations where finished_at is null)"));
        await venue.Host.WhenIdleAsync();

        (await venue.SqlAsync<string?>(DifferencesSql)).ShouldBeNull();
        (await venue.SqlAsync<long>("select count(*) from rules.unlocks")).ShouldBeGreaterThan(10);
        (await venue.SqlAsync<long>("select count(*) from rules.unlocks where revoked_at is not null")).ShouldBeGreaterThan(2);
    }
}
