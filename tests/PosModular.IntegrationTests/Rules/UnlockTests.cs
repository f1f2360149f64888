using System.Text.Json;
using PosModular.IntegrationTests.Fixtures;
using PosModular.IntegrationTests.Postgres;

namespace PosModular.IntegrationTests.Rules;

public sealed class UnlockTests(TestPostgres postgres)
{
    private const string TierUnlockedSubscription = """
        subscription($venue: ID!, $after: String) { tierUnlocked(venueId: $venue, after: $after) {
          cursor userId tier access rule { name } spendAtUnlock { amountMinor } transactionId } }
        """;

    private const string GuestQuery = """
        { venue(id: "bar") { member(userId: "guest") { tier access lifetimeSpend { amountMinor currency } firstSeenAt lastSeenAt
            unlocks { tier revokedAt revokedReason rule { name } } history { from to reason } }
          spendRules { name timesTriggered usersUnlocked lastTriggeredAt } } }
        """;

    private static async Task<Guid> CreateRuleAsync(TestVenue venue, string name, decimal threshold, string tier, object? extraInput = null)
    {
        var input = new Dictionary<string, object?>
        {
            ["venueId"] = TestVenue.VenueId,
            ["name"] = name,
            ["threshold"] = threshold,
            ["unlocksTier"] = tier,
        };
        foreach (var property in extraInput?.GetType().GetProperties() ?? [])
            input[property.Name] = property.GetValue(extraInput);
        var payload = (
            await venue.Owner.GetDataAsync(
                "mutation($input: CreateSpendRuleInput!) { createSpendRule(input: $input) { rule { id } errors { code message field } } }",
                new { input }
            )
        ).At("createSpendRule");
        payload.At("errors").GetArrayLength().ShouldBe(0, payload.ToString());
        return payload.At("rule.id").GetGuid();
    }

    private static async Task<JsonElement> GetVenueWithGuestAsync(TestVenue venue)
    {
        await venue.Host.WhenIdleAsync();
        return (await venue.Owner.GetDataAsync(GuestQuery)).GetProperty("venue");
    }

    [Fact]
    public async Task Sixty_four_concurrent_webhooks_around_the_threshold_unlock_once_with_the_exact_spend()
    {
        await using var venue = await TestVenue.CreateAsync(await postgres.CreateDatabaseAsync());
        var secondHost = await venue.AddHostAsync();
        await CreateRuleAsync(venue, "Regulars", 33m, "REGULAR", new { grantsAccess = new[] { "INNER_CIRCLE" } });
        await venue.LinkCardAsync("guest", "card-1"); // posts a first payment of 1.00
        await venue.Host.WhenIdleAsync();
        await using var subscriber = await WebSocketSubscriber.StartAsync(
            venue.Host,
            venue.Owner.Token!,
            TierUnlockedSubscription,
            new { venue = TestVenue.VenueId, after = PosModular.Kernel.Paging.Cursor.EncodeSequence("unlock", TestVenue.VenueId, 0) }
        );

        await Task.WhenAll(
            Enumerable
                .Range(0, 64)
                .Select(i =>
                    venue.PostWebhookAsync(
                        venue.PaymentEvent($"p{i}", amount: 100, fingerprint: "card-1"),
                        i % 2 == 0 ? venue.Host : secondHost
                    )
                )
        );

        var unlock = await subscriber.NextAsync();
        unlock.At("userId").GetString().ShouldBe("guest");
        unlock.At("tier").GetString().ShouldBe("REGULAR");
        unlock.At("access.0").GetString().ShouldBe("INNER_CIRCLE");
        unlock.At("rule.name").GetString().ShouldBe("Regulars");
        unlock.At("spendAtUnlock.amountMinor").GetInt64().ShouldBe(3300);
        var venueData = await GetVenueWithGuestAsync(venue);
        venueData.At("member.tier").GetString().ShouldBe("REGULAR");
        venueData.At("member.lifetimeSpend").ToString().ShouldBe("""[{"amountMinor":6500,"currency":"USD"}]""");
        venueData.At("member.unlocks").GetArrayLength().ShouldBe(1);
        venueData.At("member.history").ToString().ShouldBe("""[{"from":"GUEST","to":"REGULAR","reason":"Unlocked."}]""");
        venueData.At("spendRules.0.timesTriggered").GetInt64().ShouldBe(1);
        venueData.At("spendRules.0.usersUnlocked").GetInt64().ShouldBe(1);
        // The feed of unlocks has one entry, so no second tierUnlocked can follow.
        (await venue.SqlAsync<long>("select seq from rules.feed_heads where venue_id = 'bar'")).ShouldBe(1);
    }

