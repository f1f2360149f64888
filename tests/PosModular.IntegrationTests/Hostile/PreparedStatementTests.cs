using Microsoft.EntityFrameworkCore;
using Npgsql;
using PosModular.IntegrationTests.Postgres;
using PosModular.Kernel.Data;

namespace PosModular.IntegrationTests.Hostile;

/// <summary>Npgsql prepares a statement while it executes it for the third time. PostgreSQL's refusal of exactly that execution must not
/// break the next one on the same connection, which belongs to somebody else.</summary>
public sealed class PreparedStatementTests(TestPostgres postgres)
{
    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public async Task An_error_of_one_query_does_not_reach_the_next_on_its_connection(int failingExecution)
    {
        var settings = new NpgsqlConnectionStringBuilder(await postgres.CreateEmptyDatabaseAsync())
        {
            MaxPoolSize = 1,
            MaxAutoPrepare = 100,
            AutoPrepareMinUsages = 3,
        };
        await using var source = new NpgsqlDataSourceBuilder(settings.ConnectionString).UseNodaTime().Build();
        var options = (DbContextOptions<EmptyDb>)new DbContextOptionsBuilder<EmptyDb>().UseModuleSchema(source, "public").Options;

        for (var execution = 1; execution <= 6; execution++)
        {
            await using var db = new EmptyDb(options);
            var divisor = execution == failingExecution ? 0 : 1;
            var query = db.Database.SqlQuery<int>($"select 1 / {divisor} as value").ToListAsync(TestContext.Current.CancellationToken);
            if (divisor == 0)
                (await Should.ThrowAsync<PostgresException>(query)).SqlState.ShouldBe(PostgresErrorCodes.DivisionByZero);
            else
                (await query).ShouldBe([1]);
        }
    }

    private sealed class EmptyDb(DbContextOptions<EmptyDb> options) : DbContext(options);
}
