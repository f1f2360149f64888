using PosModular.IntegrationTests.House;
using PosModular.IntegrationTests.Postgres;

namespace PosModular.IntegrationTests.Rules;

/// <summary>A till whose sales count and unlock nothing.</summary>
public sealed class RulesOffTests(TestPostgres postgres)
{
    private static async Task<string> GuestAsync(Bar bar, string user = "guest")
    {
        await bar.Host.WhenIdleAsync();
        var member = (
            await bar.Owner.DataAsync(
                "query($user: ID!) { venue(id: \"bar\") { member(userId: $user) { tier lifetimeSpend { amountMinor } unlocks { tier } } } }",
                new { user }
            )
        ).At("venue.member");
        return $"{member.At("tier").GetString()} {member.At("lifetimeSpend.0.amountMinor").GetInt64()} {member.At("unlocks").GetArrayLength()}";
    }

    private static async Task SwitchAsync(Bar bar, bool on) =>
        (
            await bar.Moderator.DataAsync(
                "mutation($input: UpdatePosConnectionInput!) { updatePosConnection(input: $input) { connection { sync { processRules } } errors { code } } }",
                new { input = new { connectionId = bar.ConnectionId, processRules = on } }
            )
        )
            .At("updatePosConnection")
            .ToString()
            .ShouldBe($$$"""{"connection":{"sync":{"processRules":{{{(on ? "true" : "false")}}}}},"errors":[]}""");

    private static async Task LinkAsync(Bar bar, string user, string payment)
    {
        var token = await bar.SqlAsync<string>($"select card_token from ingestion.transactions where external_id = '{payment}'");
        (
            await bar.Owner.DataAsync(
                "mutation($input: LinkCardInput!) { linkCard(input: $input) { errors { code } } }",
                new
                {
                    input = new
                    {
                        venueId = Bar.VenueId,
                        userId = user,
                        cardToken = token,
                    },
                }
            )
        ).At("linkCard.errors").GetArrayLength().ShouldBe(0);
    }

    private static async Task<Bar> OpenAsync(TestPostgres postgres)
    {
        var bar = await Bar.OpenAsync(await postgres.CreateDatabaseAsync());
        (
            await bar.Owner.DataAsync(
                "mutation { createSpendRule(input: { venueId: \"bar\", name: \"Regulars\", threshold: 10, unlocksTier: REGULAR }) { errors { code } } }"
            )
        )
            .At("createSpendRule.errors")
            .GetArrayLength()
            .ShouldBe(0);
        return bar;
    }

    [Fact]
    public async Task Its_sales_raise_spend_and_unlock_nothing_until_the_first_sale_after_it_is_turned_on()
    {
        await using var bar = await OpenAsync(postgres);
        await bar.LinkAsync("guest", "card-1"); // 1.00
        await SwitchAsync(bar, on: false);

        await bar.PostAsync(bar.Event("p1", amount: 5000, fingerprint: "card-1"));
        (await GuestAsync(bar)).ShouldBe("GUEST 5100 0");

        await SwitchAsync(bar, on: true);
        (await GuestAsync(bar)).ShouldBe("GUEST 5100 0");
        await bar.PostAsync(bar.Event("p2", amount: 100, fingerprint: "card-1"));
        (await GuestAsync(bar)).ShouldBe("REGULAR 5200 1");
    }

    [Fact]
    public async Task A_card_linked_later_does_not_make_its_sales_unlock_whatever_the_till_is_set_to_by_then()
    {
        await using var bar = await OpenAsync(postgres);
        await SwitchAsync(bar, on: false);
        await bar.PostAsync(bar.Event("off", amount: 5000, fingerprint: "card-1"));
        await bar.PostAsync(bar.Event("off-too", amount: 5000, fingerprint: "card-2"));
        await LinkAsync(bar, "guest", "off");
        (await GuestAsync(bar)).ShouldBe("GUEST 5000 0");
        await SwitchAsync(bar, on: true);
        await LinkAsync(bar, "another", "off-too");
        (await GuestAsync(bar, "another")).ShouldBe("GUEST 5000 0");

        // What was sold while it was on unlocks, also when its card is linked while it is off.
        await bar.PostAsync(bar.Event("on", amount: 2000, fingerprint: "card-3"));
        await SwitchAsync(bar, on: false);
        await LinkAsync(bar, "third", "on");
        (await GuestAsync(bar, "third")).ShouldBe("REGULAR 2000 1");
    }

    [Fact]
    public async Task A_till_connected_with_its_rules_off_unlocks_nothing()
    {
        await using var bar = await OpenAsync(postgres);
        var till = bar.Till;
        (
            await bar.Moderator.DataAsync(
                "mutation($input: ConnectPosInput!) { connectPos(input: $input) { connection { id sync { processRules } } errors { code message } } }",
                new
                {
                    input = new
                    {
                        venueId = Bar.VenueId,
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
        ).At("connectPos").ToString().ShouldBe($$$"""{"connection":{"id":"{{{bar.ConnectionId}}}","sync":{"processRules":false}},"errors":[]}""");

        await bar.LinkAsync("guest", "card-1");
        await bar.PostAsync(bar.Event("p1", amount: 5000, fingerprint: "card-1"));

        (await GuestAsync(bar)).ShouldBe("GUEST 5100 0");
    }
}