    [Fact]
    public async Task A_guest_reads_the_name_that_the_rule_had_and_never_the_rule()
    {
        await using var venue = await TestVenue.CreateAsync(await postgres.CreateDatabaseAsync());
        var rule = await CreateRuleAsync(venue, "Regulars", 1m, "REGULAR");
        await venue.LinkCardAsync("guest", "card-1");
        await venue.Host.WhenIdleAsync();
        await venue.Owner.GetDataAsync(
            "mutation($rule: ID!) { updateSpendRule(input: { ruleId: $rule, name: \"Secret\", threshold: 99 }) { errors { code } } }",
            new { rule }
        );

        const string unlocks = "unlocks { ruleName rule { name threshold { amountMinor } } }";
        (
            await new GraphQLClient(venue.Host, TestKeys.Token("guest")).GetDataAsync(
                "{ viewer { memberships { member { " + unlocks + " } } } }"
            )
        )
            .At("viewer.memberships.0.member.unlocks")
            .ToString()
            .ShouldBe("""[{"ruleName":"Regulars","rule":null}]""");
        (await venue.Owner.GetDataAsync("{ venue(id: \"bar\") { member(userId: \"guest\") { " + unlocks + " } } }"))
            .At("venue.member.unlocks")
            .ToString()
            .ShouldBe("""[{"ruleName":"Regulars","rule":{"name":"Secret","threshold":{"amountMinor":9900}}}]""");
    }

    [Fact]
    public async Task Past_payments_of_a_card_linked_later_count_in_chronological_order()
    {
        await using var venue = await TestVenue.CreateAsync(await postgres.CreateDatabaseAsync());
        await CreateRuleAsync(venue, "Platinum", 30m, "PLATINUM");
        await CreateRuleAsync(venue, "Regulars", 10m, "REGULAR");
        // The events arrive out of order: the second payment by time crosses 10.00, the third crosses 30.00.
        await venue.PostWebhookAsync(
            venue.PaymentEvent("late", amount: 2500, fingerprint: "card-1", createdAt: "2026-11-20T22:00:00.000Z")
        );
        await venue.PostWebhookAsync(
            venue.PaymentEvent("middle", amount: 600, fingerprint: "card-1", createdAt: "2026-11-20T21:00:00.000Z")
        );
        await venue.PostWebhookAsync(
            venue.PaymentEvent("early", amount: 500, fingerprint: "card-1", createdAt: "2026-11-20T20:00:00.000Z")
        );
        (await GetVenueWithGuestAsync(venue)).At("member").ValueKind.ShouldBe(JsonValueKind.Null);

        var token = await venue.SqlAsync<string>("select card_token from ingestion.transactions limit 1");
        (
            await venue.Owner.GetDataAsync(
                "mutation($input: LinkCardInput!) { linkCard(input: $input) { matchedTransactions } }",
                new
                {
                    input = new
                    {
                        venueId = TestVenue.VenueId,
                        userId = "guest",
                        cardToken = token,
                    },
                }
            )
        ).At("linkCard.matchedTransactions").GetInt32().ShouldBe(3);

        var guest = (await GetVenueWithGuestAsync(venue)).GetProperty("member");
        guest.At("tier").GetString().ShouldBe("PLATINUM");
        guest.At("firstSeenAt").GetString().ShouldBe("2026-11-20T20:00:00Z");
        (
            await venue.SqlAsync<string>(
                """
                select string_agg(t.external_id || ' ' || u.spend_minor, ', ' order by u.seq)
                from rules.unlocks u join ingestion.transactions t on t.id = u.transaction_id
                """
            )
        ).ShouldBe("middle 1100, late 3600");
        var transactions = (
            await venue.Owner.GetDataAsync(
                "{ venue(id: \"bar\") { transactions { nodes { externalId member { tier } unlocks { tier } } } } }"
            )
        ).At("venue.transactions.nodes");
        transactions
            .EnumerateArray()
            .Select(t => t.ToString())
            .ShouldBe([
                """{"externalId":"late","member":{"tier":"PLATINUM"},"unlocks":[{"tier":"PLATINUM"}]}""",
                """{"externalId":"middle","member":{"tier":"PLATINUM"},"unlocks":[{"tier":"REGULAR"}]}""",
                """{"externalId":"early","member":{"tier":"PLATINUM"},"unlocks":[]}""",
            ]);
    }

