using System.Text.RegularExpressions;
using Shouldly;
using Xunit;

namespace PosModular.ArchitectureTests.Documentation;

/// <summary>
/// Every code block of docs/clients.md is what a tested file says: the region, or the whole file, that the comment above it names. Every
/// package that it tells to install is one that the tests use.
/// </summary>
public sealed partial class ClientSnippetsTests
{
    [GeneratedRegex(
        @"(?:^<!-- (?<source>\S+) -->\n)?^```(?<language>\w*)\n(?<code>.*?)^```$",
        RegexOptions.Multiline | RegexOptions.Singleline
    )]
    private static partial Regex CodeBlock();

    [GeneratedRegex(@"""(?<name>[^""]+)"": ""\d")]
    private static partial Regex Dependency();

    private static IEnumerable<string> Differences(string markdown, Func<string, string?> read, HashSet<string> packages)
    {
        foreach (Match block in CodeBlock().Matches(markdown))
        {
            var (code, source) = (block.Groups["code"].Value, block.Groups["source"].Value);
            var firstLine = code.Split('\n')[0];
            if (block.Groups["language"].Value == "sh" && firstLine.StartsWith("npm install ", StringComparison.Ordinal))
                foreach (var package in firstLine.Split(' ').Skip(2).Where(p => !p.StartsWith('-') && !packages.Contains(p)))
                    yield return $"{package}: no test uses it";
            else if (source.Length == 0)
                yield return $"{firstLine}: names no tested file";
            else if (Snippet(source, read) is var tested && tested != code)
                yield return $"{source}: {(tested is null ? "there is no such file or region" : "differs from the tested file")}";
        }
    }

    // FILE or FILE#REGION; the lines of a region are shown without their common indentation.
    private static string? Snippet(string source, Func<string, string?> read)
    {
        var (file, region) = source.Split('#') is [var f, var r] ? (f, r) : (source, null);
        if (read(file) is not { } text || region is null)
            return read(file);
        var lines = text.Split('\n');
        var start = Array.FindIndex(lines, line => line.TrimStart(' ', '/', '#') == $"region {region}");
        if (start < 0)
            return null;
        var body = lines.Skip(start + 1).TakeWhile(line => line.TrimStart(' ', '/', '#') != "endregion").ToList();
        while (body is ["", ..])
            body.RemoveAt(0);
        while (body is [.., ""])
            body.RemoveAt(body.Count - 1);
        var indentation = body.Where(line => line.Length > 0).Min(line => line.Length - line.TrimStart(' ').Length);
        return string.Concat(body.Select(line => (line.Length > 0 ? line[indentation..] : line) + "\n"));
    }

    private static string? ReadOrNull(string path) => File.Exists(Path.Combine(Repository.Root, path)) ? Repository.Read(path) : null;

    private static HashSet<string> InstalledPackages() =>
        Dependency().Matches(Repository.Read("tests/PosModular.Clients/package.json")).Select(m => m.Groups["name"].Value).ToHashSet();

    [Fact]
    public void Every_code_block_is_a_tested_one() =>
        Differences(Repository.Read("docs/clients.md"), ReadOrNull, InstalledPackages()).ShouldBeEmpty();

    [Fact]
    public void Planted_differences_are_found() =>
        Differences(
                "<!-- a.js#x -->\n```js\nlet a;\n```\n<!-- a.js#x -->\n```js\nlet b;\n```\n<!-- a.js#y -->\n```js\nlet a;\n```\n"
                    + "<!-- b.json -->\n```json\n{}\n```\n```js\nlet c;\n```\n```sh\nnpm install graphql nowhere\n```\n",
                file => file == "a.js" ? "  // #region x\n\n  let a;\n  // #endregion\nlet b;\n" : "{}\n",
                ["graphql"]
            )
            .ShouldBe([
                "a.js#x: differs from the tested file",
                "a.js#y: there is no such file or region",
                "let c;: names no tested file",
                "nowhere: no test uses it",
            ]);
}
