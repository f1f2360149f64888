using System.Text.RegularExpressions;
using PosModular.Host.Settings;
using Shouldly;
using Xunit;

namespace PosModular.ArchitectureTests.Documentation;

/// <summary>Every setting that the code reads is in docs/settings.md, .env.example and docker-compose.yml, and vice versa.</summary>
public sealed partial class SettingsTests
{
    /// <summary>Settings that a container must not or cannot use: the host refuses or ignores them outside of Development.</summary>
    private static readonly string[] DevelopmentOnly = ["Pos__DataDirectory", "Pos__Ide__Token"];

    /// <summary>Settings that the code never names: the compose file or a library reads them.</summary>
    private static readonly string[] ReadElsewhere =
    [
        "POS_PORT",
        "OTEL_EXPORTER_OTLP_PROTOCOL",
        "OTEL_EXPORTER_OTLP_HEADERS",
        "OTEL_SERVICE_NAME",
        "OTEL_RESOURCE_ATTRIBUTES",
    ];

    // In code a setting is a whole string, with colons or with the double underscores of an environment variable.
    [GeneratedRegex("^\"(?<name>(?:Pos|Auth|ConnectionStrings)(?::|__)[A-Za-z0-9_:]+|(?:POS|OTEL)_[A-Z_]+)\"$")]
    private static partial Regex InCode();

    [GeneratedRegex(@"\b(?:Pos|Auth|ConnectionStrings)__\w+|\b(?:POS|OTEL)_[A-Z_]+\b")]
    private static partial Regex Name();

    [GeneratedRegex(@"^\|(?<cell>[^|]+)\|", RegexOptions.Multiline)]
    private static partial Regex FirstCell();

    [GeneratedRegex(@"^#?(?<name>\w+)=", RegexOptions.Multiline)]
    private static partial Regex Assignment();

    private static HashSet<string> ReadByCode(IEnumerable<string> sources) =>
        sources
            .SelectMany(CSharpSource.StringsOf)
            .Select(text => InCode().Match(text))
            .Where(m => m.Success)
            .Select(m => m.Groups["name"].Value.Replace(":", "__", StringComparison.Ordinal))
            .ToHashSet();

    private static HashSet<string> Documented(string markdown) =>
        FirstCell().Matches(markdown).SelectMany(m => Name().Matches(m.Groups["cell"].Value)).Select(m => m.Value).ToHashSet();

    private static HashSet<string> InExample(string env) =>
        Assignment().Matches(env).Select(m => m.Groups["name"].Value).Where(n => Name().IsMatch(n)).ToHashSet();

    private static HashSet<string> InCompose(string yaml) =>
        yaml.Split('\n').SelectMany(line => Name().Matches(line.Split('#')[0])).Select(m => m.Value).ToHashSet();

    private static IEnumerable<string> Differences(
        HashSet<string> code,
        HashSet<string> docs,
        HashSet<string> example,
        HashSet<string> compose
    ) =>
        from name in code.Union(docs).Union(example).Union(compose).Order(StringComparer.Ordinal)
        from missing in new[]
        {
            code.Contains(name) || ReadElsewhere.Contains(name) ? null : "the code does not read it",
            docs.Contains(name) ? null : "docs/settings.md lacks it",
            example.Contains(name) ? null : ".env.example lacks it",
            compose.Contains(name) || DevelopmentOnly.Contains(name) ? null : "docker-compose.yml does not pass it",
        }.OfType<string>()
        select $"{name}: {missing}";

    [Fact]
    public void Every_setting_is_in_the_code_the_documentation_the_example_and_the_compose_file() =>
        Differences(
                ReadByCode(Repository.Sources("modules", "src").Select(s => s.Text)),
                Documented(Repository.Read("docs/settings.md")),
                InExample(Repository.Read(".env.example")),
                InCompose(Repository.Read("docker-compose.yml"))
            )
            .ShouldBeEmpty();

    [Fact]
    public void The_host_knows_all_settings_when_it_warns_of_unknown_ones() =>
        UnknownSettings
            .Known.Where(name => name.StartsWith("Pos__", StringComparison.Ordinal))
            .ShouldBe(
                ReadByCode(Repository.Sources("modules", "src").Select(s => s.Text))
                    .Where(name => name.StartsWith("Pos__", StringComparison.Ordinal)),
                ignoreOrder: true
            );

    [Fact]
    public void Planted_unknown_settings_are_found_with_the_nearest_name() =>
        UnknownSettings
            .Find(
                new Dictionary<string, string?>
                {
                    ["Pos:Syncs"] = "false",
                    ["POS:RELAYS"] = "false",
                    ["Pos:Square"] = null, // a section
                    ["Pos:Sync"] = "false",
                    ["Pos:Square:BaseUrl:Sandbox"] = "http://localhost",
                    ["Pos:Toast:BaseUrls"] = "http://localhost",
                    ["Pos_PublicBaseUrl"] = "http://localhost",
                    ["POS_PORT"] = "8080",
                    ["POS_OTHER_PROGRAM"] = "1",
                    ["Logging:LogLevel"] = "Information",
                }
            )
            .ShouldBe(
                [
                    ("Pos_PublicBaseUrl", "Pos__PublicBaseUrl"),
                    ("Pos__Square__BaseUrl__Sandbox", "Pos__Square__BaseUrls__Sandbox"),
                    ("Pos__Sync", "Pos__Syncs"),
                    ("Pos__Toast__BaseUrls", "Pos__Toast__BaseUrls__Sandbox"),
                ],
                ignoreOrder: true
            );

    [Fact]
    public void Planted_differences_are_found() =>
        Differences(
                ReadByCode(["var a = c[\"Pos:A:B\"]; Fail(\"POS_KEY\", \"set Pos__Other, not both\"); // \"Pos:Comment\""]),
                Documented(
                    "| setting | meaning |\n|---|---|\n| `Pos__A__B`, `Pos__Gone` | See `Pos__Text`. |\n| `Pos__DataDirectory` | x |"
                ),
                InExample("# Pos__Text\n#Pos__A__B=1\nPOS_KEY=\nPos__DataDirectory=\n"),
                InCompose("environment:\n  Pos__A__B: # Pos__Gone\n  POS_PORT: ${POS_PORT:-1}\n")
            )
            .ShouldBe([
                "POS_KEY: docs/settings.md lacks it",
                "POS_KEY: docker-compose.yml does not pass it",
                "POS_PORT: docs/settings.md lacks it",
                "POS_PORT: .env.example lacks it",
                "Pos__DataDirectory: the code does not read it",
                "Pos__Gone: the code does not read it",
                "Pos__Gone: .env.example lacks it",
                "Pos__Gone: docker-compose.yml does not pass it",
            ]);
}
