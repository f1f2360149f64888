using PosModular.IntegrationTests.Fixtures;
using PosModular.IntegrationTests.Postgres;

namespace PosModular.IntegrationTests.Reading;

public sealed class QueryTests(TestPostgres postgres, SharedTestVenue shared) : IClassFixture<SharedTestVenue>
{
    [Fact]
    public async Task Aliased_fields_that_read_the_database_run_in_parallel()
    {
        await using var venue = await TestVenue.CreateAsync(await postgres.CreateDatabaseAsync());
        await venue.PostWebhookAsync(venue.PaymentEvent("p1"));
        const string query = """
            query($venue: ID!) { venue(id: $venue) {
              a: transactions(first: 1) { nodes { externalId history { status } } totalCount }
              b: transactions(first: 2, filter: { statuses: [COMPLETED] }) { nodes { externalId } totalCount }
              c: revenue(period: ALL) { count }
              posConnections { id } webhookEvents { nodes { id } } } }
            """;

        var responses = await Task.WhenAll(
            Enumerable.Range(0, 500).Select(_ => venue.Owner.GetDataAsync(query, new { venue = TestVenue.VenueId }))
        );

        responses.ShouldAllBe(a => a.At("venue.a.totalCount").GetInt64() == 1 && a.At("venue.b.nodes.0.externalId").GetString() == "p1");
    }

    [Fact]
    public async Task Pages_hold_every_transaction_once_newest_first_also_those_of_the_same_second()
    {
        await using var venue = await TestVenue.CreateAsync(await postgres.CreateDatabaseAsync());
        await Task.WhenAll(
            Enumerable
                .Range(0, 60)
                .Select(i =>
                    venue.PostWebhookAsync(
                        venue.PaymentEvent(
                            $"p{i}",
                            amount: i,
                            createdAt: i % 3 == 0 ? "2026-11-20T20:00:00.000Z" : $"2026-11-20T20:{i:00}:00.000Z"
                        )
                    )
                )
        );

        var (rows, after) = (new List<(string Id, string At)>(), (string?)null);
        do
        {
            var page = (
                await venue.Owner.GetDataAsync(
                    """
                    query($venue: ID!, $after: String) { venue(id: $venue) { transactions(first: 7, after: $after) {
                      edges { cursor node { externalId occurredAt } } pageInfo { hasNextPage hasPreviousPage endCursor startCursor } } } }
                    """,
                    new { venue = TestVenue.VenueId, after }
                )
            ).At("venue.transactions");
            page.At("pageInfo.hasPreviousPage").GetBoolean().ShouldBe(after is not null);
            rows.AddRange(
                page.At("edges").EnumerateArray().Select(e => (e.At("node.externalId").GetString()!, e.At("node.occurredAt").GetString()!))
            );
            after = page.At("pageInfo.hasNextPage").GetBoolean() ? page.At("pageInfo.endCursor").GetString() : null;
        } while (after is not null);

        rows.Select(s => s.Id).Distinct().Count().ShouldBe(60);
        rows.Count.ShouldBe(60);
        rows.Select(s => s.At).ShouldBeInOrder(SortDirection.Descending);
    }

    [Fact]
    public async Task The_filter_includes_from_excludes_to_and_selects_statuses()
    {
        await using var venue = await TestVenue.CreateAsync(await postgres.CreateDatabaseAsync());
        await venue.PostWebhookAsync(venue.PaymentEvent("first", createdAt: "2026-11-20T20:00:00.000Z"));
        await venue.PostWebhookAsync(venue.PaymentEvent("second", createdAt: "2026-11-20T21:00:00.000Z", status: "APPROVED"));
        await venue.PostWebhookAsync(venue.PaymentEvent("third", createdAt: "2026-11-20T22:00:00.000Z"));

        async Task<string> GetIdsAsync(object filter) => string.Join(' ', (
                    await venue.Owner.GetDataAsync(
                        """
                        query($venue: ID!, $filter: TransactionFilter) { venue(id: $venue) {
                          transactions(filter: $filter) { nodes { externalId } } } }
                        """,
                        new { venue = TestVenue.VenueId, filter }
                    )
                ).At("venue.transactions.nodes").EnumerateArray().Select(n => n.At("externalId").GetString()));
        (await GetIdsAsync(new { from = "2026-11-20T20:00:00Z", to = "2026-11-20T22:00:00Z" })).ShouldBe("second first");
        (await GetIdsAsync(new { from = "2026-11-20T16:00:00-05:00" })).ShouldBe("third second");
        (await GetIdsAsync(new { statuses = new[] { "AUTHORIZED" } })).ShouldBe("second");
        (await GetIdsAsync(new { statuses = Array.Empty<string>() })).ShouldBe("");
    }

    [Theory]
    [InlineData("transactions(first: 0) { nodes { id } }")]
    [InlineData("transactions(first: 201) { nodes { id } }")]
    [InlineData("transactions(after: \"\") { nodes { id } }")]
    [InlineData("transactions(after: \"bm9uc2Vuc2U\") { nodes { id } }")]
    [InlineData("webhookEvents(after: \"x\") { nodes { id } }")]
    [InlineData("revenue(period: DECADE) { count }")]
    [InlineData("revenue(period: DAY, on: \"2026-02-30\") { count }")]
    public async Task An_invalid_argument_is_INVALID_INPUT(string field)
    {
        var venue = await shared.GetAsync();
        (await venue.Owner.GetErrorCodeAsync($"query {{ venue(id: \"bar\") {{ {field} }} }}")).ShouldBe("INVALID_INPUT");
    }

