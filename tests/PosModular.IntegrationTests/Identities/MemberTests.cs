using System.Text.Json;
using PosModular.IntegrationTests.Fixtures;
using PosModular.IntegrationTests.Postgres;

namespace PosModular.IntegrationTests.Identities;

/// <summary>Members are forgotten and merged, and everything that follows from their transactions follows.</summary>
public sealed class MemberTests(TestPostgres postgres)
{
    private const string GuestId = "guest-7f3a";

    private const string Dump = """
        select string_agg(query_to_xml(format('select * from %I.%I', schemaname, tablename), true, false, '')::text, '')
        from pg_tables where schemaname in ('ingestion', 'integrations', 'rules', 'analytics')
        """;

    // The spend that the rules have stored against the sum over the transactions; nothing may differ.
    private const string Differences = """
        select coalesce(string_agg(concat_ws(' ', s.user_id, s.spend, r.authorized_minor), ', '), '') from (
          select user_id, sum(total_minor - refunded_minor) as spend from ingestion.transactions
          where user_id is not null and status between 1 and 4 group by user_id) s
        full join (select user_id, authorized_minor from rules.lifetime_spend where authorized_minor <> 0) r using (user_id)
        where s.spend is distinct from r.authorized_minor
        """;

    private static Task<string> MatchesAsync(TestVenue venue) =>
        venue.SqlAsync<string>(
            """
            select string_agg(concat_ws(' ', external_id, coalesce(user_id, 'nobody'), matched_by), ', ' order by external_id)
            from ingestion.transactions
            """
        );

    private static async Task<JsonElement> MutateAsync(TestVenue venue, string mutation, object? variables = null) =>
        await venue.Owner.GetDataAsync("mutation" + mutation, variables);

    private static async Task<JsonElement> MembershipsAsync(TestVenue venue, string userId)
    {
        foreach (var host in venue.Hosts)
            await host.WhenIdleAsync();
        return (
            await new GraphQLClient(venue.Hosts[^1], TestKeys.Token(userId)).GetDataAsync(
                "{ viewer { memberships { member { userId tier lifetimeSpend { amountMinor } unlocks { ruleName revokedAt } } } } }"
            )
        ).At("viewer.memberships");
    }

