using System.Text.RegularExpressions;
using Shouldly;
using Xunit;

namespace PosModular.ArchitectureTests.Conventions;

/// <summary>Names, comments and documentation use the terms of the field, not the private words of the first version.</summary>
public sealed partial class PlainWordsTests
{
    /// <summary>This file, and the API as it was published, which is never changed.</summary>
    private static readonly string[] Exceptions =
    [
        "tests/PosModular.ArchitectureTests/Conventions/PlainWordsTests.cs",
        "tests/PosModular.ArchitectureTests/Api/public-api.graphql",
    ];

    // Whole words in any case, and the parts of a name such as TillOf, tillId or feed_bell.
    [GeneratedRegex(
        @"(?<![A-Za-z])(?:till|bell|rope|tower|sighting|told|tavern|breath|knock|halving|folded|news|torn|storm|mostof|patron|"
            + "doorway|stumbled)s?(?![A-Za-z])",
        RegexOptions.IgnoreCase
    )]
    private static partial Regex PrivateWord();

    [GeneratedRegex("(?<=[a-z])(?=[A-Z])")]
    private static partial Regex WordStart();

    private static IEnumerable<string> Offences(string path, string text) =>
        from line in text.Split('\n').Index()
        from match in PrivateWord().Matches(WordStart().Replace(line.Item, " "))
        select $"{path}:{line.Index + 1}: {match.Value}";

    [Fact]
    public void No_private_word_is_left() =>
        new[] { "*.cs", "*.md", "*.graphql", "*.sh" }
            .SelectMany(Repository.Files)
            .Where(path => !Exceptions.Contains(path))
            .SelectMany(path => Offences(path, Repository.Read(path)))
            .ShouldBeEmpty();

    [Fact]
    public void Planted_private_words_are_found_and_similar_words_are_not() =>
        Offences("x.cs", "var tillId = TillOf(bell);\nuntil stilled newsletter belle\n// Told twice.\ncreate index orders_wanted_by_till")
            .ShouldBe(["x.cs:1: till", "x.cs:1: Till", "x.cs:1: bell", "x.cs:3: Told", "x.cs:4: till"]);
}
