using System.Globalization;
using System.Text.RegularExpressions;

namespace PosModular.Host.Development.Postgres;

/// <summary>
/// The PostgreSQL programs of one version on this machine. They are searched for on the PATH and then where Debian, Red Hat, Homebrew and
/// Postgres.app install them; only Homebrew links them into the PATH, and not always.
/// </summary>
internal sealed partial record PostgresBinaries(string Directory, int Major)
{
    /// <summary>The oldest version with which this product is tested.</summary>
    private const int MinMajor = 15;

    private static readonly string[] Programs = ["initdb", "pg_ctl", "postgres"];

    public string InitDb => Path.Combine(Directory, "initdb");

    public string PgCtl => Path.Combine(Directory, "pg_ctl");

    /// <summary>
    /// Finds the programs of the major version that created a data directory, since no other version opens it (PostgreSQL docs,
    /// "Upgrading a PostgreSQL Cluster"). For a new directory (null) it returns the first ones found.
    /// </summary>
    public static async Task<PostgresBinaries> FindAsync(int? major, CancellationToken cancellationToken)
    {
        var found = new List<PostgresBinaries>();
        foreach (var directory in CandidateDirectories().Distinct().Where(ContainsAllPrograms))
            if (await MajorOfAsync(directory, cancellationToken) is { } version)
                found.Add(new(directory, version));

        var fit = found.FirstOrDefault(each => major is null ? each.Major >= MinMajor : each.Major == major);
        return fit
            ?? throw new EmbeddedPostgresException(
                major is null
                    ? $"No PostgreSQL {MinMajor} or later on this machine: install it (Debian, Ubuntu: "
                        + "apt-get install postgresql; macOS: brew install postgresql@17) or set ConnectionStrings__Pos to a server."
                    : $"The data was created by PostgreSQL {major}, which is not on this machine: "
                        + "install that version, move the data directory away to start afresh, or set ConnectionStrings__Pos to a server."
            );
    }

    private static IEnumerable<string> CandidateDirectories() =>
        [
            .. (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries),
            .. NewestFirst("/usr/lib/postgresql", "*"),
            .. NewestFirst("/usr", "pgsql-*"),
            .. NewestFirst("/opt/homebrew/opt", "postgresql*"),
            .. NewestFirst("/usr/local/opt", "postgresql*"),
            .. NewestFirst("/Applications/Postgres.app/Contents/Versions", "*"),
        ];

    private static IEnumerable<string> NewestFirst(string parent, string pattern) =>
        !System.IO.Directory.Exists(parent)
            ? []
            : System
                .IO.Directory.GetDirectories(parent, pattern)
                .OrderByDescending(each =>
                    int.TryParse(Digits().Match(Path.GetFileName(each)).Value, CultureInfo.InvariantCulture, out var number) ? number : 0
                )
                .Select(each => Path.Combine(each, "bin"));

    private static bool ContainsAllPrograms(string directory) => Programs.All(program => File.Exists(Path.Combine(directory, program)));

    /// <summary>Skips a build that does not run on this machine, a dangling link, and a beta whose version has another format.</summary>
    private static async Task<int?> MajorOfAsync(string directory, CancellationToken cancellationToken)
    {
        try
        {
            var (_, output) = await PostgresAccount.Caller.RunAsync(Path.Combine(directory, "postgres"), ["--version"], cancellationToken);
            var version = Version().Match(output);
            return version.Success ? int.Parse(version.Groups[1].Value, CultureInfo.InvariantCulture) : null;
        }
        catch (EmbeddedPostgresException)
        {
            return null;
        }
    }

    [GeneratedRegex(@"\(PostgreSQL\) (\d+)")]
    private static partial Regex Version();

    [GeneratedRegex(@"\d+")]
    private static partial Regex Digits();
}
