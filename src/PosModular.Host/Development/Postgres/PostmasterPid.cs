using System.Diagnostics;
using System.Globalization;

namespace PosModular.Host.Development.Postgres;

/// <summary>
/// The contents of <c>postmaster.pid</c>, in which a running server describes itself: line 1 its process, line 4 its port, line 8 its state
/// (PostgreSQL source, src/include/utils/pidfile.h).
/// </summary>
internal sealed record PostmasterPid(int ProcessId, int Port, bool IsReady)
{
    /// <summary>Greater than any process id (at most 2^22 on Linux, 99,999 on macOS), and still an int for PostgreSQL.</summary>
    private const string UnusedProcessId = "2147483647";

    /// <returns>Null when no server runs: there is no file, or a dead server left it.</returns>
    public static PostmasterPid? Read(string clusterDirectory)
    {
        string[] lines;
        try
        {
            lines = File.ReadAllLines(FilePath(clusterDirectory));
        }
        catch (FileNotFoundException)
        {
            return null;
        }

        // A starting server writes the file line by line.
        if (lines.Length == 0 || !int.TryParse(lines[0], CultureInfo.InvariantCulture, out var processId) || !IsPostgres(processId))
            return null;
        var port = lines.Length >= 4 && int.TryParse(lines[3], CultureInfo.InvariantCulture, out var given) ? given : 0;
        return new(processId, port, port > 0 && lines.Length >= 8 && lines[7].Trim() == "ready");
    }

    /// <summary>
    /// Replaces the process id in a file that a dead server left. PostgreSQL refuses to start while that id is in use, be it by another
    /// program after a power cut or by a zombie that a container's first process does not reap. The other lines stay: line 7 still tells
    /// PostgreSQL whether a backend of the dead server is alive (docs, "Server Start-up").
    /// </summary>
    public static void ClearProcessId(string clusterDirectory)
    {
        if (!File.Exists(FilePath(clusterDirectory)))
            return;
        var lines = File.ReadAllLines(FilePath(clusterDirectory));
        File.WriteAllLines(FilePath(clusterDirectory), [UnusedProcessId, .. lines.Skip(1)]);
    }

    private static string FilePath(string clusterDirectory) => Path.Combine(clusterDirectory, "postmaster.pid");

    /// <summary>After a crash the id may belong to another program or to a zombie.</summary>
    private static bool IsPostgres(int processId)
    {
        try
        {
            // "pid (name) state …", see proc_pid_stat(5).
            if (File.Exists("/proc/self/stat"))
                return File.ReadAllText($"/proc/{processId}/stat") is var stat
                    && stat.Contains("(postgres) ", StringComparison.Ordinal)
                    && !stat.Contains("(postgres) Z", StringComparison.Ordinal);
            using var process = Process.GetProcessById(processId);
            return process.ProcessName.StartsWith("postgres", StringComparison.Ordinal);
        }
        catch (Exception e) when (e is ArgumentException or InvalidOperationException or IOException)
        {
            return false;
        }
    }
}
