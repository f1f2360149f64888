using Shouldly;
using Xunit;

namespace PosModular.ArchitectureTests;

/// <summary>The rules over source text rely on this splitting into code, comments and strings.</summary>
public sealed class CSharpSourceTests
{
    private const string Mixed = """"
        var a = "text // no comment"; // a comment with "quotes"
        /* one
           two */ var b = @"verbatim ""x"" // no comment"; var c = '"';
        var d = """
            raw "text"
            """; var e = $"{code}";
        """";

    [Fact]
    public void Code_has_neither_comments_nor_plain_strings() =>
        CSharpSource
            .CodeOf(Mixed)
            .Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)
            .ShouldBe([
                "var",
                "a",
                "=",
                "\"\";",
                "var",
                "b",
                "=",
                "\"\";",
                "var",
                "c",
                "=",
                "'\"';",
                "var",
                "d",
                "=",
                "\"\";",
                "var",
                "e",
                "=",
                "$\"{code}\";",
            ]);

    [Fact]
    public void Strings_of_every_kind_are_found()
    {
        var strings = CSharpSource.StringsOf(Mixed).ToArray();

        strings.Length.ShouldBe(4);
        strings[2].ShouldContain("raw \"text\"");
        strings.ShouldAllBe(s => !s.Contains("quotes"));
    }
}
