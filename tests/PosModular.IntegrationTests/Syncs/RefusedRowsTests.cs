using PosModular.IntegrationTests.Fixtures;
using PosModular.IntegrationTests.Postgres;
using PosModular.Simulator.Payments;

namespace PosModular.IntegrationTests.Syncs;

/// <summary>What a sync does with rows that the database refuses (docs/adr/0006-one-commit-per-batch.md).</summary>
public sealed class RefusedRowsTests(TestPostgres postgres)
{
    private static void AddSales(TestVenue venue, params int[] amounts)
    {
        foreach (var amount in amounts)
            venue.Simulator.Ledger.AddSale(
                new Sale
                {
                    LocationId = venue.Seller.Location.Id,
                    Amount = amount,
                    Captured = true,
                    Announce = false,
                }
            );
    }

    private static async Task<string> StartAsync(TestVenue venue) =>
        (await venue.Owner.GetDataAsync("mutation { syncTransactions(input: { venueId: \"bar\" }) { runs { id } } }"))
            .At("syncTransactions.runs.0.id")
            .GetString()!;

    /// <summary>As when a newer host has added a column that must not be null: no row of ours can be stored, and none of them is at
    /// fault.</summary>
    [Fact]
    public async Task A_page_of_which_every_row_is_refused_is_not_passed_and_is_stored_once_the_table_accepts_it()
    {
        await using var venue = await SyncTestVenue.CreateAsync(await postgres.CreateDatabaseAsync());
        await venue.SyncAsync();
        AddSales(venue, 100, 200, 300);
        await venue.SqlAsync<object?>("alter table ingestion.transactions add constraint refused check (false) not valid");

        var id = await StartAsync(venue);
        var parked = await venue.WaitForSyncRunAsync(id, "PARKED", "COMPLETED");

        parked.At("status").GetString().ShouldBe("PARKED");
        parked.At("error.code").GetString().ShouldBe("SYNC_FAILED");
        parked.At("error.message").GetString()!.ShouldContain("23514");
        (await venue.SqlAsync<long>("select count(*) from ingestion.transactions")).ShouldBe(0);

        await venue.SqlAsync<object?>("alter table ingestion.transactions drop constraint refused");
        await venue.SqlAsync<int>("update ingestion.sync_runs set resume_at = now() where status = 3");
        (await venue.WaitForSyncRunAsync(id, "COMPLETED")).At("created").GetInt32().ShouldBe(3);
        await venue.ShouldEqualSquareAsync();
    }

    [Fact]
    public async Task A_row_that_is_refused_while_its_neighbours_are_stored_is_skipped_and_named_in_the_error()
    {
        await using var venue = await SyncTestVenue.CreateAsync(await postgres.CreateDatabaseAsync());
        await venue.SyncAsync();
        AddSales(venue, 100, 666, 300);
        await venue.SqlAsync<object?>("alter table ingestion.transactions add constraint refused check (total_minor <> 666)");

        var run = await venue.WaitForSyncRunAsync(await StartAsync(venue), "PARKED", "COMPLETED");

        run.At("status").GetString().ShouldBe("COMPLETED");
        run.At("created").GetInt32().ShouldBe(2);
        run.At("error.message").GetString()!.ShouldContain("23514");
    }
}