    [Fact]
    public async Task A_refund_lowers_the_spend_and_the_unlock_policy_of_the_venue_decides_about_the_tier()
    {
        await using var venue = await TestVenue.CreateAsync(await postgres.CreateDatabaseAsync());
        await CreateRuleAsync(venue, "Regulars", 10m, "REGULAR", new { grantsAccess = new[] { "PUBLIC_LOBBY" } });
        await venue.LinkCardAsync("guest", "card-1");
        await venue.PostWebhookAsync(venue.PaymentEvent("p1", amount: 1000, fingerprint: "card-1", minute: 1));
        await venue.PostWebhookAsync(venue.PaymentEvent("p1", amount: 1000, fingerprint: "card-1", minute: 2, refunded: 500));

        var memberWithKeep = (await GetVenueWithGuestAsync(venue)).GetProperty("member");
        memberWithKeep.At("lifetimeSpend.0.amountMinor").GetInt64().ShouldBe(600);
        memberWithKeep.At("tier").GetString().ShouldBe("REGULAR");

        await venue.Moderator.GetDataAsync(
            "mutation { updateVenue(input: { venueId: \"bar\", unlockPolicy: REVOKE }) { errors { code } } }"
        );
        await venue.PostWebhookAsync(venue.PaymentEvent("p1", amount: 1000, fingerprint: "card-1", minute: 3, refunded: 900));
        var memberWithRevoke = (await GetVenueWithGuestAsync(venue)).GetProperty("member");
        memberWithRevoke.At("tier").GetString().ShouldBe("GUEST");
        memberWithRevoke.At("access").GetArrayLength().ShouldBe(0);
        memberWithRevoke.At("unlocks.0.revokedReason").GetString()!.ShouldContain("threshold");
        memberWithRevoke.At("history.1.to").GetString().ShouldBe("GUEST");

        // Spending enough again unlocks the tier again.
        await venue.PostWebhookAsync(venue.PaymentEvent("p2", amount: 5000, fingerprint: "card-1"));
        var memberWhoEarnedAgain = (await GetVenueWithGuestAsync(venue)).GetProperty("member");
        memberWhoEarnedAgain.At("tier").GetString().ShouldBe("REGULAR");
        memberWhoEarnedAgain.At("unlocks").GetArrayLength().ShouldBe(2);
    }

    [Fact]
    public async Task A_cancelled_authorisation_lowers_the_spend_and_a_venue_may_count_captured_amounts_only()
    {
        await using var venue = await TestVenue.CreateAsync(await postgres.CreateDatabaseAsync());
        await venue.LinkCardAsync("guest", "card-1");
        await venue.PostWebhookAsync(venue.PaymentEvent("p1", amount: 1000, status: "APPROVED", fingerprint: "card-1", minute: 1));
        (await GetVenueWithGuestAsync(venue)).At("member.lifetimeSpend.0.amountMinor").GetInt64().ShouldBe(1100);

        await venue.Moderator.GetDataAsync(
            "mutation { updateVenue(input: { venueId: \"bar\", rulesCountFrom: CAPTURED }) { errors { code } } }"
        );
        (await GetVenueWithGuestAsync(venue)).At("member.lifetimeSpend.0.amountMinor").GetInt64().ShouldBe(100);

        await venue.PostWebhookAsync(venue.PaymentEvent("p1", amount: 1000, status: "CANCELED", fingerprint: "card-1", minute: 2));
        await venue.Moderator.GetDataAsync(
            "mutation { updateVenue(input: { venueId: \"bar\", rulesCountFrom: AUTHORIZED }) { errors { code } } }"
        );
        (await GetVenueWithGuestAsync(venue)).At("member.lifetimeSpend.0.amountMinor").GetInt64().ShouldBe(100);
    }

