using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using PosModular.Host.Development.Postgres;
using PosModular.IntegrationTests.Fixtures;
using Testcontainers.PostgreSql;

[assembly: AssemblyFixture(typeof(PosModular.IntegrationTests.Postgres.TestPostgres))]
// Many of them wait most of the time, for a process to start or a second to go by; two classes a processor leave little of it idle.
[assembly: CollectionBehavior(MaxParallelThreads = 4)]

namespace PosModular.IntegrationTests.Postgres;

/// <summary>
/// One PostgreSQL for the whole test process, and as many fresh databases on it as tests ask for. It is the server
/// named by POS_TEST_POSTGRES, else a container where a Docker engine answers, else a throw-away cluster of this
/// machine's own binaries. A test class takes it as a constructor parameter. At the end only what was started here is
/// stopped; on a server that was here before, the databases made are dropped. A server started here flushes nothing to
/// the disk: the tests that crash PostgreSQL start one of their own.
/// </summary>
public sealed class TestPostgres : IAsyncLifetime
{
    private const string Image = "postgres:17";
    private const string Prefix = "posmodular-tests-";

    // What a fresh database costs is taken from the processor, of which the tests have little else: no flushing, no page twice, nothing compressed.
    private static readonly string[] SpeedSettings =
    [
        "alter system set fsync = off",
        "alter system set full_page_writes = off",
        "alter role current_user set wal_compression = off",
        "select pg_reload_conf()",
    ];

    private readonly ConcurrentQueue<string> _databases = new();
    private readonly Lazy<Task<string>> _migratedTemplate;
    private PostgreSqlContainer? _container;
    private EmbeddedPostgres? _embedded;
    private string _server = "";

    public TestPostgres() => _migratedTemplate = new(CreateMigratedTemplateAsync);

    public async ValueTask InitializeAsync()
    {
        if (Environment.GetEnvironmentVariable("POS_TEST_POSTGRES") is { Length: > 0 } given)
            _server = given;
        else if (await TryStartContainerAsync() is { } connectionString)
            _server = connectionString;
        else
        {
            await RemoveAbandonedClustersAsync();
            _embedded = await StartDedicatedAsync();
            _server = _embedded.ConnectionString;
        }
        if (_embedded is not null || _container is not null)
            foreach (var setting in SpeedSettings)
                await ExecuteAsync(setting);
    }

    /// <summary>Makes a database of its own for a test, migrated and without a row, and gives the connection string to it.</summary>
    public async Task<string> CreateDatabaseAsync() => await CreateFromTemplateAsync(await _migratedTemplate.Value);

    /// <summary>As a new host finds it: without schemas.</summary>
    public Task<string> CreateEmptyDatabaseAsync() => CreateFromTemplateAsync("template0");

    // Nobody stays connected to what is copied: creating from a database in use fails.
    private async Task<string> CreateFromTemplateAsync(string template)
    {
        var database = $"test_{Guid.NewGuid():N}";
        await ExecuteAsync($"create database \"{database}\" template \"{template}\"");
        _databases.Enqueue(database);
        return new NpgsqlConnectionStringBuilder(_server) { Database = database }.ConnectionString;
    }

    /// <summary>Once for all tests, by the host's own migration.</summary>
    private async Task<string> CreateMigratedTemplateAsync()
    {
        var template = new NpgsqlConnectionStringBuilder(await CreateEmptyDatabaseAsync()) { Pooling = false };
        await TestHost.MigrateAsync(template.ConnectionString);
        return template.Database!;
    }

    /// <summary>A throw-away server for one test alone, which may stop it, crash it and start it again. Needs the binaries on this machine.</summary>
    internal static Task<EmbeddedPostgres> StartDedicatedAsync()
    {
        var name = string.Create(CultureInfo.InvariantCulture, $"{Prefix}{Environment.ProcessId}-{Guid.NewGuid():N}");
        return EmbeddedPostgres.StartAsync(
            Path.Combine(Path.GetTempPath(), name),
            isTemporary: true,
            NullLogger.Instance,
            CancellationToken.None
        );
    }

    public async ValueTask DisposeAsync()
    {
        if (_embedded is not null)
        {
            // Else the pools' idle connections would be reset under them, and say so.
            NpgsqlConnection.ClearAllPools();
            await _embedded.DisposeAsync();
        }
        else if (_container is not null)
            await _container.DisposeAsync();
        else
            while (_databases.TryDequeue(out var database))
                await ExecuteAsync($"drop database if exists \"{database}\" with (force)");
    }

    /// <summary>A Docker engine that cannot get the image (no network, say) is no reason for not testing.</summary>
    private async Task<string?> TryStartContainerAsync()
    {
        if (!await DockerEngine.IsAvailableAsync())
            return null;
        var container = new PostgreSqlBuilder(Image).WithCommand("-c", "max_connections=200").Build();
        try
        {
            await container.StartAsync();
        }
        catch (Exception e)
        {
            await Console.Error.WriteLineAsync($"Docker answers but cannot run {Image}; trying this machine's own PostgreSQL. {e.Message}");
            await container.DisposeAsync();
            return null;
        }
        _container = container;
        return container.GetConnectionString();
    }

    /// <summary>
    /// A test process that was killed leaves its cluster running. The name tells whose it was; one whose process lives
    /// is left alone.
    /// </summary>
    private static async Task RemoveAbandonedClustersAsync()
    {
        string[] roots = [Path.GetTempPath(), "/var/lib/posmodular"];
        foreach (var directory in roots.Where(Directory.Exists).SelectMany(root => Directory.GetDirectories(root, Prefix + "*")))
        {
            var owner = Path.GetFileName(directory)[Prefix.Length..].Split('-')[0];
            if (!int.TryParse(owner, CultureInfo.InvariantCulture, out var processId) || IsAlive(processId))
                continue;
            try
            {
                await EmbeddedPostgres.RemoveAsync(directory, CancellationToken.None);
            }
            catch (Exception e) when (e is UnauthorizedAccessException or IOException or EmbeddedPostgresException)
            {
                await Console.Error.WriteLineAsync($"Could not clear away {directory}, left by an earlier test run: {e.Message}");
            }
        }

        static bool IsAlive(int processId)
        {
            try
            {
                using var process = Process.GetProcessById(processId);
                return true;
            }
            catch (ArgumentException)
            {
                return false;
            }
        }
    }

    private async Task ExecuteAsync(string sql)
    {
        await using var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(_server) { Pooling = false }.ConnectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }
}