    [Fact]
    public async Task A_NUL_in_an_id_is_INVALID_INPUT()
    {
        var venue = await shared.GetAsync();
        (await venue.Owner.GetErrorCodeAsync("query($id: ID!) { venue(id: $id) { id } }", new { id = "a\0b" })).ShouldBe("INVALID_INPUT");
    }

    [Fact]
    public async Task A_changed_day_cutoff_moves_past_transactions_to_another_business_date()
    {
        await using var venue = await TestVenue.CreateAsync(await postgres.CreateDatabaseAsync());
        // 03:00 in New York belongs to the business date before while the day starts at 06:00.
        await venue.PostWebhookAsync(venue.PaymentEvent("p1", amount: 500, status: "APPROVED", createdAt: "2026-11-20T08:00:00.000Z"));
        await venue.Host.WhenIdleAsync();
        async Task<string> GetDaysAsync() => (
                await venue.Owner.GetDataAsync(
                    """
                    { venue(id: "bar") {
                      a: revenue(period: DAY, on: "2026-11-19") { from total { amountMinor } pending { amountMinor } }
                      b: revenue(period: DAY, on: "2026-11-20") { total { amountMinor } pending { amountMinor } } } }
                    """
                )
            ).At("venue").ToString();

        (await GetDaysAsync()).ShouldBe(
            """{"a":{"from":"2026-11-19T11:00:00Z","total":{"amountMinor":0},"pending":{"amountMinor":500}},"b":"""
                + """{"total":{"amountMinor":0},"pending":{"amountMinor":0}}}"""
        );
        await venue.Moderator.GetDataAsync(
            "mutation { updateVenue(input: { venueId: \"bar\", dayCutoff: \"02:00\" }) { errors { code } } }"
        );
        (await GetDaysAsync()).ShouldBe(
            """{"a":{"from":"2026-11-19T07:00:00Z","total":{"amountMinor":0},"pending":{"amountMinor":0}},"b":"""
                + """{"total":{"amountMinor":0},"pending":{"amountMinor":500}}}"""
        );
        await venue.PostWebhookAsync(
            venue.PaymentEvent("p1", amount: 500, status: "COMPLETED", minute: 5, createdAt: "2026-11-20T08:00:00.000Z")
        );
        await venue.Host.WhenIdleAsync();
        (await GetDaysAsync()).ShouldContain(""" "b":{"total":{"amountMinor":500},"pending":{"amountMinor":0}}""".Trim());
    }

    [Fact]
    public async Task Callers_see_and_change_only_what_their_role_allows()
    {
        await using var venue = await TestVenue.CreateAsync(await postgres.CreateDatabaseAsync());
        var (anonymous, stranger) = (new GraphQLClient(venue.Host, null), new GraphQLClient(venue.Host, TestKeys.Token("stranger")));
        const string venueQuery = "{ venue(id: \"bar\") { name posConnections { id } webhookEvents { nodes { id } } } }";
        const string transactionsQuery = "{ venue(id: \"bar\") { transactions { nodes { id } } } }";

        (await anonymous.GetErrorCodeAsync(venueQuery)).ShouldBe("UNAUTHENTICATED");
        (await anonymous.GetErrorCodeAsync("{ viewer { userId } }")).ShouldBe("UNAUTHENTICATED");
        (await new GraphQLClient(venue.Host, "not.a.token").GetErrorCodeAsync(venueQuery)).ShouldBe("UNAUTHENTICATED");
        (await stranger.GetDataAsync(transactionsQuery)).At("venue").ValueKind.ShouldBe(System.Text.Json.JsonValueKind.Null);
        (await stranger.GetDataAsync("{ venues { nodes { id } } }")).At("venues.nodes").GetArrayLength().ShouldBe(0);
        (
            await stranger.GetErrorCodeAsync(
                """
                mutation { registerVenue(input: { name: "x", timeZone: "UTC", currency: "EUR", ownerUserIds: ["stranger"] }) {
                  venue { id } } }
                """
            )
        ).ShouldBe("FORBIDDEN");
        (
            await stranger.GetErrorCodeAsync(
                "mutation { linkCard(input: { venueId: \"bar\", userId: \"stranger\", cardToken: \"x\" }) { matchedTransactions } }"
            )
        ).ShouldBe("FORBIDDEN");
        (
            await venue.Owner.GetErrorCodeAsync("mutation { updateVenue(input: { venueId: \"bar\", name: \"x\" }) { venue { id } } }")
        ).ShouldBe("FORBIDDEN");
        (await venue.Moderator.GetDataAsync(venueQuery)).At("venue.name").GetString().ShouldBe("bar");
        foreach (
            var field in new[]
            {
                "transactions { nodes { id } }",
                "revenue(period: ALL) { count }",
                "member(userId: \"x\") { userId }",
                $"transaction(id: \"{Guid.NewGuid()}\") {{ id }}",
            }
        )
            (await venue.Moderator.GetErrorCodeAsync($"{{ venue(id: \"bar\") {{ {field} }} }}")).ShouldBe("FORBIDDEN");
        (await venue.Owner.GetDataAsync("{ viewer { userId roles ownedVenueIds } }"))
            .At("viewer")
            .ToString()
            .ShouldBe("""{"userId":"owner","roles":[],"ownedVenueIds":["bar"]}""");
        (await venue.Moderator.GetDataAsync("{ viewer { roles } }")).At("viewer.roles.0").GetString().ShouldBe("HEAD_MODERATOR");
    }
}
