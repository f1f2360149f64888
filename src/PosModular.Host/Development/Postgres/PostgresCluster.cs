using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;

namespace PosModular.Host.Development.Postgres;

/// <summary>
/// One data directory and the server on it. Beside the cluster's own files lie its port and its password, so that
/// whoever finds a server running there can use it. The server listens on the loopback address only and asks for the
/// password: another user of the machine cannot read the sales.
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
            : throw new EmbeddedPostgresException($"{PasswordFile} is missing: put it back, or move {directory} away to begin anew.");

    /// <summary>The major version that made the data, null where there is none yet.</summary>
    public int? Major =>
        Directory.Exists(DataDirectory)
            ? int.Parse(File.ReadAllText(Path.Combine(DataDirectory, "PG_VERSION")), CultureInfo.InvariantCulture)
            : null;

    /// <summary>
    /// Makes the cluster under another name and renames it when it is whole: a start that was cut off leaves nothing
    /// that looks like data. Byte order and UTF-8 everywhere, so that machines do not differ in sorting.
    /// Not <c>durable</c>, for a throw-away cluster: the new files are not flushed before the first start.
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
            throw new EmbeddedPostgresException($"initdb could not make {DataDirectory}: {LastLines(output)}");
        Directory.Move(unfinished, DataDirectory);
    }

    /// <summary>The port of the server that runs on this directory, waited for while it comes up or goes down; null where none runs.</summary>
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

    /// <summary>The port of last time, so that tools set up for it go on working; another where something else sits on it by now.</summary>
    public int ChoosePort()
    {
        if (File.Exists(PortFile) && int.TryParse(File.ReadAllText(PortFile), CultureInfo.InvariantCulture, out var kept) && IsFree(kept))
            return kept;
        var port = Enumerable.Range(0, 1000).Select(_ => RandomNumberGenerator.GetInt32(15_433, 32_000)).First(IsFree);
        File.WriteAllText(PortFile, port.ToString(CultureInfo.InvariantCulture));
        return port;

        // Below the ports that systems give to outgoing connections (Linux from 32768, macOS from 49152): from there, a
        // client that knocks while the server is down can be given the very port it knocks at, and talk to itself.
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
    /// Starts through pg_ctl, which waits until the server is ready and puts it into a session of its own: Ctrl-C in the
    /// terminal reaches the host, which may finish its work, and not the server beneath it.
    /// Not cancellable, as a half-started server would be left behind; after a crash it includes the recovery.
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

    /// <summary>Rolls back what is open, flushes all and stops; <c>immediate</c>, it stops as in a crash and the next start goes through recovery.</summary>
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

    /// <summary>Given at each start, so that they follow the product and not the day the data was made. fsync stays on: acknowledged means durable.</summary>
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
