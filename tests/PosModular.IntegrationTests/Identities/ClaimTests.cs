using System.Text.Json;
using PosModular.IntegrationTests.Fixtures;
using PosModular.IntegrationTests.Postgres;

namespace PosModular.IntegrationTests.Identities;

/// <summary>Guests claim transactions with the codes of their receipts.</summary>
public sealed class ClaimTests(TestPostgres postgres)
{
    private const string NoSuchCode = """{"transactionId":null,"venueId":null,"errors":[{"code":"NOT_FOUND","field":"code"}]}""";

    private static async Task<JsonElement> CreateCodeAsync(TestVenue venue, string externalId, string more = "") =>
        (
            await venue.Owner.GetDataAsync(
                "mutation($id: ID!) { createClaimCode(input: { venueId: \"bar\", transactionId: $id"
                    + more
                    + " }) { code expiresAt errors { code field } } }",
                new { id = await venue.TransactionIdAsync(externalId) }
            )
        ).At("createClaimCode");

    private static async Task<string> ClaimAsync(TestHost host, string userId, string code) =>
        (
            await new GraphQLClient(host, TestKeys.Token(userId)).GetDataAsync(
                "mutation($code: String!) { claimTransaction(input: { code: $code }) { transactionId venueId errors { code field } } }",
                new { code }
            )
        )
            .At("claimTransaction")
            .ToString();

    private static Task<string> MatchesAsync(TestVenue venue) =>
        venue.SqlAsync<string>(
            """
            select string_agg(concat_ws(' ', external_id, coalesce(user_id, 'nobody'), matched_by), ', ' order by external_id)
            from ingestion.transactions
            """
        );

    [Fact]
    public async Task Of_64_simultaneous_claims_of_one_code_one_succeeds_and_the_card_and_its_past_come_with_it()
    {
        await using var venue = await TestVenue.CreateAsync(await postgres.CreateDatabaseAsync());
        await venue.AddHostAsync();
        await venue.PostWebhookAsync(venue.PaymentEvent("earlier", fingerprint: "card", createdAt: "2026-11-19T20:00:00.000Z"));
        await venue.PostWebhookAsync(venue.PaymentEvent("receipt", fingerprint: "card"));
        var created = await CreateCodeAsync(venue, "receipt");
        var code = created.At("code").GetString()!;
        code.ShouldMatch("^([0-9A-HJKMNP-TV-Z]{5}-){3}[0-9A-HJKMNP-TV-Z]{5}$");

        // However it is typed.
        var typed = code.Replace("-", " ", StringComparison.Ordinal).ToLowerInvariant().Replace('0', 'o').Replace('1', 'l');
        var answers = await Task.WhenAll(
            Enumerable
                .Range(0, 64)
                .Select(async i => (User: $"guest-{i}", Answer: await ClaimAsync(venue.Hosts[i % 2], $"guest-{i}", typed)))
        );

        var (winner, answer) = answers.Single(a => a.Answer != NoSuchCode);
        answer.ShouldBe($$"""{"transactionId":"{{await venue.TransactionIdAsync("receipt")}}","venueId":"bar","errors":[]}""");
        (await MatchesAsync(venue)).ShouldBe($"earlier {winner} 1, receipt {winner} 3");
        await venue.PostWebhookAsync(venue.PaymentEvent("later", fingerprint: "card"));
        await venue.PostWebhookAsync(venue.PaymentEvent("receipt", amount: 1_100, fingerprint: "card", minute: 5));
        (await MatchesAsync(venue)).ShouldBe($"earlier {winner} 1, later {winner} 1, receipt {winner} 3");
        foreach (var host in venue.Hosts)
            await host.WhenIdleAsync();
        (
            await new GraphQLClient(venue.Host, TestKeys.Token(winner)).GetDataAsync(
                "{ viewer { memberships { member { lifetimeSpend { amountMinor } identities { label linkedBy } } } } }"
            )
        )
            .At("viewer.memberships.0.member")
            .ToString()
            .ShouldBe(
                """{"lifetimeSpend":[{"amountMinor":3100}],"identities":[{"label":"VISA •••• 1111","linkedBy":"WINNER"}]}""".Replace(
                    "WINNER",
                    winner,
                    StringComparison.Ordinal
                )
            );
        (
            await venue.SqlAsync<string>(
                "select string_agg(action || ' ' || user_id, ', ' order by id) from integrations.audit_log where action like '%laim%'"
            )
        ).ShouldBe($"createClaimCode owner, claimTransaction {winner}");
        (await venue.SqlAsync<string>("select string_agg(cause::text, ' ' order by seq) from ingestion.transaction_versions")).ShouldBe(
            "1 1 8 8 1 1"
        );
    }