    [Fact]
    public async Task A_performer_rule_applies_to_payments_made_during_a_live_session_of_the_performer()
    {
        await using var venue = await TestVenue.CreateAsync(await postgres.CreateDatabaseAsync());
        await CreateRuleAsync(venue, "During Anna's shows", 1m, "WHALE", new { performerId = "anna" });
        await venue.Owner.GetDataAsync(
            """
            mutation { startLiveSession(input: { venueId: "bar", performerId: "anna",
              startedAt: "2026-11-20T21:00:00Z", endedAt: "2026-11-20T22:00:00Z" }) { errors { code } } }
            """
        );
        await venue.LinkCardAsync("guest", "card-1"); // posts a first payment at 20:00
        await venue.PostWebhookAsync(
            venue.PaymentEvent("after", amount: 1000, fingerprint: "card-1", createdAt: "2026-11-20T22:00:00.000Z")
        );
        (await GetVenueWithGuestAsync(venue)).At("member.tier").GetString().ShouldBe("GUEST");

        await venue.PostWebhookAsync(
            venue.PaymentEvent("during", amount: 1000, fingerprint: "card-1", createdAt: "2026-11-20T21:59:59.000Z")
        );

        (await GetVenueWithGuestAsync(venue)).At("member.tier").GetString().ShouldBe("WHALE");
        var transactions = (
            await venue.Owner.GetDataAsync(
                """
                { venue(id: "bar") { transactions(first: 2) { nodes { externalId performerId } }
                  liveSessions { nodes { performerId endedAt } } } }
                """
            )
        ).At("venue.transactions.nodes");
        transactions.ToString().ShouldBe("""[{"externalId":"after","performerId":null},{"externalId":"during","performerId":"anna"}]""");
    }

    [Fact]
    public async Task Rules_are_created_updated_toggled_and_deleted_and_invalid_input_is_refused()
    {
        await using var venue = await TestVenue.CreateAsync(await postgres.CreateDatabaseAsync());
        var id = await CreateRuleAsync(
            venue,
            "Night",
            49.99m,
            "REGULAR",
            new
            {
                liveOnly = true,
                priority = 5,
                liveWindow = new
                {
                    start = "22:00",
                    end = "04:00",
                    days = new[] { "FRIDAY" },
                },
            }
        );
        const string fields = """
            rule { name threshold { amountMinor currency } enabled liveOnly liveWindow { days start end } performerId priority }
            errors { code field }
            """;
        async Task<string> MutateAsync(string mutation) =>
            (await venue.Owner.GetDataAsync($"mutation {{ r: {mutation} {{ {fields} }} }}")).At("r").ToString();

        (await MutateAsync($"updateSpendRule(input: {{ ruleId: \"{id}\", name: \"Nights\", performerId: \"anna\" }})")).ShouldBe(
            """{"rule":{"name":"Nights","threshold":{"amountMinor":4999,"currency":"USD"},"enabled":true,"liveOnly":true,"liveWindow":"""
                + """{"days":["FRIDAY"],"start":"22:00:00","end":"04:00:00"},"performerId":"anna","priority":5},"errors":[]}"""
        );
        (await MutateAsync($"updateSpendRule(input: {{ ruleId: \"{id}\", liveWindow: null }})")).ShouldContain(
            "\"liveWindow\":null,\"performerId\":\"anna\""
        );
        (await MutateAsync($"updateSpendRule(input: {{ ruleId: \"{id}\", performerId: null }})")).ShouldContain("\"performerId\":null");
        (await MutateAsync($"toggleSpendRule(input: {{ ruleId: \"{id}\" }})")).ShouldContain("\"enabled\":false");
        (await MutateAsync($"updateSpendRule(input: {{ ruleId: \"{id}\", threshold: \"1.001\" }})")).ShouldContain(
            "\"INVALID_INPUT\",\"field\":\"threshold\""
        );
        (
            await MutateAsync(
                $"updateSpendRule(input: {{ ruleId: \"{id}\", liveOnly: false, liveWindow: {{ start: \"22:00\", end: \"04:00\" }} }})"
            )
        ).ShouldContain("\"field\":\"liveWindow\"");
        (await MutateAsync($"updateSpendRule(input: {{ ruleId: \"{Guid.NewGuid()}\" }})")).ShouldContain("NOT_FOUND");
        (
            await new GraphQLClient(venue.Host, TestKeys.Token("stranger")).GetDataAsync(
                $"mutation {{ deleteSpendRule(input: {{ ruleId: \"{id}\" }}) {{ errors {{ code }} }} }}"
            )
        )
            .ToString()
            .ShouldContain("NOT_FOUND");
        (await MutateAsync($"deleteSpendRule(input: {{ ruleId: \"{id}\" }})")).ShouldContain("\"errors\":[]");
        (await venue.Owner.GetDataAsync("{ venue(id: \"bar\") { spendRules { id } } }"))
            .At("venue.spendRules")
            .GetArrayLength()
            .ShouldBe(0);
    }

