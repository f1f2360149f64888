using PosModular.IntegrationTests.Fixtures;
using PosModular.IntegrationTests.Ledger;
using PosModular.IntegrationTests.Postgres;
using PosModular.IntegrationTests.Syncs;
using PosModular.Simulator.Payments;
using PosModular.Simulator.Toast;

namespace PosModular.IntegrationTests.Reading;

public sealed class MatchRateTests(TestPostgres postgres)
{
    [Fact]
    public async Task Transactions_without_a_user_are_counted_by_reason_in_each_period()
    {
        await using var venue = await SyncTestVenue.CreateAsync(
            await postgres.CreateDatabaseAsync(),
            extraSettings: new Dictionary<string, string?> { ["Pos:Syncs"] = "false" }
        );
        async Task<string> GetMatchRateAsync(string arguments) =>
            (
                await venue.Owner.GetDataAsync(
                    $"{{ venue(id: \"bar\") {{ matchRate({arguments}) {{ sales matched rate unmatched {{ reason sales }} }} }} }}"
                )
            )
                .At("venue.matchRate")
                .ToString();
        (await GetMatchRateAsync("period: ALL")).ShouldBe("""{"sales":0,"matched":0,"rate":0,"unmatched":[]}""");

        await venue.LinkCardAsync("guest", "card-1"); // posts a first payment on 20 November, the date of all events without another one
        await venue.RingUpAsync(
            new Sale
            {
                LocationId = "",
                Amount = 500,
                Cash = true,
                At = new DateTimeOffset(2026, 11, 20, 20, 0, 0, TimeSpan.Zero),
            }
        );
        await venue.PostWebhookAsync(venue.PaymentEvent("without-token"));
        await venue.PostWebhookAsync(venue.PaymentEvent("also-without-token", status: "APPROVED"));
        for (var i = 0; i < 3; i++)
            await venue.PostWebhookAsync(
                venue.PaymentEvent(
                    $"unlinked-{i}",
                    fingerprint: $"card-of-{i}",
                    createdAt: i == 0 ? "2026-10-31T20:00:00.000Z" : "2026-11-18T20:00:00.000Z"
                )
            );
        await venue.PostWebhookAsync(venue.PaymentEvent("canceled", status: "CANCELED"));
        await venue.PostWebhookAsync(venue.PaymentEvent("failed", status: "FAILED"));
        await venue.PostWebhookAsync(venue.RefundEvent("r1", null)); // an unlinked refund
        var (account, toastConnectionId) = await venue.ConnectToastAsync();
        await venue.EnableToastWebhooksAsync(account, toastConnectionId, "secret");
        foreach (var type in new[] { ToastPaymentType.Credit, ToastPaymentType.Cash })
            venue.Simulator.Toast.Ledger.AddSale(
                new ToastSale
                {
                    RestaurantGuid = account.Restaurant.Guid,
                    Price = 1200,
                    Captured = true,
                    Type = type,
                    At = new DateTimeOffset(2026, 11, 21, 3, 0, 0, TimeSpan.Zero),
                }
            );
        await venue.Simulator.Toast.Deliveries.WhenIdleAsync(TestContext.Current.CancellationToken);

        (await GetMatchRateAsync("period: ALL")).ShouldBe(
            """
            {"sales":9,"matched":1,"rate":0.1111111111111111,"unmatched":[{"reason":"CARD_NOT_LINKED","sales":3},
            {"reason":"CASH","sales":2},{"reason":"NO_CARD_TOKEN","sales":2},{"reason":"PROVIDER_GIVES_NO_TOKEN","sales":1}]}
            """.ReplaceLineEndings("")
        );
        // The Toast payments at 22:00 in New York belong to 20 November.
        const string november20 =
            """{"sales":6,"matched":1,"rate":0.16666666666666666,"unmatched":[{"reason":"CASH","sales":2},"""
            + """{"reason":"NO_CARD_TOKEN","sales":2},{"reason":"PROVIDER_GIVES_NO_TOKEN","sales":1}]}""";
        (await GetMatchRateAsync("period: DAY, on: \"2026-11-20\"")).ShouldBe(november20);
        (await GetMatchRateAsync("period: DAY, on: \"2026-11-19\"")).ShouldBe("""{"sales":0,"matched":0,"rate":0,"unmatched":[]}""");
        (await GetMatchRateAsync("period: WEEK, on: \"2026-11-22\"")).ShouldContain("\"sales\":8,");
        (await GetMatchRateAsync("period: MONTH, on: \"2026-10-01\"")).ShouldBe(
            """{"sales":1,"matched":0,"rate":0,"unmatched":[{"reason":"CARD_NOT_LINKED","sales":1}]}"""
        );
        (await GetMatchRateAsync("period: YEAR, on: \"2026-01-01\"")).ShouldContain("\"sales\":9,");
        (await GetMatchRateAsync("period: YEAR, on: \"2025-01-01\"")).ShouldContain("\"sales\":0,");
        const string ofToast =
            """{"sales":2,"matched":0,"rate":0,"unmatched":[{"reason":"CASH","sales":1},{"reason":"PROVIDER_GIVES_NO_TOKEN","sales":1}]}""";
        foreach (var period in new[] { "period: ALL", "period: DAY, on: \"2026-11-20\"", "period: MONTH, on: \"2026-11-20\"" })
            (await GetMatchRateAsync($"{period}, connectionId: \"{toastConnectionId}\"")).ShouldBe(ofToast);
        (await GetMatchRateAsync($"period: ALL, connectionId: \"{venue.ConnectionId}\"")).ShouldContain("\"sales\":7,");
        (await GetMatchRateAsync("period: ALL, connectionId: \"unknown\"")).ShouldContain("\"sales\":0,");
        const string total = "{ venue(id: \"bar\") { transactions { totalCount } posConnections { transactionCount } } }";
        var counts = await venue.Owner.GetDataAsync(total);
        counts.At("venue.transactions.totalCount").GetInt64().ShouldBe(12); // with the cancelled, the failed and the refund alone
        counts.At("venue.posConnections").EnumerateArray().Sum(c => c.At("transactionCount").GetInt64()).ShouldBe(12);

        await venue.SqlAsync<int>("delete from ingestion.transactions where external_id = 'unlinked-1'");
        (await GetMatchRateAsync("period: YEAR, on: \"2026-01-01\"")).ShouldContain("\"sales\":8,");
        (await venue.SqlAsync<string>(TransactionCounts.Differences)).ShouldBeNull();

        (await venue.Owner.GetErrorCodeAsync("{ venue(id: \"bar\") { matchRate(period: DAY, on: \"9999-12-31\") { sales } } }")).ShouldBe(
            "INVALID_INPUT"
        );
        (await venue.Moderator.GetErrorCodeAsync("{ venue(id: \"bar\") { matchRate(period: ALL) { sales } } }")).ShouldBe("FORBIDDEN");
    }
}
