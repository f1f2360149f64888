using Shouldly;
using Xunit;

namespace PosModular.ArchitectureTests.Conventions;

/// <summary>No line of hand-written code is longer than 140 columns. CSharpier breaks code, but neither strings nor comments.</summary>
public sealed class LineLengthTests
{
    private const int MaxColumns = 140;

    private static IEnumerable<string> Offences(string path, string text) =>
        from line in text.Split('\n').Index()
        where line.Item.TrimEnd('\r').Length > MaxColumns
        select $"{path}:{line.Index + 1} has {line.Item.TrimEnd('\r').Length} columns";

    [Fact]
    public void No_line_is_longer_than_140_columns() =>
        Repository.Files("*.cs").SelectMany(path => Offences(path, Repository.Read(path))).ShouldBeEmpty();

    [Fact]
    public void A_planted_long_line_is_found() =>
        Offences("x.cs", new string('a', 140) + "\r\n" + new string('b', 141) + "\n").ShouldBe(["x.cs:2 has 141 columns"]);
}
