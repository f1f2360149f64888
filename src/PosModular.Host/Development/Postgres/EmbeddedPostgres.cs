using Npgsql;

namespace PosModular.Host.Development.Postgres;

/// <summary>
/// A private PostgreSQL server for development and tests, started from the binaries on this machine, with all its data in one directory.
/// <para>
/// Several hosts may share the directory, and the next host takes over a server whose host was killed. Each user holds a shared lock
/// for as long as it lives, and the last one to leave stops the server. The operating system releases the lock of a killed host.
/// </para>
/// </summary>
internal sealed class EmbeddedPostgres : IAsyncDisposable
{
    private const string Database = "posmodular";

    private readonly PostgresCluster _cluster;
    private readonly PostgresBinaries _binaries;
    private readonly ILogger _logger;
    private readonly bool _isTemporary;
    private readonly int _port;
    private FileStream? _usersLock;

    private EmbeddedPostgres(
        PostgresCluster cluster,
        PostgresBinaries binaries,
        string directory,
        string password,
        bool isTemporary,
        int port,
        ILogger logger
    )
    {
        (this._cluster, this._binaries, this._logger, this._isTemporary, this._port) = (cluster, binaries, logger, isTemporary, port);
        DataDirectory = directory;
        ConnectionString = new NpgsqlConnectionStringBuilder
        {
            Host = "127.0.0.1",
            Port = port,
            Username = PostgresCluster.User,
            Password = password,
            Database = Database,
        }.ConnectionString;
    }

    /// <summary>Connects to the database <c>posmodular</c> as its owner, a superuser of the cluster. It contains the password, so it must
    /// not be logged.</summary>
    public string ConnectionString { get; }

    /// <summary>Where the data lies: the requested directory or, when running as root, one that PostgreSQL can reach.</summary>
    public string DataDirectory { get; }

    /// <summary>Starts the server on this directory, which is created if missing, or joins the server that runs there.</summary>
    /// <exception cref="EmbeddedPostgresException">The server cannot be started or joined; the message says why and what to do.</exception>
    public static Task<EmbeddedPostgres> StartAsync(string dataDirectory, ILogger logger, CancellationToken cancellationToken) =>
        StartAsync(dataDirectory, isTemporary: false, logger, cancellationToken);

    /// <param name="dataDirectory">Created if missing; relative to the current directory.</param>
    /// <param name="isTemporary">The new files are not flushed, and the last user deletes them. Commits are durable nevertheless.</param>
    /// <param name="logger">Logs the directory and the port, never the password.</param>
    /// <param name="cancellationToken">Ends the wait for other hosts and the creation of a cluster, but not a start that is under
    /// way.</param>
    public static async Task<EmbeddedPostgres> StartAsync(
        string dataDirectory,
        bool isTemporary,
        ILogger logger,
        CancellationToken cancellationToken
    )
    {
        var account = PostgresAccount.Current;
        try
        {
            var directory = await account.FindReachableDirectoryAsync(Path.GetFullPath(dataDirectory), cancellationToken);
            var cluster = new PostgresCluster(directory, account);
            await using var turnLock = await FileLock.AcquireExclusiveAsync(TurnLockPath(directory), cancellationToken);

            var binaries = await PostgresBinaries.FindAsync(cluster.Major, cancellationToken);
            if (cluster.Major is null)
                await cluster.CreateAsync(binaries, durable: !isTemporary, cancellationToken);
            var password = cluster.Password;
            var runningPort = await cluster.RunningPortAsync(cancellationToken);
            var port = runningPort ?? cluster.ChoosePort();
            if (runningPort is null)
                await cluster.StartAsync(binaries, port);

            var postgres = new EmbeddedPostgres(cluster, binaries, directory, password, isTemporary, port, logger)
            {
                _usersLock = FileLock.AcquireShared(UsersLockPath(directory)),
            };
            try
            {
                await postgres.CreateDatabaseAsync(cancellationToken);
            }
            catch
            {
                await postgres._usersLock.DisposeAsync();
                if (runningPort is null)
                    await cluster.StopAsync(binaries, immediate: false);
                throw;
            }
            logger.LogInformation(
                "PostgreSQL {Major} {How} on 127.0.0.1:{Port}, data in {Directory}",
                binaries.Major,
                runningPort is null ? "started" : "was running, joined",
                port,
                directory
            );
            return postgres;
        }
        catch (NpgsqlException e)
        {
            throw new EmbeddedPostgresException($"PostgreSQL runs on {dataDirectory} but refuses this host: {e.Message}", e);
        }
        catch (UnauthorizedAccessException e)
        {
            throw new EmbeddedPostgresException(
                $"The PostgreSQL data in {dataDirectory} belongs to another user. "
                    + $"Run as that user, or move the directory away to start afresh. {e.Message}",
                e
            );
        }
    }

