using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using PosModular.Host.Development.Postgres;

namespace PosModular.IntegrationTests.Postgres;

/// <summary>The embedded PostgreSQL of development keeps its data through crashes and while several hosts share it.</summary>
public sealed class EmbeddedPostgresTests
{
    [Fact]
    public async Task Committed_rows_survive_a_crash_and_the_connection_string_stays_valid()
    {
        await using var postgres = await TestPostgres.StartDedicatedAsync();
        await ExecuteAsync(postgres, "create table kept (n int); insert into kept values (1)");

        await postgres.StopAsync(immediate: true);
        await Should.ThrowAsync<NpgsqlException>(() => ExecuteAsync(postgres, "select 1"));
        await postgres.RestartAsync();

        (await ExecuteAsync(postgres, "select n from kept")).ShouldBe(1);
    }

    [Fact]
    public async Task The_server_keeps_running_while_one_of_two_hosts_still_uses_it()
    {
        var first = await TestPostgres.StartDedicatedAsync();
        await using var second = await EmbeddedPostgres.StartAsync(
            first.DataDirectory,
            isTemporary: true,
            NullLogger.Instance,
            TestContext.Current.CancellationToken
        );
        second.ConnectionString.ShouldBe(first.ConnectionString);

        await first.DisposeAsync();

        (await ExecuteAsync(second, "select 1")).ShouldBe(1);
    }

    [Fact]
    public async Task The_server_stops_when_the_last_host_stops()
    {
        var postgres = await TestPostgres.StartDedicatedAsync();
        await postgres.DisposeAsync();
        await Should.ThrowAsync<NpgsqlException>(() => ExecuteAsync(postgres, "select 1"));
        Directory.Exists(postgres.DataDirectory).ShouldBeFalse();
    }

    [Fact]
    public async Task Connecting_without_the_right_password_is_refused()
    {
        await using var postgres = await TestPostgres.StartDedicatedAsync();
        var without = new NpgsqlConnectionStringBuilder(postgres.ConnectionString) { Password = "guess", Pooling = false };
        await using var connection = new NpgsqlConnection(without.ConnectionString);
        (await Should.ThrowAsync<PostgresException>(() => connection.OpenAsync(TestContext.Current.CancellationToken))).SqlState.ShouldBe(
            PostgresErrorCodes.InvalidPassword
        );
    }

    /// <summary>Does not pool, because a pooled connection does not notice at once that its server has stopped.</summary>
    private static async Task<object?> ExecuteAsync(EmbeddedPostgres postgres, string sql)
    {
        await using var connection = new NpgsqlConnection(
            new NpgsqlConnectionStringBuilder(postgres.ConnectionString) { Pooling = false }.ConnectionString
        );
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        return await command.ExecuteScalarAsync();
    }
}
