using PosModular.IntegrationTests.Fixtures;
using PosModular.IntegrationTests.Postgres;

namespace PosModular.IntegrationTests.Reading;

/// <summary>Lists of members: their orders, the search, the number of members in each tier and who spent most.</summary>
public sealed class MemberListTests(TestPostgres postgres)
{
    private static async Task<TestVenue> CreateVenueAsync(string database)
    {
        var venue = await TestVenue.CreateAsync(database);
        await venue.Owner.GetDataAsync(
            "mutation { createSpendRule(input: { venueId: \"bar\", name: \"R\", threshold: 30, unlocksTier: PLATINUM }) { rule { id } } }"
        );
        async Task PayAsync(string user, long amount, string at, string currency = "USD", long refunded = 0, string status = "COMPLETED")
        {
            var id = $"{user}-{amount}-{currency}";
            await venue.PostWebhookAsync(
                venue.PaymentEvent(id, amount, status, currency: currency, refunded: refunded, createdAt: $"2026-11-{at}:00:00.000Z")
            );
            await venue.Owner.GetDataAsync(
                "mutation($id: ID!, $u: ID!) { assignTransaction(input: { venueId: \"bar\", transactionId: $id, userId: $u }) "
                    + "{ errors { code } } }",
                new { id = await venue.SqlAsync<Guid>($"select id from ingestion.transactions where external_id = '{id}'"), u = user }
            );
        }
        await PayAsync("anna", 1000, "10T20");
        await PayAsync("anna", 1100, "20T20");
        await PayAsync("ben", 5000, "12T20", refunded: 4000);
        await PayAsync("anton", 3500, "11T20");
        await PayAsync("cleo", 9000, "13T20", currency: "JPY");
        await PayAsync("dora", 9000, "14T20", status: "CANCELED");
        await PayAsync("dora", 50, "14T21");
        await venue.Host.WhenIdleAsync();
        return venue;
    }

    private static async Task<string> GetUserIdsAsync(TestVenue venue, string arguments)
    {
        var (userIds, after) = (new List<string>(), "null");
        while (true)
        {
            var page = (
                await venue.Owner.GetDataAsync(
                    $"{{ venue(id: \"bar\") {{ members({arguments}, after: {after}, first: 2) {{ nodes {{ userId }} "
                        + "pageInfo { hasNextPage endCursor } } } }"
                )
            ).At("venue.members");
            userIds.AddRange(page.At("nodes").EnumerateArray().Select(m => m.At("userId").GetString()!));
            if (!page.At("pageInfo.hasNextPage").GetBoolean())
                return string.Join(' ', userIds);
            after = $"\"{page.At("pageInfo.endCursor")}\"";
        }
    }

    [Fact]
    public async Task Members_are_paged_in_each_order_and_found_by_user_id_and_last_four_digits()
    {
        await using var venue = await CreateVenueAsync(await postgres.CreateDatabaseAsync());
        await venue.SqlAsync<int>("update ingestion.transactions set card_last4 = '4242' where user_id in ('ben', 'dora')");
        await venue.SqlAsync<int>("insert into rules.members (venue_id, user_id, tier, access) values ('bar', '4242-x', 3, '{}')");

        (await GetUserIdsAsync(venue, "order: LAST_SEEN_FIRST")).ShouldBe("anna dora cleo ben anton 4242-x");
        (await GetUserIdsAsync(venue, "tier: null")).ShouldBe("anna dora cleo ben anton 4242-x");
        (await GetUserIdsAsync(venue, "order: NEWEST_FIRST")).ShouldBe("dora cleo ben anton anna 4242-x");
        (await GetUserIdsAsync(venue, "order: SPEND_FIRST")).ShouldBe("anton anna ben dora 4242-x cleo");
        (await GetUserIdsAsync(venue, "order: SPEND_FIRST, tier: PLATINUM")).ShouldBe("anton");
        (await GetUserIdsAsync(venue, "search: \"an\"")).ShouldBe("anna anton");
        (await GetUserIdsAsync(venue, "search: \"%\"")).ShouldBe("");
        (await GetUserIdsAsync(venue, "search: \"4242\"")).ShouldBe("dora ben 4242-x");
        (await GetUserIdsAsync(venue, "search: \"1111\", tier: PLATINUM")).ShouldBe("anton");

        async Task ShouldBeInvalidAsync(string arguments) =>
            (await venue.Owner.GetErrorCodeAsync($"{{ venue(id: \"bar\") {{ members({arguments}) {{ nodes {{ id }} }} }} }}")).ShouldBe(
                "INVALID_INPUT",
                arguments
            );
        await ShouldBeInvalidAsync("search: \" \"");
        await ShouldBeInvalidAsync("search: \"a\\u0000b\"");
        var cursor = (await venue.Owner.GetDataAsync("{ venue(id: \"bar\") { members(first: 1) { pageInfo { endCursor } } } }"))
            .At("venue.members.pageInfo.endCursor")
            .GetString();
        await ShouldBeInvalidAsync($"order: SPEND_FIRST, after: \"{cursor}\"");
        await ShouldBeInvalidAsync("after: \"nonsense\"");
    }

    [Fact]
    public async Task Every_tier_is_counted_and_the_top_spenders_of_a_period_come_with_their_membership()
    {
        await using var venue = await CreateVenueAsync(await postgres.CreateDatabaseAsync());

        (await venue.Owner.GetDataAsync("{ venue(id: \"bar\") { tierCounts { tier members } } }"))
            .At("venue.tierCounts")
            .ToString()
            .ShouldBe(
                """[{"tier":"GUEST","members":4},{"tier":"REGULAR","members":0},{"tier":"PLATINUM","members":1},"""
                    + """{"tier":"WHALE","members":0}]"""
            );
        async Task<string> GetTopAsync(string arguments) =>
            string.Join(
                ' ',
                (
                    await venue.Owner.GetDataAsync(
                        $"{{ venue(id: \"bar\") {{ topSpenders({arguments}) {{ " + "userId total { formatted } count member { tier } } } }"
                    )
                )
                    .At("venue.topSpenders")
                    .EnumerateArray()
                    .Select(s => $"{s.At("userId")}:{s.At("total.formatted")}:{s.At("count")}:{s.At("member.tier")}")
            );
        (await GetTopAsync("period: ALL")).ShouldBe("ben:$50.00:1:GUEST anton:$35.00:1:PLATINUM anna:$21.00:2:GUEST dora:$0.50:1:GUEST");
        (await GetTopAsync("period: ALL, first: 1")).ShouldBe("ben:$50.00:1:GUEST");
        (await GetTopAsync("period: DAY, on: \"2026-11-20\"")).ShouldBe("anna:$11.00:1:GUEST");
        (await GetTopAsync("period: WEEK, on: \"2026-11-15\"")).ShouldBe(
            "ben:$50.00:1:GUEST anton:$35.00:1:PLATINUM anna:$10.00:1:GUEST dora:$0.50:1:GUEST"
        );
        (await GetTopAsync("period: YEAR, on: \"2020-01-01\"")).ShouldBe("");
        foreach (var arguments in new[] { "period: ALL, first: 201", "period: ALL, first: 0", "period: DAY, on: \"1899-01-01\"" })
            (await venue.Owner.GetErrorCodeAsync($"{{ venue(id: \"bar\") {{ topSpenders({arguments}) {{ userId }} }} }}")).ShouldBe(
                "INVALID_INPUT",
                arguments
            );
    }
}