    [Fact]
    public async Task A_wrong_a_used_and_an_expired_code_get_the_same_answer_and_the_eleventh_try_another()
    {
        await using var venue = await TestVenue.CreateAsync(await postgres.CreateDatabaseAsync());
        await venue.LinkCardAsync("anna", "linked");
        foreach (var id in new[] { "p1", "p2", "p3", "p4" })
            await venue.PostWebhookAsync(venue.PaymentEvent(id, fingerprint: id is "p4" ? "linked" : id));
        async Task<string> CodeAsync(string id, string more = "") => (await CreateCodeAsync(venue, id, more)).At("code").GetString()!;
        var (first, second) = (await CodeAsync("p1", ", linkCard: false"), await CodeAsync("p1"));
        (await ClaimAsync(venue.Host, "ben", first)).ShouldContain("\"errors\":[]");

        (await ClaimAsync(venue.Host, "carl", first)).ShouldBe(NoSuchCode); // used
        (await ClaimAsync(venue.Host, "carl", second)).ShouldBe(NoSuchCode); // its transaction was claimed with another code
        (await ClaimAsync(venue.Host, "carl", "7KQ2M-0ZD4T-XW9RB-3HJ6C")).ShouldBe(NoSuchCode);
        var expired = await CodeAsync("p2");
        await venue.SqlAsync<int>("update ingestion.claim_codes set expires_at = now() where claimed_at is null");
        (await ClaimAsync(venue.Host, "carl", expired)).ShouldBe(NoSuchCode);
        (await CreateCodeAsync(venue, "p1")).At("errors").ToString().ShouldBe("""[{"code":"CONFLICT","field":"transactionId"}]""");

        // A card that is linked stays with its user, and what was assigned by hand meanwhile stays too.
        var (linked, assigned) = (await CodeAsync("p4"), await CodeAsync("p3"));
        await venue.Owner.GetDataAsync(
            "mutation($id: ID!) { assignTransaction(input: { venueId: \"bar\", transactionId: $id, userId: \"dora\" }) { "
                + "errors { code } } }",
            new { id = await venue.TransactionIdAsync("p3") }
        );
        (await ClaimAsync(venue.Host, "carl", assigned)).ShouldBe(NoSuchCode);
        (await ClaimAsync(venue.Host, "carl", linked)).ShouldContain("\"errors\":[]");
        (await MatchesAsync(venue)).ShouldBe("first-of-anna anna 1, p1 ben 3, p2 nobody, p3 dora 2, p4 carl 3");

        for (var i = 7; i <= 10; i++)
            (await ClaimAsync(venue.Host, "carl", "x")).ShouldBe(NoSuchCode);
        var last = await CodeAsync("p2");
        (await ClaimAsync(venue.Host, "carl", last)).ShouldContain("RATE_LIMIT_EXCEEDED");
        await venue.SqlAsync<int>(
            "update ingestion.claim_tries set tries = array(select t - interval '1 hour' from unnest(tries) t) where user_id = 'carl'"
        );
        (await ClaimAsync(venue.Host, "carl", last)).ShouldContain("\"errors\":[]");
    }
}
