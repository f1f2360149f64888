using System.Text.Json;
using PosModular.IntegrationTests.Fixtures;
using PosModular.IntegrationTests.Postgres;

namespace PosModular.IntegrationTests.Rules;

/// <summary>Mutations that match transactions to users return what a client's cache holds about them, as it is after the
/// change.</summary>
public sealed class CardPayloadTests(TestPostgres postgres)
{
    private const string Payload = """
        matchedTransactions member { userId tier lifetimeSpend { amountMinor } }
        transactions { externalId userId member { tier } } errors { code }
        """;

    private static async Task<string> CreatePaymentsAsync(TestVenue venue, int count)
    {
        await venue.Owner.GetDataAsync(
            "mutation { createSpendRule(input: { venueId: \"bar\", name: \"R\", threshold: 30, unlocksTier: REGULAR }) { rule { id } } }"
        );
        // They arrive in another order than they were made.
        await Task.WhenAll(
            Enumerable
                .Range(1, count)
                .Select(i =>
                    venue.PostWebhookAsync(
                        venue.PaymentEvent($"p{i}", fingerprint: "card", createdAt: $"2026-11-20T{10 + i / 60:00}:{i % 60:00}:00.000Z")
                    )
                )
        );
        return await venue.SqlAsync<string>("select card_token from ingestion.transactions limit 1");
    }

    private static async Task<JsonElement> LinkAsync(GraphQLClient client, string token) =>
        (
            await client.GetDataAsync(
                "mutation($token: String!) { linkCard(input: { venueId: \"bar\", userId: \"guest\", cardToken: $token }) { "
                    + Payload
                    + " } }",
                new { token }
            )
        ).GetProperty("linkCard");

    [Fact]
    public async Task Linking_and_unlinking_return_the_member_and_the_transactions_after_the_change_newest_first()
    {
        await using var venue = await TestVenue.CreateAsync(await postgres.CreateDatabaseAsync());
        var token = await CreatePaymentsAsync(venue, 3);

        (await LinkAsync(venue.Owner, token))
            .ToString()
            .ShouldBe(
                """
                {"matchedTransactions":3,"member":{"userId":"guest","tier":"REGULAR","lifetimeSpend":[{"amountMinor":3000}]},
                "transactions":[
                {"externalId":"p3","userId":"guest","member":{"tier":"REGULAR"}},
                {"externalId":"p2","userId":"guest","member":{"tier":"REGULAR"}},
                {"externalId":"p1","userId":"guest","member":{"tier":"REGULAR"}}],"errors":[]}
                """.ReplaceLineEndings("")
            );
        (
            await venue.Owner.GetDataAsync(
                "mutation($token: String!) { unlinkCard(input: { venueId: \"bar\", cardToken: $token }) { " + Payload + " } }",
                new { token }
            )
        )
            .At("unlinkCard")
            .ToString()
            .ShouldBe(
                """
                {"matchedTransactions":3,"member":{"userId":"guest","tier":"REGULAR","lifetimeSpend":[{"amountMinor":0}]},
                "transactions":[
                {"externalId":"p3","userId":null,"member":null},{"externalId":"p2","userId":null,"member":null},
                {"externalId":"p1","userId":null,"member":null}],"errors":[]}
                """.ReplaceLineEndings("")
            );
    }

    [Fact]
    public async Task Assigning_a_transaction_returns_it_with_its_member_after_the_change()
    {
        await using var venue = await TestVenue.CreateAsync(await postgres.CreateDatabaseAsync());
        await CreatePaymentsAsync(venue, 1);
        var id = await venue.SqlAsync<Guid>("select id from ingestion.transactions");

        (
            await venue.Owner.GetDataAsync(
                """
                mutation($id: ID!) { assignTransaction(input: { venueId: "bar", transactionId: $id, userId: "guest" }) {
                  transaction { userId member { id userId lifetimeSpend { amountMinor } } } errors { code } } }
                """,
                new { id }
            )
        ).At("assignTransaction.transaction.member.lifetimeSpend.0.amountMinor").GetInt64().ShouldBe(1000);
    }

    [Fact]
    public async Task At_most_200_transactions_are_returned_the_newest_ones()
    {
        await using var venue = await TestVenue.CreateAsync(await postgres.CreateDatabaseAsync());
        var payload = await LinkAsync(venue.Owner, await CreatePaymentsAsync(venue, 205));

        payload.At("matchedTransactions").GetInt32().ShouldBe(205);
        payload
            .At("transactions")
            .EnumerateArray()
            .Select(t => t.At("externalId").GetString())
            .ShouldBe(Enumerable.Range(6, 200).Reverse().Select(i => $"p{i}"));
    }

    [Fact]
    public async Task A_HEAD_MODERATOR_who_does_not_own_the_venue_sees_neither_member_nor_transactions()
    {
        await using var venue = await TestVenue.CreateAsync(await postgres.CreateDatabaseAsync());

        (await LinkAsync(venue.Moderator, await CreatePaymentsAsync(venue, 2)))
            .ToString()
            .ShouldBe("""{"matchedTransactions":2,"member":null,"transactions":[],"errors":[]}""");
    }

    [Fact]
    public async Task The_member_is_null_when_the_rules_do_not_get_there_in_time_rather_than_out_of_date()
    {
        await using var venue = await TestVenue.CreateAsync(
            await postgres.CreateDatabaseAsync(),
            settings: new Dictionary<string, string?> { ["Pos:Relays"] = "false" }
        );

        var token = await CreatePaymentsAsync(venue, 1);
        await venue.SqlAsync<int>("insert into rules.members (venue_id, user_id, tier, access) values ('bar', 'guest', 0, '{}')");

        var payload = await LinkAsync(venue.Owner, token);

        payload.At("member").ValueKind.ShouldBe(JsonValueKind.Null);
        payload.At("transactions.0.userId").GetString().ShouldBe("guest");
    }
}
