using System.Text.Json;
using PosModular.IntegrationTests.Fixtures;
using PosModular.IntegrationTests.Ide;
using PosModular.IntegrationTests.Postgres;

namespace PosModular.IntegrationTests.Browsers;

/// <summary>A page of another origin in a real Chromium queries, changes, subscribes and exports, or is refused all of it.</summary>
public sealed class OtherOriginTests(TestPostgres postgres)
{
    [Fact]
    public async Task A_page_of_a_listed_origin_uses_everything()
    {
        var outcomes = await OpenPageAsync(allowedOrigin: origin => origin, subscriptions: 2);

        outcomes.At("query").ToString().ShouldBe("""{"data":{"venue":{"name":"bar"}}}""");
        outcomes.At("get").ToString().ShouldBe("""{"data":{"venue":{"name":"bar"}}}""");
        outcomes.At("mutation").ToString().ShouldBe("""{"data":{"createSpendRule":{"rule":{"name":"Fifty"},"errors":[]}}}""");
        outcomes.At("csv").ToString().ShouldBe("""{"file":"attachment; filename=\"transactions-bar.csv\"","firstColumn":"id"}""");
        outcomes.At("events").ToString().ShouldBe("""{"data":{"transactionAdded":{"externalId":"sale"}}}""");
        outcomes.At("webSocket").ToString().ShouldBe("""{"data":{"transactionAdded":{"externalId":"sale"}}}""");
    }

    [Fact]
    public async Task A_page_of_an_origin_that_is_not_listed_is_refused_everything()
    {
        var outcomes = await OpenPageAsync(allowedOrigin: _ => "https://app.example.test", subscriptions: 1);

        foreach (var attempt in new[] { "query", "get", "mutation", "csv", "events" })
            outcomes.At(attempt).ToString().ShouldBe("Failed to fetch", attempt);
        outcomes.At("webSocket").ToString().ShouldBe("closed with 1006");
    }

    /// <summary>Sends a payment once the page has subscribed so often. A refused page never does, and ends by itself.</summary>
    private async Task<JsonElement> OpenPageAsync(Func<string, string> allowedOrigin, int subscriptions)
    {
        Assert.SkipWhen(
            HeadlessBrowser.ExecutablePath is null,
            "There is no Chromium here; scripts/ensure-chromium.sh could not install one."
        );
        await using var pages = await PageServer.StartAsync();
        await using var venue = await TestVenue.CreateAsync(
            await postgres.CreateDatabaseAsync(),
            settings: new Dictionary<string, string?> { ["Pos:Cors:Origins"] = allowedOrigin(pages.Origin) }
        );

        var browsing = HeadlessBrowser.OpenAsync(pages.PageFor(venue.Host, venue.Owner.Token!));
        if (await Task.WhenAny(venue.WaitForSubscribersAsync(subscriptions), browsing) != browsing)
            await venue.PostWebhookAsync(venue.PaymentEvent("sale"));
        return await browsing;
    }
}
