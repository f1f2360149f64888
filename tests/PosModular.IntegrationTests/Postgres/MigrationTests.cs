using PosModular.IntegrationTests.House;

namespace PosModular.IntegrationTests.Postgres;

public sealed class MigrationTests(TestPostgres postgres)
{
    [Fact]
    public async Task Hosts_that_start_at_once_on_an_empty_database_migrate_it_once_and_a_later_one_finds_nothing_to_do()
    {
        var database = await postgres.CreateEmptyDatabaseAsync();

        await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => Task.Run(() => RunningHost.MigrateAsync(database))));
        await RunningHost.MigrateAsync(database);

        await using var host = await RunningHost.StartAsync(
            database,
            new Dictionary<string, string?> { ["Pos:PublicBaseUrl"] = "https://pos.example.test" }
        );
        (await host.Http.GetStringAsync("/health/ready", TestContext.Current.CancellationToken)).ShouldBe("Healthy");
    }
}