    /// <summary>Stops the server although it is in use, for tests of outages.</summary>
    /// <param name="immediate">Stops as in a crash: nothing is flushed, and the next start recovers.</param>
    public async Task StopAsync(bool immediate)
    {
        await using var turnLock = await FileLock.AcquireExclusiveAsync(TurnLockPath(DataDirectory), CancellationToken.None);
        await _cluster.StopAsync(_binaries, immediate);
    }

    /// <summary>Starts the server again on the same port, so that connection strings remain valid.</summary>
    public async Task RestartAsync()
    {
        await using var turnLock = await FileLock.AcquireExclusiveAsync(TurnLockPath(DataDirectory), CancellationToken.None);
        if (await _cluster.RunningPortAsync(CancellationToken.None) is null)
            await _cluster.StartAsync(_binaries, _port);
    }

    /// <summary>Stops the server unless another host uses it. Connected tools such as psql do not count.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _usersLock, null) is not { } ownLock)
            return;
        await using (await FileLock.AcquireExclusiveAsync(TurnLockPath(DataDirectory), CancellationToken.None))
        {
            await ownLock.DisposeAsync();
            await using var lastUserLock = FileLock.TryAcquireExclusive(UsersLockPath(DataDirectory));
            if (lastUserLock is null)
            {
                _logger.LogInformation("PostgreSQL in {Directory} is left running: another host uses it", DataDirectory);
                return;
            }
            await _cluster.StopAsync(_binaries, immediate: _isTemporary);
        }
        if (_isTemporary)
            Directory.Delete(DataDirectory, recursive: true);
    }

    /// <summary>Stops and deletes a temporary cluster whose process died before it could do so.</summary>
    public static async Task RemoveAsync(string dataDirectory, CancellationToken cancellationToken)
    {
        var cluster = new PostgresCluster(dataDirectory, PostgresAccount.Current);
        if (cluster.Major is { } major)
            await cluster.StopAsync(await PostgresBinaries.FindAsync(major, cancellationToken), immediate: true);
        Directory.Delete(dataDirectory, recursive: true);
    }

    /// <summary>Only one process at a time starts or stops the server.</summary>
    private static string TurnLockPath(string directory) => Path.Combine(directory, "turn.lock");

    private static string UsersLockPath(string directory) => Path.Combine(directory, "users.lock");

    /// <summary>Also proves that the server belongs to this directory, because no other server accepts its password.</summary>
    private async Task CreateDatabaseAsync(CancellationToken cancellationToken)
    {
        var maintenance = new NpgsqlConnectionStringBuilder(ConnectionString) { Database = "postgres", Pooling = false };
        await using var connection = new NpgsqlConnection(maintenance.ConnectionString);
        await connection.OpenAsync(cancellationToken);
        await using var exists = new NpgsqlCommand($"select 1 from pg_database where datname = '{Database}'", connection);
        if (await exists.ExecuteScalarAsync(cancellationToken) is not null)
            return;
        await using var create = new NpgsqlCommand($"create database {Database} template template0", connection);
        await create.ExecuteNonQueryAsync(cancellationToken);
    }
}
