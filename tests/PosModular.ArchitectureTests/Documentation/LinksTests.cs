using System.Text.RegularExpressions;
using Shouldly;
using Xunit;

namespace PosModular.ArchitectureTests.Documentation;

/// <summary>Every relative link in the documentation leads to an existing file or folder, and its anchor to a heading in it.</summary>
public sealed partial class LinksTests
{
    [GeneratedRegex(@"\]\((?<target>[^)\s]+)[^)]*\)")]
    private static partial Regex Link();

    [GeneratedRegex(@"^#{1,6}\s+(?<text>.+?)\s*#*$", RegexOptions.Multiline)]
    private static partial Regex Heading();

    [GeneratedRegex(@"^```.*?^```|`[^`\n]*`", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex CodeSample();

    [GeneratedRegex(@"[^\w\- ]")]
    private static partial Regex NotInAnchor();

    private static IEnumerable<string> BrokenLinks(string root, string path)
    {
        var markdown = CodeSample().Replace(File.ReadAllText(Path.Combine(root, path)), "");
        foreach (var target in Link().Matches(markdown).Select(m => m.Groups["target"].Value).Where(t => !t.Contains(':')))
        {
            var (file, anchor) = target.Split('#', 2) is [var f, var a] ? (f, a) : (target, "");
            var linked = file == "" ? path : Path.Combine(Path.GetDirectoryName(path)!, Uri.UnescapeDataString(file));
            var full = Path.Combine(root, linked);
            if (!File.Exists(full) && !Directory.Exists(full))
                yield return $"{path}: {target} does not exist";
            else if (anchor != "" && !Anchors(File.ReadAllText(full)).Contains(anchor))
                yield return $"{path}: {target} names no heading";
        }
    }

    // GitHub's anchors: lower case, without punctuation and formatting, spaces as hyphens.
    private static IEnumerable<string> Anchors(string markdown) =>
        Heading().Matches(markdown).Select(m => NotInAnchor().Replace(m.Groups["text"].Value.ToLowerInvariant(), "").Replace(' ', '-'));

    [Fact]
    public void Every_relative_link_leads_somewhere()
    {
        var documents = Repository.Files("*.md").ToArray();

        documents.ShouldContain("README.md");
        documents.SelectMany(d => BrokenLinks(Repository.Root, d)).ShouldBeEmpty();
    }

    [Fact]
    public void Planted_broken_links_are_found()
    {
        var root = Directory.CreateTempSubdirectory("links-").FullName;
        try
        {
            Directory.CreateDirectory(Path.Combine(root, "docs"));
            File.WriteAllText(
                Path.Combine(root, "README.md"),
                "# To begin (now)\n[here](#to-begin-now) [gone](docs/gone.md) `[code](x.md)`\n"
            );
            File.WriteAllText(
                Path.Combine(root, "docs", "a.md"),
                "[up](../README.md#to-begin-now) [no](../README.md#no) [out](https://example.com/x)\n![picture](picture.png)\n"
                    + "```\n[code](y.md)\n```\n"
            );

            BrokenLinks(root, "README.md").ShouldBe(["README.md: docs/gone.md does not exist"]);
            BrokenLinks(root, "docs/a.md")
                .ShouldBe(["docs/a.md: ../README.md#no names no heading", "docs/a.md: picture.png does not exist"]);
        }
        finally
        {
            Directory.Delete(root, recursive: true);
        }
    }
}
