using Ingestion;
using Ingestion.Transactions;
using Integrations.Contracts.Venues;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using PosModular.IntegrationTests.Fixtures;
using PosModular.IntegrationTests.Postgres;

namespace PosModular.IntegrationTests.Reading;

/// <summary>The sums beneath a filtered list.</summary>
public sealed class TotalsTests(TestPostgres postgres)
{
    private const string Query = """
        query($filter: TransactionFilter) { venue(id: "bar") { transactions(filter: $filter, first: 1) { totals {
          currency count total { amountMinor } net { formatted } refunded { amountMinor } tip { amountMinor decimals } } } } }
        """;

    private static async Task<string> GetTotalsAsync(TestVenue venue, object? filter = null) =>
        string.Join(
            '\n',
            (await venue.Owner.GetDataAsync(Query, new { filter }))
                .At("venue.transactions.totals")
                .EnumerateArray()
                .Select(t =>
                    $"{t.At("currency")} {t.At("count")}: {t.At("total.amountMinor")} {t.At("net.formatted")} "
                    + $"{t.At("refunded.amountMinor")} {t.At("tip.amountMinor")}/{t.At("tip.decimals")}"
                )
        );

    [Fact]
    public async Task Totals_add_up_all_that_the_filter_selects_by_currency_and_leave_the_money_of_cancelled_payments_out()
    {
        await using var venue = await TestVenue.CreateAsync(await postgres.CreateDatabaseAsync());
        (await GetTotalsAsync(venue)).ShouldBe("");
        await venue.PostWebhookAsync(
            venue.PaymentEvent("a", amount: 2300, refunded: 300, extraFields: "\"tip_money\":{\"amount\":300,\"currency\":\"USD\"},")
        );
        await venue.PostWebhookAsync(venue.PaymentEvent("b", amount: 1000, status: "APPROVED"));
        await venue.PostWebhookAsync(venue.PaymentEvent("c", amount: 500, status: "CANCELED"));
        await venue.PostWebhookAsync(venue.PaymentEvent("d", amount: 700, status: "PENDING"));
        await venue.PostWebhookAsync(venue.PaymentEvent("e", amount: 1200, currency: "JPY"));
        await venue.PostWebhookAsync(venue.RefundEvent("refund", null, amount: 2500));

        (await GetTotalsAsync(venue)).ShouldBe("JPY 1: 1200 ¥1,200 0 0/0\nUSD 5: 3300 $5.00 2800 300/2");
        (await GetTotalsAsync(venue, new { minTotalMinor = 1000, maxTotalMinor = 1200 })).ShouldBe(
            "JPY 1: 1200 ¥1,200 0 0/0\nUSD 1: 1000 $10.00 0 0/2"
        );
        (await GetTotalsAsync(venue, new { statuses = new[] { "REFUNDED" } })).ShouldBe("USD 1: 0 -$25.00 2500 0/2");
        (await GetTotalsAsync(venue, new { statuses = new[] { "CANCELED" } })).ShouldBe("USD 1: 0 $0.00 0 0/2");
        (await GetTotalsAsync(venue, new { userId = "nobody" })).ShouldBe("");
    }

    [Fact]
    public async Task Totals_that_take_too_long_are_INVALID_INPUT_and_leave_the_list_readable()
    {
        await using var venue = await TestVenue.CreateAsync(await postgres.CreateDatabaseAsync());
        await venue.PostWebhookAsync(venue.PaymentEvent("a"));
        await using var db = await venue
            .Host.Services.GetRequiredService<IDbContextFactory<IngestionDb>>()
            .CreateDbContextAsync(TestContext.Current.CancellationToken);
        var owner = await venue
            .Host.Services.GetRequiredService<IVenues>()
            .ReadAsync(TestVenue.VenueId, TestContext.Current.CancellationToken);
        var list = new TransactionConnection([], new(false, false, null, null), new TransactionSelection(owner, null), Factory(venue));
        await using var lockingTransaction = await db.Database.BeginTransactionAsync(TestContext.Current.CancellationToken);
        await db.Database.ExecuteSqlAsync(
            $"lock table ingestion.transactions in access exclusive mode",
            TestContext.Current.CancellationToken
        );

        var error = await Should.ThrowAsync<PosModular.Kernel.Errors.ApiError>(() =>
            new TransactionConnectionTotals(Factory(venue)).TotalsAsync(list, TestContext.Current.CancellationToken)
        );

        error.Code.ShouldBe("INVALID_INPUT");
        await lockingTransaction.RollbackAsync(TestContext.Current.CancellationToken);
        (await GetTotalsAsync(venue)).ShouldBe("USD 1: 1000 $10.00 0 0/2");
    }

    private static IDbContextFactory<IngestionDb> Factory(TestVenue venue) =>
        venue.Host.Services.GetRequiredService<IDbContextFactory<IngestionDb>>();
}