    private static async Task CreateRuleAsync(TestVenue venue, string name, int threshold, string tier) =>
        await MutateAsync(
            venue,
            $" {{ createSpendRule(input: {{ venueId: \"bar\", name: \"{name}\", threshold: {threshold}, unlocksTier: {tier} }}) {{ "
                + "rule { id } } }"
        );

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_forgotten_member_stays_forgotten(bool rulesHaveFollowed)
    {
        // Without relays the rules have read nothing yet when the member is forgotten.
        await using var venue = await TestVenue.CreateAsync(
            await postgres.CreateDatabaseAsync(),
            settings: rulesHaveFollowed ? null : new Dictionary<string, string?> { ["Pos:Relays"] = "false" }
        );
        await CreateRuleAsync(venue, "Regulars", 10, "REGULAR");
        // Nothing listens there, so the deliveries wait.
        await MutateAsync(
            venue,
            " { createWebhookEndpoint(input: { venueId: \"bar\", url: \"https://nowhere.invalid\", "
                + "types: [\"membership.unlocked\", \"transaction.created\"] }) { errors { code } } }"
        );
        await venue.PostWebhookAsync(venue.PaymentEvent("card", fingerprint: "card"));
        await venue.PostWebhookAsync(venue.PaymentEvent("hand", amount: 500));
        await venue.PostWebhookAsync(venue.PaymentEvent("claim", amount: 700, fingerprint: "other-card"));
        await venue.PostWebhookAsync(venue.PaymentEvent("of-other", amount: 900, fingerprint: "third-card"));
        await venue.LinkIdentityAsync("card", "CARD", GuestId);
        await venue.LinkIdentityAsync("of-other", "CARD", GuestId + "-b");
        var hand = await venue.TransactionIdAsync("hand");
        const string assign =
            "($id: ID!, $user: ID) { assignTransaction(input: { venueId: \"bar\", transactionId: $id, userId: $user }) { "
            + "errors { code } } }";
        await MutateAsync(venue, assign, new { id = hand, user = GuestId });
        var code = (
            await MutateAsync(
                venue,
                "($id: ID!) { createClaimCode(input: { venueId: \"bar\", transactionId: $id }) { code } }",
                new { id = await venue.TransactionIdAsync("claim") }
            )
        ).At("createClaimCode.code");
        await new GraphQLClient(venue.Host, TestKeys.Token(GuestId)).GetDataAsync(
            "mutation($code: String!) { claimTransaction(input: { code: $code }) { errors { code } } }",
            new { code }
        );
        (await MatchesAsync(venue)).ShouldBe($"card {GuestId} 1, claim {GuestId} 3, hand {GuestId} 2, of-other {GuestId}-b 1");
        if (rulesHaveFollowed)
        {
            (await MembershipsAsync(venue, GuestId)).ToString().ShouldContain("\"amountMinor\":2200");
            (
                await venue.SqlAsync<long>($"select count(*) from integrations.webhook_deliveries where payload like '%\"{GuestId}\"%'")
            ).ShouldBe(1);
        }

        var forgotten = await MutateAsync(
            venue,
            $" {{ forgetMember(input: {{ venueId: \"bar\", userId: \"{GuestId}\" }}) {{ transactionsReleased errors {{ code }} }} }}"
        );
        forgotten.At("forgetMember").ToString().ShouldBe("""{"transactionsReleased":3,"errors":[]}""");

        // No later state, replay, link or assignment ties its transactions again. A payment that comes later is a new guest's.
        await venue.PostWebhookAsync(venue.PaymentEvent("card", amount: 1_100, fingerprint: "card", minute: 5));
        await venue.PostWebhookAsync(venue.PaymentEvent("new", amount: 300, fingerprint: "card"));
        await venue.Moderator.GetDataAsync("mutation { replayWebhookEvents(input: { venueId: \"bar\" }) { replayed errors { code } } }");
        await venue.LinkIdentityAsync("new", "CARD", "somebody");
        (await MutateAsync(venue, assign, new { id = hand, user = "somebody" }))
            .At("assignTransaction.errors.0.code")
            .GetString()
            .ShouldBe("CONFLICT");
        (await MatchesAsync(venue)).ShouldBe($"card nobody, claim nobody, hand nobody, new somebody 1, of-other {GuestId}-b 1");

        if (!rulesHaveFollowed)
            await venue.AddHostAsync(settings: new Dictionary<string, string?>(venue.Settings) { ["Pos:Relays"] = "true" });
        foreach (var host in venue.Hosts.Skip(rulesHaveFollowed ? 0 : 1))
            await host.WhenIdleAsync();
        (await venue.SqlAsync<string>(Differences)).ShouldBe("");
        (await venue.SqlAsync<string>("select string_agg(user_id, ' ' order by user_id) from rules.members")).ShouldBe(
            $"{GuestId}-b somebody"
        );
        (await venue.SqlAsync<long>("select sum(total_minor)::bigint from analytics.revenue_buckets")).ShouldBe(3_500);
        (await venue.SqlAsync<long>("select count(*) from rules.feed_dead_letters")).ShouldBe(0);
        // A rebuild finds nothing to correct and ties nothing either.
        var rebuilt = await new GraphQLClient(venue.Hosts[^1], venue.Owner.Token).GetDataAsync(
            "mutation { rebuildVenue(input: { venueId: \"bar\" }) { differences errors { code } } }"
        );
        rebuilt.At("rebuildVenue").ToString().ShouldBe("""{"differences":[],"errors":[]}""");
        (await MatchesAsync(venue)).ShouldBe($"card nobody, claim nobody, hand nobody, new somebody 1, of-other {GuestId}-b 1");
        // The user's id is nowhere any more; that of another one, which contains it, is.
        var dump = await venue.SqlAsync<string>(Dump);
        dump.ShouldContain(GuestId + "-b");
        dump.Replace(GuestId + "-b", "", StringComparison.Ordinal).ShouldNotContain(GuestId);
        (await venue.SqlAsync<string>("select detail from integrations.audit_log where action = 'assignTransaction'")).ShouldBe(
            "nobody → a forgotten guest"
        );
    }

