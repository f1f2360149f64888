using Ingestion.Ledger;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using PosModular.IntegrationTests.Fixtures;

namespace PosModular.IntegrationTests.Postgres;

/// <summary>Connections are not reset when they return to the pool, so nobody may leave anything behind in a session.</summary>
public sealed class SessionStateTests(TestPostgres postgres)
{
    private const string LeftBehind = """
        select 'setting ' || name from pg_settings where source = 'session' and name <> 'idle_in_transaction_session_timeout'
        union all select 'channel ' || pg_listening_channels()
        union all select 'lock ' || locktype from pg_locks where pid = pg_backend_pid() and locktype = 'advisory'
        union all select 'table ' || relname from pg_class where relpersistence = 't'
        """;

    [Fact]
    public async Task Nothing_is_left_behind_in_the_sessions_of_the_pool()
    {
        await using var venue = await TestVenue.CreateAsync(await postgres.CreateDatabaseAsync());
        for (var i = 0; i < 20; i++)
            await venue.PostWebhookAsync(venue.PaymentEvent($"p{i}", amount: 100));
        await venue.Host.WhenIdleAsync();
        await venue.Owner.GetDataAsync(
            """
            { venue(id: "bar") { transactions(first: 5) { totalCount nodes { id history { status } } } revenue(period: MONTH) { total {
            amountMinor } } members(first: 5) { nodes { userId } } posConnections { id } } }
            """
        );
        // The writer of webhooks keeps its session, so another one is opened and returned.
        await using (var writer = venue.Host.Services.GetRequiredService<Func<BatchWriter>>()())
            await writer.WriteAsync([], TestContext.Current.CancellationToken);

        var pool = venue.Host.Services.GetRequiredService<NpgsqlDataSource>();
        var connections = new List<NpgsqlConnection>();
        try
        {
            for (var i = 0; i < 20; i++)
            {
                connections.Add(await pool.OpenConnectionAsync(TestContext.Current.CancellationToken));
                await using var command = new NpgsqlCommand(LeftBehind, connections[^1]);
                (await command.ExecuteScalarAsync(TestContext.Current.CancellationToken)).ShouldBeNull();
            }
        }
        finally
        {
            foreach (var connection in connections)
                await connection.DisposeAsync();
        }
    }

    [Fact]
    public async Task A_host_that_freezes_within_a_transaction_loses_its_locks_after_ten_seconds_on_every_connection()
    {
        await using var host = await TestHost.StartAsync(
            await postgres.CreateDatabaseAsync(),
            new Dictionary<string, string?> { ["Pos:PublicBaseUrl"] = "https://pos.example.test" }
        );
        var pool = host.Services.GetRequiredService<NpgsqlDataSource>();
        for (var i = 0; i < 3; i++)
        {
            // The same connection each time: what was set when it was opened must outlive its return to the pool.
            await using var command = pool.CreateCommand("show idle_in_transaction_session_timeout");
            (await command.ExecuteScalarAsync(TestContext.Current.CancellationToken)).ShouldBe("10s");
        }
    }
}
