using System.Text.Json;
using PosModular.IntegrationTests.Fixtures;
using PosModular.IntegrationTests.Postgres;

namespace PosModular.IntegrationTests.Rules;

/// <summary>Tiers that are granted and unlocks that are revoked by hand.</summary>
public sealed class GrantTests(TestPostgres postgres)
{
    private const string MemberFields =
        "tier access nextTier { tier } unlocks { id tier reason revokedReason rule { name } } history { from to reason }";

    private const string PayloadFields = $"member {{ {MemberFields} }} errors {{ code field }}";

    private static async Task<JsonElement> ReadMemberAsync(TestVenue venue)
    {
        await venue.Host.WhenIdleAsync();
        return (await venue.Owner.GetDataAsync($"{{ venue(id: \"bar\") {{ member(userId: \"guest\") {{ {MemberFields} }} }} }}")).At(
            "venue.member"
        );
    }

    private static async Task<JsonElement> GrantAsync(TestVenue venue, string tier, string reason) =>
        (
            await venue.Owner.GetDataAsync(
                "mutation($input: GrantTierInput!) { grantTier(input: $input) { " + PayloadFields + " } }",
                new
                {
                    input = new
                    {
                        venueId = "bar",
                        userId = "guest",
                        tier,
                        access = new[] { "INNER_CIRCLE" },
                        reason,
                    },
                }
            )
        ).At("grantTier");

    private static async Task<JsonElement> RevokeAsync(TestVenue venue, string? unlockId, string reason = "They were rude.") =>
        (
            await venue.Owner.GetDataAsync(
                "mutation($input: RevokeUnlockInput!) { revokeUnlock(input: $input) { " + PayloadFields + " } }",
                new { input = new { unlockId, reason } }
            )
        ).At("revokeUnlock");

    private static string[] Unlocks(JsonElement member) =>
        [
            .. member
                .At("unlocks")
                .EnumerateArray()
                .Select(u =>
                {
                    var givenBy = u.At("rule") is { ValueKind: JsonValueKind.Object } rule ? rule.At("name") : u.At("reason");
                    return $"{u.At("tier")} {givenBy} {u.At("revokedReason")}".Trim();
                }),
        ];

    [Fact]
    public async Task Grants_and_revocations_by_hand_outlast_every_later_evaluation_and_are_audited()
    {
        await using var venue = await TestVenue.CreateAsync(await postgres.CreateDatabaseAsync());
        await venue.Moderator.GetDataAsync(
            "mutation { updateVenue(input: { venueId: \"bar\", unlockPolicy: REVOKE }) { errors { code } } }"
        );
        await venue.Owner.GetDataAsync(
            """
            mutation { createSpendRule(input: { venueId: "bar", name: "Regulars", threshold: 10, unlocksTier: REGULAR }) {
              errors { code } } }
            """
        );

        // Somebody without a transaction becomes a member. Granting the same again changes nothing.
        (await GrantAsync(venue, "PLATINUM", "A friend of the house.")).At("member.tier").GetString().ShouldBe("PLATINUM");
        var granted = await GrantAsync(venue, "PLATINUM", "Once more.");
        Unlocks(granted.At("member")).ShouldBe(["PLATINUM A friend of the house."]);
        granted.At("member.access").ToString().ShouldBe("""["INNER_CIRCLE"]""");
        granted.At("member.history").ToString().ShouldBe("""[{"from":"GUEST","to":"PLATINUM","reason":"Granted by hand."}]""");

        // Neither a purchase nor a refund touches the grant.
        await venue.LinkCardAsync("guest", "card-1");
        await venue.PostWebhookAsync(venue.PaymentEvent("p1", amount: 1000, fingerprint: "card-1", minute: 1));
        await venue.Host.WhenIdleAsync();
        await venue.PostWebhookAsync(venue.PaymentEvent("p1", amount: 1000, refunded: 1000, fingerprint: "card-1", minute: 2));
        var refunded = await ReadMemberAsync(venue);
        refunded.At("tier").GetString().ShouldBe("PLATINUM");
        Unlocks(refunded)[1].ShouldStartWith("REGULAR Regulars A refund took the spend");
        (await RevokeAsync(venue, refunded.At("unlocks.1.id").GetString())).At("errors.0.code").GetString().ShouldBe("CONFLICT");

        // What was revoked by hand stays revoked, whatever they spend.
        await venue.PostWebhookAsync(venue.PaymentEvent("p2", amount: 2000, fingerprint: "card-1"));
        var earned = await ReadMemberAsync(venue);
        var revoked = await RevokeAsync(venue, earned.At("unlocks.2.id").GetString());
        Unlocks(revoked.At("member"))[2].ShouldBe("REGULAR Regulars They were rude.");
        (await RevokeAsync(venue, earned.At("unlocks.2.id").GetString())).At("errors").GetArrayLength().ShouldBe(0);
        await RevokeAsync(venue, earned.At("unlocks.0.id").GetString(), "No friend any more.");
        await venue.PostWebhookAsync(venue.PaymentEvent("p3", amount: 9000, fingerprint: "card-1", createdAt: "2026-11-20T23:00:00.000Z"));
        var last = await ReadMemberAsync(venue);
        last.At("tier").GetString().ShouldBe("GUEST");
        last.At("access").GetArrayLength().ShouldBe(0);
        last.At("nextTier").ValueKind.ShouldBe(JsonValueKind.Null);
        Unlocks(last).Length.ShouldBe(3);
        last.At("history.1.reason").GetString().ShouldBe("An unlock was revoked by hand.");
        (
            await venue.Owner.GetDataAsync(
                "{ venue(id: \"bar\") { transactions(first: 1) { nodes { evaluation { rules { unlocked reasons } } } } } }"
            )
        )
            .At("venue.transactions.nodes.0.evaluation.rules")
            .ToString()
            .ShouldBe("""[{"unlocked":false,"reasons":["REVOKED"]}]""");

        // Three unlocks and three revocations are in the feed, and what was done by hand is in the audit log.
        (await venue.SqlAsync<long>("select seq from rules.feed_heads where venue_id = 'bar'")).ShouldBe(6);
        (
            await venue.SqlAsync<string>(
                """
                select string_agg(action || ' ' || detail, '; ' order by id) from integrations.audit_log
                where action in ('grantTier', 'revokeUnlock')
                """
            )
        ).ShouldBe(
            "grantTier PLATINUM, INNER_CIRCLE, because: A friend of the house.; "
                + "revokeUnlock REGULAR of guest by the rule Regulars, because: They were rude.; "
                + "revokeUnlock PLATINUM of guest, because: No friend any more."
        );

        (await GrantAsync(venue, "PLATINUM", " ")).At("errors.0.field").GetString().ShouldBe("reason");
        (await RevokeAsync(venue, Guid.NewGuid().ToString())).At("errors.0.code").GetString().ShouldBe("NOT_FOUND");
        (
            await venue.Owner.GetDataAsync(
                "mutation { grantTier(input: { venueId: \"bar\", userId: \"x\", tier: GUEST, reason: \"r\" }) { errors { code field } } }"
            )
        )
            .At("grantTier.errors.0.field")
            .GetString()
            .ShouldBe("tier");
    }
}