    [Fact]
    public async Task Unlinking_a_card_unassigns_its_payments_but_not_those_assigned_by_hand()
    {
        await using var venue = await TestVenue.CreateAsync(await postgres.CreateDatabaseAsync());
        await venue.LinkCardAsync("guest", "card-1");
        await venue.PostWebhookAsync(venue.PaymentEvent("p1", amount: 1000, fingerprint: "card-1"));
        await venue.PostWebhookAsync(venue.PaymentEvent("cash", amount: 500, fingerprint: "card-2"));
        var cashId = await venue.SqlAsync<Guid>("select id from ingestion.transactions where external_id = 'cash'");
        async Task<JsonElement> AssignAsync(object? userId) =>
            (
                await venue.Owner.GetDataAsync(
                    """
                    mutation($input: AssignTransactionInput!) { assignTransaction(input: $input) {
                      transaction { userId matchedBy history { cause userId } } errors { code } } }
                    """,
                    new
                    {
                        input = new
                        {
                            venueId = TestVenue.VenueId,
                            transactionId = cashId,
                            userId = userId,
                        },
                    }
                )
            ).At("assignTransaction");

        (await AssignAsync("guest"))
            .At("transaction")
            .ToString()
            .ShouldBe(
                """{"userId":"guest","matchedBy":"HAND","history":[{"cause":"WEBHOOK","userId":null},{"cause":"HAND","userId":"guest"}]}"""
            );
        (await GetVenueWithGuestAsync(venue)).At("member.lifetimeSpend.0.amountMinor").GetInt64().ShouldBe(1600);

        var token = await venue.SqlAsync<string>("select card_token from ingestion.transactions where external_id = 'p1'");
        (
            await venue.Owner.GetDataAsync(
                "mutation($input: UnlinkCardInput!) { unlinkCard(input: $input) { matchedTransactions } }",
                new { input = new { venueId = TestVenue.VenueId, cardToken = token } }
            )
        )
            .At("unlinkCard.matchedTransactions")
            .GetInt32()
            .ShouldBe(2);
        // A late tip does not assign the payment to anybody again.
        await venue.PostWebhookAsync(venue.PaymentEvent("p1", amount: 1100, fingerprint: "card-1", minute: 5));
        (await GetVenueWithGuestAsync(venue)).At("member.lifetimeSpend.0.amountMinor").GetInt64().ShouldBe(500);

        await AssignAsync(null);
        await venue.PostWebhookAsync(venue.PaymentEvent("cash", amount: 600, fingerprint: "card-2", minute: 5));
        (await GetVenueWithGuestAsync(venue)).At("member.lifetimeSpend.0.amountMinor").GetInt64().ShouldBe(0);
    }

    [Fact]
    public async Task A_card_linked_without_its_past_leaves_past_payments_with_their_former_user()
    {
        await using var venue = await TestVenue.CreateAsync(await postgres.CreateDatabaseAsync());
        await venue.LinkCardAsync("guest", "card-1");
        var token = await venue.SqlAsync<string>("select card_token from ingestion.transactions limit 1");
        await venue.Owner.GetDataAsync(
            "mutation($input: LinkCardInput!) { linkCard(input: $input) { matchedTransactions } }",
            new
            {
                input = new
                {
                    venueId = TestVenue.VenueId,
                    userId = "other",
                    cardToken = token,
                    includePast = false,
                },
            }
        );

        // A late tip on a past payment belongs to the user of that payment.
        await venue.PostWebhookAsync(venue.PaymentEvent("first-of-guest", amount: 150, fingerprint: "card-1", minute: 9));
        await venue.PostWebhookAsync(venue.PaymentEvent("new", amount: 700, fingerprint: "card-1", createdAt: "2199-01-01T00:00:00Z"));

        (await GetVenueWithGuestAsync(venue)).At("member.lifetimeSpend.0.amountMinor").GetInt64().ShouldBe(150);
        (await venue.Owner.GetDataAsync("{ venue(id: \"bar\") { member(userId: \"other\") { lifetimeSpend { amountMinor } } } }"))
            .At("venue.member.lifetimeSpend.0.amountMinor")
            .GetInt64()
            .ShouldBe(700);
    }

