using PosModular.IntegrationTests.Fixtures;
using PosModular.IntegrationTests.Postgres;

namespace PosModular.IntegrationTests.Rules;

/// <summary>Payments of a connection with `processRules: false` count as spend but unlock nothing.</summary>
public sealed class RulesDisabledTests(TestPostgres postgres)
{
    private static async Task<string> DescribeMemberAsync(TestVenue venue, string userId = "guest")
    {
        await venue.Host.WhenIdleAsync();
        var member = (
            await venue.Owner.GetDataAsync(
                """
                query($user: ID!) { venue(id: "bar") {
                  member(userId: $user) { tier lifetimeSpend { amountMinor } unlocks { tier } } } }
                """,
                new { user = userId }
            )
        ).At("venue.member");
        var spend = member.At("lifetimeSpend.0.amountMinor").GetInt64();
        return $"{member.At("tier").GetString()} {spend} {member.At("unlocks").GetArrayLength()}";
    }

    private static async Task SetProcessRulesAsync(TestVenue venue, bool processRules)
    {
        var payload = (
            await venue.Moderator.GetDataAsync(
                """
                mutation($input: UpdatePosConnectionInput!) {
                  updatePosConnection(input: $input) { connection { sync { processRules } } errors { code } } }
                """,
                new { input = new { connectionId = venue.ConnectionId, processRules } }
            )
        ).At("updatePosConnection");
        payload.At("errors").GetArrayLength().ShouldBe(0);
        payload.At("connection.sync.processRules").GetBoolean().ShouldBe(processRules);
    }

    private static async Task LinkCardOfPaymentAsync(TestVenue venue, string userId, string paymentId)
    {
        var token = await venue.SqlAsync<string>($"select card_token from ingestion.transactions where external_id = '{paymentId}'");
        (
            await venue.Owner.GetDataAsync(
                "mutation($input: LinkCardInput!) { linkCard(input: $input) { errors { code } } }",
                new
                {
                    input = new
                    {
                        venueId = TestVenue.VenueId,
                        userId = userId,
                        cardToken = token,
                    },
                }
            )
        ).At("linkCard.errors").GetArrayLength().ShouldBe(0);
    }

    private static async Task<TestVenue> CreateVenueAsync(TestPostgres postgres)
    {
        var venue = await TestVenue.CreateAsync(await postgres.CreateDatabaseAsync());
        (
            await venue.Owner.GetDataAsync(
                """
                mutation { createSpendRule(input: { venueId: "bar", name: "Regulars", threshold: 10, unlocksTier: REGULAR }) {
                  errors { code } } }
                """
            )
        ).At("createSpendRule.errors").GetArrayLength().ShouldBe(0);
        return venue;
    }

    [Fact]
    public async Task Payments_raise_the_spend_but_unlock_nothing_until_the_first_payment_after_rules_are_enabled()
    {
        await using var venue = await CreateVenueAsync(postgres);
        await venue.LinkCardAsync("guest", "card-1"); // posts a first payment of 1.00
        await SetProcessRulesAsync(venue, processRules: false);

        await venue.PostWebhookAsync(venue.PaymentEvent("p1", amount: 5000, fingerprint: "card-1"));
        (await DescribeMemberAsync(venue)).ShouldBe("GUEST 5100 0");

        await SetProcessRulesAsync(venue, processRules: true);
        (await DescribeMemberAsync(venue)).ShouldBe("GUEST 5100 0");
        await venue.PostWebhookAsync(venue.PaymentEvent("p2", amount: 100, fingerprint: "card-1"));
        (await DescribeMemberAsync(venue)).ShouldBe("REGULAR 5200 1");
    }

    [Fact]
    public async Task Linking_a_card_later_unlocks_only_by_payments_made_while_rules_were_enabled()
    {
        await using var venue = await CreateVenueAsync(postgres);
        await SetProcessRulesAsync(venue, processRules: false);
        await venue.PostWebhookAsync(venue.PaymentEvent("while-disabled", amount: 5000, fingerprint: "card-1"));
        await venue.PostWebhookAsync(venue.PaymentEvent("also-while-disabled", amount: 5000, fingerprint: "card-2"));
        await LinkCardOfPaymentAsync(venue, "guest", "while-disabled");
        (await DescribeMemberAsync(venue)).ShouldBe("GUEST 5000 0");
        await SetProcessRulesAsync(venue, processRules: true);
        await LinkCardOfPaymentAsync(venue, "another", "also-while-disabled");
        (await DescribeMemberAsync(venue, "another")).ShouldBe("GUEST 5000 0");

        // A payment made while rules were enabled unlocks, even if its card is linked while they are disabled.
        await venue.PostWebhookAsync(venue.PaymentEvent("while-enabled", amount: 2000, fingerprint: "card-3"));
        await SetProcessRulesAsync(venue, processRules: false);
        await LinkCardOfPaymentAsync(venue, "third", "while-enabled");
        (await DescribeMemberAsync(venue, "third")).ShouldBe("REGULAR 2000 1");
    }

    [Fact]
    public async Task A_location_connected_with_rules_disabled_unlocks_nothing()
    {
        await using var venue = await CreateVenueAsync(postgres);
        var seller = venue.Seller;
        var payload = (
            await venue.Moderator.GetDataAsync(
                """
                mutation($input: ConnectPosInput!) {
                  connectPos(input: $input) { connection { id sync { processRules } } errors { code message } } }
                """,
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
                            locationId = seller.Location.Id,
                            accessToken = seller.Token.Value,
                        },
                    },
                }
            )
        ).At("connectPos");
        payload.At("errors").GetArrayLength().ShouldBe(0);
        payload.At("connection.id").GetGuid().ShouldBe(venue.ConnectionId);
        payload.At("connection.sync.processRules").GetBoolean().ShouldBeFalse();

        await venue.LinkCardAsync("guest", "card-1");
        await venue.PostWebhookAsync(venue.PaymentEvent("p1", amount: 5000, fingerprint: "card-1"));

        (await DescribeMemberAsync(venue)).ShouldBe("GUEST 5100 0");
    }
}
