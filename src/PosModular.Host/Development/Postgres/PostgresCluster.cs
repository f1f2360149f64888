using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;

namespace PosModular.Host.Development.Postgres;

/// <summary>
/// One data directory and the server on it. The port and the password lie beside the cluster's own files, so that a host that finds a
/// server running there can use it. The server listens on the loopback address only and requires the password, so other users of the
/// machine cannot read the data.
/// </summary>
internal sealed class PostgresCluster(string directory, PostgresAccount account)
{
    public const string User = "posmodular";

    private string DataDirectory => Path.Combine(directory, "cluster");

    private string PasswordFile => Path.Combine(directory, "password");

    private string PortFile => Path.Combine(directory, "port");

    private string LogFile => Path.Combine(DataDirectory, "server.log");

    public string Password =>
        File.Exists(PasswordFile)
            ? File.ReadAllText(PasswordFile).Trim()
            : throw new EmbeddedPostgresException($"{PasswordFile} is missing: put it back, or move {directory} away to start afresh.");

    /// <summary>The major version that created the data; null when there is none yet.</summary>
    public int? Major =>
        Directory.Exists(DataDirectory)
            ? int.Parse(File.ReadAllText(Path.Combine(DataDirectory, "PG_VERSION")), CultureInfo.InvariantCulture)
            : null;

    /// <summary>
    /// Creates the cluster under another name and renames it when it is complete, so that an interrupted start leaves nothing that looks
    /// like data. Text is UTF-8 and sorts by bytes, which is the same on every machine. Without <c>durable</c>, for temporary clusters,
    /// the new files are not flushed.
    /// </summary>
    public async Task CreateAsync(PostgresBinaries binaries, bool durable, CancellationToken cancellationToken)
    {
        var unfinished = DataDirectory + ".unfinished";
        if (Directory.Exists(unfinished))
            Directory.Delete(unfinished, recursive: true);
        Directory.CreateDirectory(unfinished);
        File.Delete(PasswordFile);
        await using (var file = new FileStream(PasswordFile, OwnerOnlyOptions(FileMode.CreateNew)))
        await using (var writer = new StreamWriter(file))
            await writer.WriteLineAsync(RandomNumberGenerator.GetHexString(32, lowercase: true));
        await account.TakeOwnershipAsync(unfinished, cancellationToken);
        await account.TakeOwnershipAsync(PasswordFile, cancellationToken);

        string[] arguments =
        [
            "-D",
            unfinished,
            "-U",
            User,
            "--encoding=UTF8",
            "--locale=C",
            "--auth=scram-sha-256",
            $"--pwfile={PasswordFile}",
            "--no-instructions",
        ];
        var (exitCode, output) = await account.RunAsync(
            binaries.InitDb,
            durable ? arguments : [.. arguments, "--no-sync"],
            cancellationToken
        );
        if (exitCode != 0)
            throw new EmbeddedPostgresException($"initdb could not create {DataDirectory}: {LastLines(output)}");
        Directory.Move(unfinished, DataDirectory);
    }

    /// <summary>The port of the server that runs on this directory; null when none runs. Waits while a server is starting or
    /// stopping.</summary>
    public async Task<int?> RunningPortAsync(CancellationToken cancellationToken)
    {
        while (PostmasterPid.Read(DataDirectory) is { } server)
        {
            if (server.IsReady)
                return server.Port;
            await Task.Delay(50, cancellationToken);
        }
        return null;
    }

    /// <summary>The port used last time, so that configured tools keep working, or another if it is taken by now.</summary>
    public int ChoosePort()
    {
        if (File.Exists(PortFile) && int.TryParse(File.ReadAllText(PortFile), CultureInfo.InvariantCulture, out var kept) && IsFree(kept))
            return kept;
        var port = Enumerable.Range(0, 1000).Select(_ => RandomNumberGenerator.GetInt32(15_433, 32_000)).First(IsFree);
        File.WriteAllText(PortFile, port.ToString(CultureInfo.InvariantCulture));
        return port;

        // The ports lie below those of outgoing connections (Linux from 32768, macOS from 49152). Otherwise a client that connects while
        // the server is down could be given the very port it connects to, and be connected to itself.
        static bool IsFree(int port)
        {
            using var probe = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            try
            {
                probe.Bind(new IPEndPoint(IPAddress.Loopback, port));
                return true;
            }
            catch (SocketException)
            {
                return false;
            }
        }
    }

    /// <summary>
    /// Starts the server through pg_ctl, which waits until it is ready and gives it a session of its own: Ctrl-C in the terminal reaches
    /// the host, which can finish its work, but not the server. The start cannot be cancelled, because it would leave a half-started server
    /// behind; after a crash it includes the recovery.
    /// </summary>
    public async Task StartAsync(PostgresBinaries binaries, int port)
    {
        if (new FileInfo(LogFile) is { Exists: true, Length: > 16_000_000 })
            File.Delete(LogFile);
        PostmasterPid.ClearProcessId(DataDirectory);
        var (exitCode, output) = await account.RunAsync(
            binaries.PgCtl,
            ["start", "-D", DataDirectory, "-l", LogFile, "-w", "-t", "300", "-o", ServerOptions(port)],
            CancellationToken.None
        );
        if (exitCode != 0)
            throw new EmbeddedPostgresException(
                $"PostgreSQL did not start on {DataDirectory}: {LastFatalLogLine() ?? LastLines(output)} (see {LogFile})"
            );
    }

    /// <summary>Rolls back open transactions, flushes everything and stops. With <c>immediate</c> it stops as in a crash, and the next
    /// start recovers.</summary>
    public async Task StopAsync(PostgresBinaries binaries, bool immediate)
    {
        if (PostmasterPid.Read(DataDirectory) is null)
            return;
        var (exitCode, output) = await account.RunAsync(
            binaries.PgCtl,
            ["stop", "-D", DataDirectory, "-m", immediate ? "immediate" : "fast", "-w", "-t", "120"],
            CancellationToken.None
        );
        if (exitCode != 0 && PostmasterPid.Read(DataDirectory) is not null)
            throw new EmbeddedPostgresException($"PostgreSQL on {DataDirectory} did not stop: {LastLines(output)}");
    }

    /// <summary>Passed at each start, so that they follow the version of the product instead of the data. fsync stays on: an acknowledged
    /// commit is durable.</summary>
    private static string ServerOptions(int port) =>
        string.Join(
            " -c ",
            [
                $"-p {port.ToString(CultureInfo.InvariantCulture)}",
                "listen_addresses=127.0.0.1",
                "unix_socket_directories=''",
                "max_connections=200",
                "shared_buffers=256MB",
                "max_wal_size=2GB",
                "wal_compression=on",
                "jit=off",
                "timezone=UTC",
                "log_timezone=UTC",
                "log_checkpoints=off",
            ]
        );

    private string? LastFatalLogLine() =>
        File.Exists(LogFile)
            ? File.ReadLines(LogFile)
                .LastOrDefault(line =>
                    line.Contains("FATAL:", StringComparison.Ordinal) || line.Contains("PANIC:", StringComparison.Ordinal)
                )
            : null;

    private static string LastLines(string output) =>
        string.Join("; ", output.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).TakeLast(3));

    private static FileStreamOptions OwnerOnlyOptions(FileMode mode)
    {
        var options = new FileStreamOptions { Mode = mode, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        return options;
    }
}
