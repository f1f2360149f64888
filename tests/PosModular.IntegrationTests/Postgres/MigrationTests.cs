using PosModular.IntegrationTests.Fixtures;

namespace PosModular.IntegrationTests.Postgres;

public sealed class MigrationTests(TestPostgres postgres)
{
    [Fact]
    public async Task Hosts_that_start_together_on_an_empty_database_migrate_it_once_and_a_later_host_migrates_nothing()
    {
        var database = await postgres.CreateEmptyDatabaseAsync();

        await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => Task.Run(() => TestHost.MigrateAsync(database))));
        await TestHost.MigrateAsync(database);

        await using var host = await TestHost.StartAsync(
            database,
            new Dictionary<string, string?> { ["Pos:PublicBaseUrl"] = "https://pos.example.test" }
        );
        (await host.Http.GetStringAsync("/health/ready", TestContext.Current.CancellationToken)).ShouldBe("Healthy");
    }
}
