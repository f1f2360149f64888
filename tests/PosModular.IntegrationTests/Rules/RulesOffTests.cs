using PosModular.IntegrationTests.Fixtures;
using PosModular.IntegrationTests.Postgres;

namespace PosModular.IntegrationTests.Rules;

/// <summary>A till whose sales count and unlock nothing.</summary>
public sealed class RulesOffTests(TestPostgres postgres)
{
    private static async Task<string> GuestAsync(TestVenue venue, string user = "guest")
    {
        await venue.Host.WhenIdleAsync();
        var member = (
            await venue.Owner.GetDataAsync(
                "query($user: ID!) { venue(id: \"bar\") { member(userId: $user) { tier lifetimeSpend { amountMinor } unlocks { tier } } } }",
                new { user }
            )
        ).At("venue.member");
        return $"{member.At("tier").GetString()} {member.At("lifetimeSpend.0.amountMinor").GetInt64()} {member.At("unlocks").GetArrayLength()}";
    }

    private static async Task SwitchAsync(TestVenue venue, bool on) =>
        (
            await venue.Moderator.GetDataAsync(
                "mutation($input: UpdatePosConnectionInput!) { updatePosConnection(input: $input) { connection { sync { processRules } } errors { code } } }",
                new { input = new { connectionId = venue.ConnectionId, processRules = on } }
            )
        )
            .At("updatePosConnection")
            .ToString()
            .ShouldBe($$$"""{"connection":{"sync":{"processRules":{{{(on ? "true" : "false")}}}}},"errors":[]}""");

    private static async Task LinkAsync(TestVenue venue, string user, string payment)
    {
        var token = await venue.SqlAsync<string>($"select card_token from ingestion.transactions where external_id = '{payment}'");
        (
            await venue.Owner.GetDataAsync(
                "mutation($input: LinkCardInput!) { linkCard(input: $input) { errors { code } } }",
                new
                {
                    input = new
                    {
                        venueId = TestVenue.VenueId,
                        userId = user,
                        cardToken = token,
                    },
                }
            )
        ).At("linkCard.errors").GetArrayLength().ShouldBe(0);
    }

    private static async Task<TestVenue> OpenAsync(TestPostgres postgres)
    {
        var venue = await TestVenue.CreateAsync(await postgres.CreateDatabaseAsync());
        (
            await venue.Owner.GetDataAsync(
                "mutation { createSpendRule(input: { venueId: \"bar\", name: \"Regulars\", threshold: 10, unlocksTier: REGULAR }) { errors { code } } }"
            )
        )
            .At("createSpendRule.errors")
            .GetArrayLength()
            .ShouldBe(0);
        return venue;
    }

    [Fact]
    public async Task Its_sales_raise_spend_and_unlock_nothing_until_the_first_sale_after_it_is_turned_on()
    {
        await using var venue = await OpenAsync(postgres);
        await venue.LinkCardAsync("guest", "card-1"); // 1.00
        await SwitchAsync(venue, on: false);

        await venue.PostWebhookAsync(venue.PaymentEvent("p1", amount: 5000, fingerprint: "card-1"));
        (await GuestAsync(venue)).ShouldBe("GUEST 5100 0");

        await SwitchAsync(venue, on: true);
        (await GuestAsync(venue)).ShouldBe("GUEST 5100 0");
        await venue.PostWebhookAsync(venue.PaymentEvent("p2", amount: 100, fingerprint: "card-1"));
        (await GuestAsync(venue)).ShouldBe("REGULAR 5200 1");
    }

    [Fact]
    public async Task A_card_linked_later_does_not_make_its_sales_unlock_whatever_the_till_is_set_to_by_then()
    {
        await using var venue = await OpenAsync(postgres);
        await SwitchAsync(venue, on: false);
        await venue.PostWebhookAsync(venue.PaymentEvent("off", amount: 5000, fingerprint: "card-1"));
        await venue.PostWebhookAsync(venue.PaymentEvent("off-too", amount: 5000, fingerprint: "card-2"));
        await LinkAsync(venue, "guest", "off");
        (await GuestAsync(venue)).ShouldBe("GUEST 5000 0");
        await SwitchAsync(venue, on: true);
        await LinkAsync(venue, "another", "off-too");
        (await GuestAsync(venue, "another")).ShouldBe("GUEST 5000 0");

        // What was sold while it was on unlocks, also when its card is linked while it is off.
        await venue.PostWebhookAsync(venue.PaymentEvent("on", amount: 2000, fingerprint: "card-3"));
        await SwitchAsync(venue, on: false);
        await LinkAsync(venue, "third", "on");
        (await GuestAsync(venue, "third")).ShouldBe("REGULAR 2000 1");
    }

    [Fact]
    public async Task A_till_connected_with_its_rules_off_unlocks_nothing()
    {
        await using var venue = await OpenAsync(postgres);
        var till = venue.Seller;
        (
            await venue.Moderator.GetDataAsync(
                "mutation($input: ConnectPosInput!) { connectPos(input: $input) { connection { id sync { processRules } } errors { code message } } }",
                new
                {
                    input = new
                    {
                        venueId = TestVenue.VenueId,
                        processRules = false,
                        credentials = new
                        {
                            provider = "SQUARE",
                            environment = "SANDBOX",
                            locationId = till.Location.Id,
                            accessToken = till.Token.Value,
                        },
                    },
                }
            )
        ).At("connectPos").ToString().ShouldBe($$$"""{"connection":{"id":"{{{venue.ConnectionId}}}","sync":{"processRules":false}},"errors":[]}""");

        await venue.LinkCardAsync("guest", "card-1");
        await venue.PostWebhookAsync(venue.PaymentEvent("p1", amount: 5000, fingerprint: "card-1"));

        (await GuestAsync(venue)).ShouldBe("GUEST 5100 0");
    }
}
