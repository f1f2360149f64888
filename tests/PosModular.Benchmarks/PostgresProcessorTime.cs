using System.Globalization;

namespace PosModular.Benchmarks;

/// <summary>Processor time of a PostgreSQL: its postmaster, the processes under it and those that have ended. Linux only.</summary>
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

    // Fields 4, 14 to 17 are the parent's id, utime, stime, and the cutime, cstime of children that have ended (man 5 proc). Null when it has
    // ended since: then its postmaster has its times.
    private static long[]? ReadStatFields(int processId)
    {
        try
        {
            var stat = File.ReadAllText($"/proc/{processId}/stat");
            // Counting starts after the name in brackets, which may hold anything; the state, field 3, is no number.
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
