using Integrations.Connections;
using Integrations.Contracts.Connections;
using Integrations.Providers;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using PosModular.IntegrationTests.Fixtures;

namespace PosModular.IntegrationTests.Toast;

/// <summary>Hosts on one database whose Toast is a <see cref="ToastStub"/>.</summary>
internal sealed class ToastTestHosts : IAsyncDisposable
{
    public required string Database { get; init; }
    public required ToastStub Toast { get; init; }
    public required List<TestHost> Hosts { get; init; }
    public GraphQLClient Moderator => new(Hosts[0], TestKeys.Token("moderator", "HEAD_MODERATOR"));
    public IPosProvider Provider => GetProvider(Hosts[0]);

    public static PosCredentials Credentials { get; } =
        new(PosEnvironment.Sandbox, ToastStub.Restaurant)
        {
            ClientId = "client",
            ClientSecret = "secret",
            Currency = "USD",
        };

    public static async Task<ToastTestHosts> StartAsync(
        string database,
        int hostCount = 1,
        IReadOnlyDictionary<string, string?>? settings = null
    )
    {
        var toast = await ToastStub.StartAsync();
        var allSettings = new Dictionary<string, string?>
        {
            ["Pos:Toast:BaseUrls:Sandbox"] = toast.Address.ToString(),
            ["Pos:Toast:BaseUrls:Production"] = toast.Address.ToString(),
            ["Pos:Toast:CallsPerSecond"] = "0",
            ["Pos:Toast:OrdersBulkPerSecond"] = "0",
            ["Pos:PublicBaseUrl"] = "https://pos.example.test",
        };
        foreach (var (name, value) in settings ?? new Dictionary<string, string?>())
            allSettings[name] = value;
        var testHosts = new ToastTestHosts
        {
            Database = database,
            Toast = toast,
            Hosts = [],
        };
        for (var i = 0; i < hostCount; i++)
            // A small pool: a thousand concurrent calls must not take the server's connections from other tests.
            testHosts.Hosts.Add(await TestHost.StartAsync(database + ";Maximum Pool Size=20", allSettings));
        return testHosts;
    }

    public static IPosProvider GetProvider(TestHost host) =>
        host.Services.GetServices<IPosProvider>().Single(p => p.Provider == Integrations.Contracts.Connections.Provider.Toast);

    /// <summary>Fetches a page of the orders of one hour.</summary>
    public static Task<ProviderResult<PosPage>> FetchPageAsync(TestHost host, PosCredentials? credentials = null, string? cursor = null) =>
        GetProvider(host)
            .FetchPageAsync(
                credentials ?? Credentials,
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
