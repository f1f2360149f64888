using Npgsql;
using PosModular.IntegrationTests.Fixtures;
using PosModular.Kernel.Data;

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

    [Fact]
    public async Task A_database_of_an_older_version_is_left_as_it_is_and_stops_the_start_with_what_to_do()
    {
        var database = await postgres.CreateEmptyDatabaseAsync();
        await ExecuteAsync(
            database,
            """
            create schema rules;
            create table rules."__EFMigrationsHistory" (migration_id varchar(150) primary key, product_version varchar(32) not null);
            insert into rules."__EFMigrationsHistory" values ('20261123163053_First', '10.0.0')
            """
        );

        var refusal = await Should.ThrowAsync<UnsupportedDatabaseException>(() => TestHost.MigrateAsync(database));

        refusal.Message.ShouldContain("rules.__EFMigrationsHistory lists 20261123163053_First");
        refusal.Message.ShouldContain("rm -rf .data");
        refusal.Message.ShouldNotContain("\n");
        await ExecuteAsync(database, "create schema integrations"); // the other modules' schemas have not been made
    }

    private static async Task ExecuteAsync(string database, string sql)
    {
        await using var source = NpgsqlDataSource.Create(database);
        await using var command = source.CreateCommand(sql);
        await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
    }
}
