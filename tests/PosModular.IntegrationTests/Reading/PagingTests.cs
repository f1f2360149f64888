using System.Text.Json;
using Ingestion;
using Ingestion.Transactions;
using Integrations.Contracts.Venues;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using NodaTime;
using PosModular.IntegrationTests.Fixtures;
using PosModular.IntegrationTests.Postgres;

namespace PosModular.IntegrationTests.Reading;

public sealed class PagingTests(TestPostgres postgres)
{
    private static readonly string[] SortOrders = ["NEWEST_FIRST", "OLDEST_FIRST", "LARGEST_FIRST"];

    [Fact]
    public async Task Pages_of_every_sort_order_hold_each_transaction_once_while_others_arrive()
    {
        await using var venue = await TestVenue.CreateAsync(await postgres.CreateDatabaseAsync());
        // Sixty payments share five times and four totals.
        await Task.WhenAll(
            Enumerable
                .Range(0, 60)
                .Select(i =>
                    venue.PostWebhookAsync(
                        venue.PaymentEvent($"p{i}", amount: 1000 + i % 4 * 100, createdAt: $"2026-11-20T20:0{i % 5}:00.000Z")
                    )
                )
        );

        foreach (var order in SortOrders)
        {
            var (transactions, after, pageNumber) = (new List<JsonElement>(), (string?)null, 0);
            do
            {
                var page = await venue.GetPageAsync(order: order, first: 7, after: after);
                transactions.AddRange(page.At("edges").EnumerateArray().Select(e => e.At("node")));
                page.At("totalCount").GetInt64().ShouldBeGreaterThanOrEqualTo(60);
                after = page.At("pageInfo.hasNextPage").GetBoolean() ? page.At("pageInfo.endCursor").GetString() : null;
                // New transactions arrive before, after and among those of the pages.
                await venue.PostWebhookAsync(
                    venue.PaymentEvent($"{order}-early-{pageNumber}", amount: 10, createdAt: "2026-11-20T19:00:00.000Z")
                );
                await venue.PostWebhookAsync(
                    venue.PaymentEvent($"{order}-late-{pageNumber}", amount: 9000, createdAt: "2026-11-20T21:00:00.000Z")
                );
                await venue.PostWebhookAsync(
                    venue.PaymentEvent($"{order}-among-{pageNumber++}", amount: 1100, createdAt: "2026-11-20T20:02:00.000Z")
                );
            } while (after is not null && pageNumber < 60);

            pageNumber.ShouldBeLessThan(60);
            var ids = transactions.ConvertAll(s => s.At("externalId").GetString()!);
            ids.Distinct().Count().ShouldBe(ids.Count, order);
            Enumerable.Range(0, 60).ShouldAllBe(i => ids.Contains($"p{i}"));
            var keys = transactions.ConvertAll(s =>
                (order == "LARGEST_FIRST" ? s.At("total.amountMinor").GetInt64().ToString("D9", null) : s.At("occurredAt").GetString())
                + " "
                + s.At("id").GetString()
            );
            keys.ShouldBe(order == "OLDEST_FIRST" ? keys.Order(StringComparer.Ordinal) : keys.OrderDescending(StringComparer.Ordinal));
        }
    }

    [Fact]
    public async Task A_cursor_of_another_sort_order_is_INVALID_INPUT()
    {
        await using var venue = await TestVenue.CreateAsync(await postgres.CreateDatabaseAsync());
        await venue.PostWebhookAsync(venue.PaymentEvent("p1"));
        await venue.PostWebhookAsync(venue.PaymentEvent("p2"));
        foreach (var order in SortOrders)
        {
            var cursor = (await venue.GetPageAsync(order: order, first: 1)).At("pageInfo.endCursor").GetString();
            foreach (var other in SortOrders)
            {
                var query = $"{{ venue(id: \"bar\") {{ transactions(order: {other}, after: \"{cursor}\") {{ nodes {{ id }} }} }} }}";
                if (other == order)
                    (await venue.Owner.GetDataAsync(query)).At("venue.transactions.nodes").GetArrayLength().ShouldBe(1);
                else
                    (await venue.Owner.GetErrorCodeAsync(query)).ShouldBe("INVALID_INPUT", $"{order} {other}");
            }
        }
    }

    [Fact]
    public async Task Every_sort_order_and_the_pages_of_a_user_are_read_from_an_index_without_sorting()
    {
        await using var venue = await TestVenue.CreateAsync(await postgres.CreateDatabaseAsync());
        await venue.InsertTransactionsAsync(20_000);

        async Task ShouldUseIndexAsync(TransactionOrder order, TransactionFilter? filter, string index)
        {
            await using var db = await venue.Host.Services.GetRequiredService<IDbContextFactory<IngestionDb>>().CreateDbContextAsync();
            var selection = new TransactionSelection(
                await venue.Host.Services.GetRequiredService<IVenues>().ReadAsync(TestVenue.VenueId, TestContext.Current.CancellationToken),
                filter
            )
            {
                OnStage = filter?.PerformerId is null ? null : [new(filter.PerformerId, Instant.FromUtc(2026, 1, 1, 0, 0), null)],
                AddedUntil = filter is null ? null : 19_000,
            };
            var middle = await selection.Rows(db).Sorted(order, null).Skip(10).FirstAsync();
            foreach (var after in new[] { null, order.CursorOf(middle) })
            {
                await using var command = selection.Rows(db).Sorted(order, after).Take(51).CreateDbCommand();
                command.CommandText = "explain " + command.CommandText;
                await db.Database.OpenConnectionAsync();
                var plan = "";
                await using var rows = await command.ExecuteReaderAsync();
                while (await rows.ReadAsync())
                    plan += rows.GetString(0) + "\n";
                plan.ShouldContain(index);
                plan.ShouldNotContain("Sort");
                if (filter?.PerformerId is not null)
                    plan.ShouldContain("InitPlan"); // the times on stage are read once, not for each row
            }
        }

        await ShouldUseIndexAsync(TransactionOrder.NewestFirst, null, "ix_transactions_venue_id_occurred_at_id");
        await ShouldUseIndexAsync(
            TransactionOrder.NewestFirst,
            new TransactionFilter { PerformerId = "singer" },
            "ix_transactions_venue_id_occurred_at_id"
        );
        await ShouldUseIndexAsync(TransactionOrder.OldestFirst, null, "ix_transactions_venue_id_occurred_at_id");
        await ShouldUseIndexAsync(TransactionOrder.LargestFirst, null, "ix_transactions_venue_id_total_minor_id");
        await ShouldUseIndexAsync(
            TransactionOrder.NewestFirst,
            new TransactionFilter { UserId = "guest3" },
            "ix_transactions_venue_id_user_id_occurred_at_id"
        );
        await ShouldUseIndexAsync(
            TransactionOrder.OldestFirst,
            new TransactionFilter { UserId = "guest3" },
            "ix_transactions_venue_id_user_id_occurred_at_id"
        );
    }
}
