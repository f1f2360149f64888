using System.Globalization;
using Npgsql;

namespace PosModular.Benchmarks;

/// <summary>Runs pgbench with a script of one statement, to measure the database alone.</summary>
internal static class Pgbench
{
    /// <param name="database">The connection string.</param>
    /// <param name="script">Path of the script.</param>
    /// <param name="clients">Number of concurrent clients.</param>
    /// <param name="length">Duration (-T and seconds) or transactions for each client (-t and a number).</param>
    public static async Task<(double PerSecond, TimeSpan Mean)> RunAsync(
        string database,
        string script,
        int clients,
        params string[] length
    )
    {
        var to = new NpgsqlConnectionStringBuilder(database);
        var output = await RunningProgram.OutputAsync(
            Path(),
            [
                "-n",
                "-M",
                "prepared",
                "-c",
                $"{clients}",
                "-j",
                $"{Math.Min(2, clients)}",
                .. length,
                "-f",
                script,
                "-h",
                to.Host!,
                "-p",
                $"{to.Port}",
                "-U",
                to.Username!,
                to.Database!,
            ],
            new Dictionary<string, string> { ["PGPASSWORD"] = to.Password! }
        );
        double Number(string start) =>
            double.Parse(
                output.Split('\n').Single(l => l.StartsWith(start, StringComparison.Ordinal))[start.Length..].Trim().Split(' ')[0],
                CultureInfo.InvariantCulture
            );
        return (Number("tps ="), TimeSpan.FromMilliseconds(Number("latency average =")));
    }

    private static string Path() =>
        (Environment.GetEnvironmentVariable("PATH") ?? "")
            .Split(':')
            .Concat(
                Directory.Exists("/usr/lib/postgresql")
                    ? Directory.GetDirectories("/usr/lib/postgresql").OrderDescending().Select(d => System.IO.Path.Combine(d, "bin"))
                    : []
            )
            .Select(d => System.IO.Path.Combine(d, "pgbench"))
            .First(File.Exists);
}
