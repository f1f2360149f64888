using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using PosModular.Host.Development.Postgres;
using PosModular.IntegrationTests.Fixtures;
using Testcontainers.PostgreSql;

[assembly: AssemblyFixture(typeof(PosModular.IntegrationTests.Postgres.TestPostgres))]
// Many tests mostly wait, for a process to start or for a second to pass; two classes per processor keep it busy.
[assembly: CollectionBehavior(MaxParallelThreads = 4)]

namespace PosModular.IntegrationTests.Postgres;

/// <summary>
/// One PostgreSQL server for the whole test process, and a fresh database on it for every test that asks for one. It is the
/// server named by POS_TEST_POSTGRES, else a container if a Docker engine responds, else a temporary cluster made with this
/// machine's own binaries. A test class takes it as a constructor parameter. At the end, a server that was started here is
/// stopped; on a server that already existed, the databases made here are dropped. A server started here does not flush to
/// the disk, so tests that crash PostgreSQL start a server of their own.
/// </summary>
public sealed class TestPostgres : IAsyncLifetime
{
    private const string Image = "postgres:17";
    private const string Prefix = "posmodular-tests-";

    // Creating databases competes with the tests for the processor. Durability is of no use here, so it is switched off.
    private static readonly string[] SpeedSettings =
    [
        "alter system set fsync = off",
        "alter system set full_page_writes = off",
        "alter role current_user set wal_compression = off",
        // With hundreds of databases on the server, autovacuum would start many processes a second, and no database lives long here.
        "alter system set autovacuum = off",
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

    /// <summary>Creates a migrated, empty database and returns its connection string.</summary>
    public async Task<string> CreateDatabaseAsync() => await CreateFromTemplateAsync(await _migratedTemplate.Value);

    /// <summary>Creates a database without any schema, as a new installation finds it, and returns its connection string.</summary>
    public Task<string> CreateEmptyDatabaseAsync() => CreateFromTemplateAsync("template0");

    // The template must have no open connection: PostgreSQL does not copy a database that is in use.
    private async Task<string> CreateFromTemplateAsync(string template)
    {
        var database = $"test_{Guid.NewGuid():N}";
        // Copying the files costs less than writing every page to the log, because nothing is flushed here.
        await ExecuteAsync($"create database \"{database}\" template \"{template}\" strategy file_copy");
        _databases.Enqueue(database);
        return new NpgsqlConnectionStringBuilder(_server) { Database = database }.ConnectionString;
    }

    /// <summary>Migrates the template once for all tests, with the host's own code.</summary>
    private async Task<string> CreateMigratedTemplateAsync()
    {
        var template = new NpgsqlConnectionStringBuilder(await CreateEmptyDatabaseAsync()) { Pooling = false };
        await TestHost.MigrateAsync(template.ConnectionString);
        return template.Database!;
    }

    /// <summary>
    /// Starts a temporary server for a single test, which may stop, crash and restart it. Needs PostgreSQL's binaries on this machine.
    /// </summary>
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
            // Otherwise the pools' idle connections would be reset by the server and log errors.
            NpgsqlConnection.ClearAllPools();
            await _embedded.DisposeAsync();
        }
        else if (_container is not null)
            await _container.DisposeAsync();
        else
            while (_databases.TryDequeue(out var database))
                await ExecuteAsync($"drop database if exists \"{database}\" with (force)");
    }

    /// <summary>Null if no Docker engine responds or it cannot get the image, for example without a network.</summary>
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
            await System.Console.Error.WriteLineAsync(
                $"Docker responds but cannot run {Image}. The tests use this machine's own PostgreSQL instead. {e.Message}"
            );
            await container.DisposeAsync();
            return null;
        }
        _container = container;
        return container.GetConnectionString();
    }

    /// <summary>
    /// Removes clusters that killed test processes left running. The folder's name contains the process id; the cluster of a
    /// process that is still alive is left alone.
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
                await System.Console.Error.WriteLineAsync(
                    $"Could not remove {directory}, which an earlier test run left; remove it by hand. {e.Message}"
                );
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