    [Fact]
    public async Task A_user_sees_their_own_memberships_and_nothing_else_of_the_venue()
    {
        await using var venue = await TestVenue.CreateAsync(await postgres.CreateDatabaseAsync());
        await CreateRuleAsync(venue, "Regulars", 1m, "REGULAR");
        await venue.LinkCardAsync("guest", "card-1");
        await venue.Host.WhenIdleAsync();
        var guest = new GraphQLClient(venue.Host, TestKeys.Token("guest"));

        var response = (
            await guest.GetDataAsync(
                """
                { viewer { memberships { venueId venueName
                    member { tier lifetimeSpend { amountMinor } unlocks { ruleName rule { name } } } } }
                  venue(id: "bar") { id } }
                """
            )
        );
        response
            .ToString()
            .ShouldBe(
                """{"viewer":{"memberships":[{"venueId":"bar","venueName":"bar","member":{"tier":"REGULAR","lifetimeSpend":"""
                    + """[{"amountMinor":100}],"unlocks":[{"ruleName":"Regulars","rule":null}]}}]},"venue":null}"""
            );
    }

    [Fact]
    public async Task Members_are_paged_whatever_characters_their_ids_contain()
    {
        await using var venue = await TestVenue.CreateAsync(await postgres.CreateDatabaseAsync());
        await CreateRuleAsync(venue, "Regulars", 1m, "REGULAR");
        string[] users = ["auth0|507f", "auth0|507f%7C", "Zoë", "zoe", "émile", "10|%"];
        foreach (var (i, user) in users.Index())
            await venue.LinkCardAsync(user, "card-" + i);
        await venue.Host.WhenIdleAsync();

        var memberIds = new List<string>();
        string? after = null;
        do
        {
            var page = (
                await venue.Owner.GetDataAsync(
                    """
                    query($after: String) { venue(id: "bar") { members(first: 2, tier: REGULAR, after: $after) {
                      nodes { userId } pageInfo { endCursor hasNextPage } } } }
                    """,
                    new { after }
                )
            ).At("venue.members");
            memberIds.AddRange(page.At("nodes").EnumerateArray().Select(m => m.At("userId").GetString()!));
            after = page.At("pageInfo.hasNextPage").GetBoolean() ? page.At("pageInfo.endCursor").GetString() : null;
        } while (after is not null);

        memberIds.ShouldBe(users, ignoreOrder: true);
        (await venue.Owner.GetDataAsync("{ venue(id: \"bar\") { members(tier: WHALE) { nodes { userId } } } }"))
            .At("venue.members.nodes")
            .GetArrayLength()
            .ShouldBe(0);
    }

    [Fact]
    public async Task Rules_fire_by_priority_then_threshold_then_age_and_a_subscriber_can_follow_one_user()
    {
        await using var venue = await TestVenue.CreateAsync(await postgres.CreateDatabaseAsync());
        await CreateRuleAsync(venue, "older", 10m, "REGULAR");
        await CreateRuleAsync(venue, "younger", 10m, "REGULAR");
        await CreateRuleAsync(venue, "expensive", 20m, "REGULAR", new { priority = 1 });
        await CreateRuleAsync(venue, "cheap", 15m, "REGULAR", new { priority = 1 });
        await CreateRuleAsync(venue, "disabled", 1m, "WHALE", new { enabled = false });
        await venue.LinkCardAsync("anna", "card-1");
        await venue.LinkCardAsync("ben", "card-2");
        await venue.PostWebhookAsync(venue.PaymentEvent("p1", amount: 2000, fingerprint: "card-1"));
        await venue.PostWebhookAsync(venue.PaymentEvent("p2", amount: 2000, fingerprint: "card-2"));
        await venue.Host.WhenIdleAsync();

        var query = TierUnlockedSubscription
            .Replace("$after: String", "$after: String, $user: ID", StringComparison.Ordinal)
            .Replace("after: $after", "after: $after, userId: $user", StringComparison.Ordinal);
        await using var subscriber = await WebSocketSubscriber.StartAsync(
            venue.Host,
            venue.Owner.Token!,
            query,
            new
            {
                venue = TestVenue.VenueId,
                user = "ben",
                after = PosModular.Kernel.Paging.Cursor.EncodeSequence("unlock", TestVenue.VenueId, 0),
            }
        );
        var unlocks = new List<string>();
        while (unlocks.Count < 4)
        {
            var unlock = await subscriber.NextAsync();
            unlocks.Add($"{unlock.At("userId")} {unlock.At("rule.name")}");
        }

        unlocks.ShouldBe(["ben cheap", "ben expensive", "ben older", "ben younger"]);
        (
            await venue.SqlAsync<string>(
                "select string_agg(seq::text, ' ' order by seq) || ' of ' || (select seq from rules.feed_heads) from rules.unlocks"
            )
        ).ShouldBe("1 2 3 4 5 6 7 8 of 8");
    }

