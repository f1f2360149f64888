using PosModular.IntegrationTests.Fixtures;
using PosModular.Simulator.Sellers;

namespace PosModular.IntegrationTests.ConsoleInBrowser;

/// <summary>The wizard that connects a point of sale names the field that is wrong, and ends with the first transaction.</summary>
[Collection(ConsoleCollection.Name)]
public sealed class ConsoleWizardTests(ConsoleVenue venues, ConsoleBrowser browser)
{
    private const string VenueId = "live-wizard";

    [Fact]
    public async Task Each_fault_is_named_at_its_field_and_the_wizard_ends_when_the_first_transaction_appears()
    {
        var shared = await venues.GetAsync();
        await shared.RegisterVenueAsync(VenueId, TestVenue.OwnerId);
        var seller = FurtherVenue.AddSeller(shared, VenueId, "USD");
        var lacking = shared.Simulator.Sellers.AddSeller(
            new SellerDraft
            {
                MerchantId = seller.Merchant.Id,
                LocationId = seller.Location.Id,
                OAuth = true,
                Scopes = ["MERCHANT_PROFILE_READ", "ORDERS_READ"],
            }
        );
        await using var page = await browser.OpenAsync(
            ConsoleVenue.AddressOf(shared.Host.Address, "connections", VenueId),
            TestKeys.Token(TestVenue.OwnerId, "HEAD_MODERATOR")
        );
        await page.SettleAsync("Connections");
        await page.ClickAsync(".screen > header .button.main");

        // A key of the sandbox, while production is chosen.
        await CheckAsync(seller.Token.Value, seller.Location.Id);
        await page.WaitForAsync("#environment-error", "belongs to");
        (await page.ViolationsAsync()).ShouldBeEmpty();

        await page.SelectAsync("Environment", "SANDBOX");
        await CheckAsync("a-key-that-is-wrong", seller.Location.Id);
        await page.WaitForAsync(".field:has(input[type=password]) .error");

        await CheckAsync(lacking.Token.Value, seller.Location.Id);
        await page.WaitForAsync("dialog", "PAYMENTS_READ");

        await CheckAsync(seller.Token.Value, "ANOTHERLOCATION");
        await page.WaitForAsync(".field:has(input[aria-invalid]) .error", "location");

        await CheckAsync(seller.Token.Value, seller.Location.Id);
        await page.WaitForAsync("dialog .state[data-tone=good]", "USD");
        await page.ClickAsync("dialog button.main:not([type=submit])");
        await page.WaitForAsync("dialog", "Waiting for the first transaction");
        (await page.ViolationsAsync()).ShouldBeEmpty();

        await (await FurtherVenue.ConnectedAsync(shared, VenueId, seller)).PostPaymentAsync("first", 4321);
        await page.WaitForAsync("dialog", "The first transaction is here: $43.21");
        await page.ClickAsync("dialog .button.main");
        await page.WaitForAsync("main section", "Connected");

        async Task CheckAsync(string accessToken, string locationId)
        {
            await page.FillAsync("Access token", accessToken);
            await page.FillAsync("Location id", locationId);
            await page.ClickAsync("dialog button[type=submit]");
        }
    }
}
