using System.Globalization;

namespace PosModular.Benchmarks;

/// <summary>Processor time of a PostgreSQL server: the postmaster, its child processes and those that have ended. Linux only.</summary>
internal static class PostgresProcessorTime
{
    // USER_HZ, which /proc counts in, is 100 on every Linux (man 5 proc, man 7 time).
    private const int TicksPerSecond = 100;

    public static long ParentProcessId(int processId) => ReadStatFields(processId)![4];

    public static TimeSpan Read(long postmaster)
    {
        long ticks = 0;
        foreach (var name in Directory.EnumerateDirectories("/proc").Select(Path.GetFileName))
            if (int.TryParse(name, CultureInfo.InvariantCulture, out var id) && ReadStatFields(id) is { } fields)
                ticks +=
                    id == postmaster ? fields[14] + fields[15] + fields[16] + fields[17]
                    : fields[4] == postmaster ? fields[14] + fields[15]
                    : 0;
        return TimeSpan.FromSeconds((double)ticks / TicksPerSecond);
    }

    // Field 4 is the parent's id; 14 to 17 are utime and stime, and cutime and cstime of children that have ended (man 5 proc).
    // Null when the process has ended: its postmaster's fields include it then.
    private static long[]? ReadStatFields(int processId)
    {
        try
        {
            var stat = File.ReadAllText($"/proc/{processId}/stat");
            // Parsing starts after the name in brackets, which may contain anything; field 3, the state, is not a number.
            return
            [
                0,
                0,
                0,
                0,
                .. stat[(stat.LastIndexOf(')') + 4)..].Split(' ').Take(14).Select(f => long.Parse(f, CultureInfo.InvariantCulture)),
            ];
        }
        catch (IOException)
        {
            return null;
        }
    }
}
