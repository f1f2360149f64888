using Integrations.Connections;
using Integrations.Contracts;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using PosModular.IntegrationTests.House;

namespace PosModular.IntegrationTests.Toast;

/// <summary>Hosts on one database that call a Toast of ours.</summary>
internal sealed class ToastHouse : IAsyncDisposable
{
    public required string Database { get; init; }
    public required ToastStub Toast { get; init; }
    public required List<RunningHost> Hosts { get; init; }
    public Client Moderator => new(Hosts[0], TestKeys.Token("moderator", "HEAD_MODERATOR"));
    public IPosProvider Provider => ProviderOf(Hosts[0]);

    public static PosCredentials Credentials { get; } =
        new(PosEnvironment.Sandbox, ToastStub.Restaurant)
        {
            ClientId = "client",
            ClientSecret = "secret",
            Currency = "USD",
        };

    public static async Task<ToastHouse> OpenAsync(string database, int hosts = 1, IReadOnlyDictionary<string, string?>? settings = null)
    {
        var toast = await ToastStub.StartAsync();
        var all = new Dictionary<string, string?>
        {
            ["Pos:Toast:BaseUrls:Sandbox"] = toast.Address.ToString(),
            ["Pos:Toast:BaseUrls:Production"] = toast.Address.ToString(),
            ["Pos:Toast:CallsPerSecond"] = "0",
            ["Pos:Toast:OrdersBulkPerSecond"] = "0",
            ["Pos:PublicBaseUrl"] = "https://pos.example.test",
        };
        foreach (var (name, value) in settings ?? new Dictionary<string, string?>())
            all[name] = value;
        var house = new ToastHouse
        {
            Database = database,
            Toast = toast,
            Hosts = [],
        };
        for (var i = 0; i < hosts; i++)
            house.Hosts.Add(await RunningHost.StartAsync(database + ";Maximum Pool Size=20", all)); // a thousand callers must not take the server from other tests
        return house;
    }

    public static IPosProvider ProviderOf(RunningHost host) =>
        host.Services.GetServices<IPosProvider>().Single(p => p.Provider == Integrations.Contracts.Provider.Toast);

    /// <summary>A page of orders of the last hour.</summary>
    public static Task<Fetched<PosPage>> PageAsync(RunningHost host, PosCredentials? who = null, string? cursor = null) =>
        ProviderOf(host)
            .FetchPageAsync(
                who ?? Credentials,
                new PageRequest(
                    "orders",
                    NodaTime.Instant.FromUtc(2026, 11, 20, 20, 0),
                    NodaTime.Instant.FromUtc(2026, 11, 20, 21, 0),
                    cursor
                ),
                TestContext.Current.CancellationToken
            );

    public async Task SqlAsync(string sql)
    {
        await using var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(Database) { Pooling = false }.ConnectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var host in Hosts)
            await host.DisposeAsync();
        await Toast.DisposeAsync();
    }
}