    [Fact]
    public async Task A_tier_unlocked_by_a_deleted_rule_stays_until_a_refund_revokes_it()
    {
        await using var venue = await TestVenue.CreateAsync(await postgres.CreateDatabaseAsync());
        var id = await CreateRuleAsync(venue, "To be deleted", 10m, "REGULAR", new { grantsAccess = new[] { "INNER_CIRCLE" } });
        await CreateRuleAsync(venue, "Kept", 5m, "GUEST", new { grantsAccess = new[] { "PUBLIC_LOBBY" } });
        await venue.Moderator.GetDataAsync(
            "mutation { updateVenue(input: { venueId: \"bar\", unlockPolicy: REVOKE }) { errors { code } } }"
        );
        await venue.LinkCardAsync("guest", "card-1");
        await venue.PostWebhookAsync(venue.PaymentEvent("p1", amount: 1000, fingerprint: "card-1", minute: 1));
        await venue.Host.WhenIdleAsync();
        await venue.Owner.GetDataAsync($"mutation {{ deleteSpendRule(input: {{ ruleId: \"{id}\" }}) {{ errors {{ code }} }} }}");
        (await GetVenueWithGuestAsync(venue)).At("member.tier").GetString().ShouldBe("REGULAR");

        await venue.PostWebhookAsync(venue.PaymentEvent("p1", amount: 1000, fingerprint: "card-1", minute: 2, refunded: 500));

        var venueData = await GetVenueWithGuestAsync(venue);
        venueData.At("member.tier").GetString().ShouldBe("GUEST");
        venueData.At("member.access").ToString().ShouldBe("""["PUBLIC_LOBBY"]""");
        venueData
            .At("spendRules")
            .EnumerateArray()
            .Select(r => $"{r.At("name")} {r.At("timesTriggered")} {r.At("usersUnlocked")}")
            .ShouldBe(["Kept 1 1"]);
    }

    [Fact]
    public async Task A_rule_that_is_raised_later_leaves_its_unlocks_with_the_threshold_they_were_given_under()
    {
        await using var venue = await TestVenue.CreateAsync(await postgres.CreateDatabaseAsync());
        var id = await CreateRuleAsync(venue, "Regulars", 50m, "REGULAR");
        await venue.Moderator.GetDataAsync(
            "mutation { updateVenue(input: { venueId: \"bar\", unlockPolicy: REVOKE }) { errors { code } } }"
        );
        await venue.LinkCardAsync("guest", "card-1"); // 1.00
        await venue.PostWebhookAsync(venue.PaymentEvent("p1", amount: 5500, fingerprint: "card-1", minute: 1));
        (await GetVenueWithGuestAsync(venue)).At("member.tier").GetString().ShouldBe("REGULAR");
        await venue.Owner.GetDataAsync(
            $"mutation {{ updateSpendRule(input: {{ ruleId: \"{id}\", threshold: 500 }}) {{ errors {{ code }} }} }}"
        );

        await venue.PostWebhookAsync(venue.PaymentEvent("p1", amount: 5500, fingerprint: "card-1", minute: 2, refunded: 100));
        (await GetVenueWithGuestAsync(venue)).At("member.tier").GetString().ShouldBe("REGULAR");

        await venue.PostWebhookAsync(venue.PaymentEvent("p1", amount: 5500, fingerprint: "card-1", minute: 3, refunded: 1000));
        (await GetVenueWithGuestAsync(venue)).At("member.tier").GetString().ShouldBe("GUEST");
    }
}
