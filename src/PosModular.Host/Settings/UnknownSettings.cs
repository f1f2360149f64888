using System.Text.RegularExpressions;

namespace PosModular.Host.Settings;

/// <summary>Warns at the start about settings that do not exist, each with the nearest existing name. A misspelt setting would otherwise
/// have no effect and nobody would notice. The names are those of docs/settings.md, which a test holds equal to what the code
/// reads.</summary>
internal static partial class UnknownSettings
{
    private const string Prefix = "Pos__";

    /// <summary>The settings that exist, as environment variables are spelt, e.g. <c>Pos__PublicBaseUrl</c>.</summary>
    public static IReadOnlyList<string> Known { get; } = ReadKnown();

    public static void WarnOfUnknownSettings(this WebApplication app)
    {
        var log = app.Services.GetRequiredService<ILoggerFactory>().CreateLogger("PosModular.Host.Settings");
        foreach (var (name, nearest) in Find(app.Configuration.AsEnumerable()))
            LogUnknown(log, name, nearest);
    }

    /// <summary>The unknown settings among the given ones, each with the nearest name that exists.</summary>
    public static IEnumerable<(string Name, string Nearest)> Find(IEnumerable<KeyValuePair<string, string?>> settings) =>
        from setting in settings
        where setting.Value is not null
        let name = setting.Key.Replace(":", "__", StringComparison.Ordinal)
        // With a single underscore the name of an environment variable has no sections and is read by nobody.
        where name.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase) || IsKnownWithOtherUnderscores(name)
        where !Known.Contains(name, StringComparer.OrdinalIgnoreCase)
        orderby name
        select (name, NearestTo(name));

    // A section that is given as a setting is nearest to the settings in it.
    private static string NearestTo(string name) =>
        Known
            .Where(IsSetting)
            .OrderByDescending(known => known.StartsWith(name + "__", StringComparison.OrdinalIgnoreCase))
            .ThenBy(known => Distance(name.ToUpperInvariant(), known.ToUpperInvariant()))
            .First();

    private static bool IsSetting(string name) => name.StartsWith(Prefix, StringComparison.Ordinal);

    private static bool IsKnownWithOtherUnderscores(string name) =>
        name.StartsWith("Pos_", StringComparison.OrdinalIgnoreCase)
        && Known
            .Where(IsSetting)
            .Any(known => WithoutUnderscores(known).Equals(WithoutUnderscores(name), StringComparison.OrdinalIgnoreCase));

    private static string WithoutUnderscores(string name) => name.Replace("_", "", StringComparison.Ordinal);

    // Levenshtein's distance: the least number of characters to insert, delete or replace.
    private static int Distance(string from, string to)
    {
        var row = Enumerable.Range(0, to.Length + 1).ToArray();
        for (var i = 1; i <= from.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= to.Length; j++)
            {
                var above = row[j];
                row[j] = Math.Min(Math.Min(above, row[j - 1]) + 1, diagonal + (from[i - 1] == to[j - 1] ? 0 : 1));
                diagonal = above;
            }
        }
        return row[^1];
    }

    private static string[] ReadKnown()
    {
        using var stream = typeof(UnknownSettings).Assembly.GetManifestResourceStream("settings.md")!;
        using var reader = new StreamReader(stream);
        // The first cell of each row names one setting or several.
        return
        [
            .. reader
                .ReadToEnd()
                .Split('\n')
                .Where(line => line.StartsWith('|'))
                .SelectMany(line => SettingName().Matches(line.Split('|')[1]))
                .Select(match => match.Value)
                .Distinct(),
        ];
    }

    [GeneratedRegex(@"\b(?:Pos__|POS_)\w+\b")]
    private static partial Regex SettingName();

    [LoggerMessage(LogLevel.Warning, "The setting {Name} does not exist and has no effect. The nearest that exists is {Nearest}")]
    private static partial void LogUnknown(ILogger log, string name, string nearest);
}