    [Fact]
    public async Task Two_ids_become_one_member_and_what_comes_for_the_old_one_lands_on_the_new_one()
    {
        await using var venue = await TestVenue.CreateAsync(await postgres.CreateDatabaseAsync());
        await CreateRuleAsync(venue, "Regulars", 10, "REGULAR");
        await CreateRuleAsync(venue, "Platinum", 30, "PLATINUM");
        foreach (var (id, card) in new[] { ("old-1", "old"), ("old-2", "old"), ("new-1", "new") })
            await venue.PostWebhookAsync(venue.PaymentEvent(id, amount: 1_200, fingerprint: card));
        await venue.LinkIdentityAsync("old-1", "CARD", "old");
        await venue.LinkIdentityAsync("new-1", "CARD", "new");
        (await MembershipsAsync(venue, "old"))
            .ToString()
            .ShouldContain("""{"userId":"old","tier":"REGULAR","lifetimeSpend":[{"amountMinor":2400}]""");

        const string merge =
            " { mergeMembers(input: { venueId: \"bar\", fromUserId: \"old\", intoUserId: \"new\" }) { "
            + "member { userId tier lifetimeSpend { amountMinor } history { to } unlocks { ruleName revokedAt } } errors { code } } }";
        var merged = (await MutateAsync(venue, merge)).At("mergeMembers");

        merged.At("errors").GetArrayLength().ShouldBe(0);
        (merged.At("member.userId").GetString(), merged.At("member.tier").GetString()).ShouldBe(("new", "PLATINUM"));
        merged.At("member.lifetimeSpend").ToString().ShouldBe("""[{"amountMinor":3600}]""");
        merged
            .At("member.unlocks")
            .EnumerateArray()
            .Select(u => u.At("ruleName").GetString() + (u.At("revokedAt").ValueKind == JsonValueKind.Null ? "" : " revoked"))
            .ShouldBe(["Regulars revoked", "Regulars", "Platinum"], ignoreOrder: true);
        (await MatchesAsync(venue)).ShouldBe("new-1 new 1, old-1 new 1, old-2 new 1");

        // Again, the other way round and with another old one: it stays one person.
        (await MutateAsync(venue, merge)).At("mergeMembers.errors").GetArrayLength().ShouldBe(0);
        await venue.PostWebhookAsync(venue.PaymentEvent("old-3", amount: 100, fingerprint: "old"));
        await venue.PostWebhookAsync(venue.PaymentEvent("cash", amount: 200, fingerprint: "cash"));
        await MutateAsync(
            venue,
            "($id: ID!) { assignTransaction(input: { venueId: \"bar\", transactionId: $id, userId: \"old\" }) { errors { code } } }",
            new { id = await venue.TransactionIdAsync("cash") }
        );
        await venue.PostWebhookAsync(venue.PaymentEvent("linked", amount: 300, fingerprint: "linked"));
        (await venue.LinkIdentityAsync("linked", "CARD", "old")).At("member.userId").GetString().ShouldBe("new");
        await MutateAsync(
            venue,
            " { mergeMembers(input: { venueId: \"bar\", fromUserId: \"new\", intoUserId: \"newest\" }) { errors { code } } }"
        );
        (await MatchesAsync(venue)).ShouldBe(
            "cash newest 2, linked newest 1, new-1 newest 1, old-1 newest 1, old-2 newest 1, old-3 newest 1"
        );
        foreach (var id in new[] { "old", "new", "newest" })
            (await MembershipsAsync(venue, id))
                .At("0.member")
                .ToString()
                .ShouldContain("""{"userId":"newest","tier":"PLATINUM","lifetimeSpend":[{"amountMinor":4200}]""");
        (await venue.SqlAsync<string>(Differences)).ShouldBe("");
        (await venue.SqlAsync<string>("select string_agg(user_id, ' ') from rules.members")).ShouldBe("newest");
        (
            await venue.SqlAsync<string>(
                "select string_agg(detail, '; ' order by id) from integrations.audit_log where action = 'mergeMembers'"
            )
        ).ShouldBe("old → new, 2 transactions; new → newest, 6 transactions");

        // Each revocation and each unlock has its number in the feed of memberships, those of the merges too.
        (
            await venue.SqlAsync<string>(
                """
                select string_agg(concat_ws(' ', n.seq, u.rule_name, n.reason), '; ' order by n.seq)
                from rules.unlocks u cross join lateral (
                  values (u.seq, coalesce(u.reason, 'given')), (u.revoked_seq, u.revoked_reason)) n(seq, reason) where n.seq is not null
                """
            )
        ).ShouldBe(
            """
            1 Regulars given; 2 Regulars given; 3 Regulars The member was merged with one who had this unlock too.; 4 Platinum given;
             5 Regulars MOVED; 6 Platinum MOVED; 7 Regulars It came with a merged member.; 8 Platinum It came with a merged member.
            """.ReplaceLineEndings("").Replace(
                "MOVED",
                "The member was merged with another one, who has this unlock now.",
                StringComparison.Ordinal
            )
        );
        // So does a grant.
        (
            await MutateAsync(
                venue,
                " { grantTier(input: { venueId: \"bar\", userId: \"old\", tier: WHALE, reason: \"r\" }) { member { userId tier } } }"
            )
        )
            .At("grantTier.member")
            .ToString()
            .ShouldBe("""{"userId":"newest","tier":"WHALE"}""");

        // Whichever of the ids is named, the whole person is forgotten.
        (await MutateAsync(venue, " { forgetMember(input: { venueId: \"bar\", userId: \"old\" }) { transactionsReleased } }"))
            .At("forgetMember.transactionsReleased")
            .GetInt64()
            .ShouldBe(6);
        foreach (var id in new[] { "old", "new", "newest" })
            (await MembershipsAsync(venue, id)).GetArrayLength().ShouldBe(0);
        (await venue.SqlAsync<string>(Differences)).ShouldBe("");
    }
}
