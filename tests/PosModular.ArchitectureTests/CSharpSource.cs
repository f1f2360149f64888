using System.Text.RegularExpressions;

namespace PosModular.ArchitectureTests;

/// <summary>Splits C# text into code, comments and strings, as far as the rules need it.</summary>
internal static partial class CSharpSource
{
    // Comments, raw strings, verbatim strings, plain strings, characters.
    [GeneratedRegex(
        """
            (?<comment>//[^\n]*|/\*[\s\S]*?\*/)
            |(?<text>\$*(?<q>"{3,})[\s\S]*?\k<q>"*|(?:\$@|@\$|@)"(?:[^"]|"")*"|\$?"(?:\\.|[^"\\\n])*")
            |'(?:\\.|[^'\\\n])+'
            """,
        RegexOptions.IgnorePatternWhitespace
    )]
    private static partial Regex Tokens();

    /// <summary>The source without comments and plain strings. Interpolated strings stay because they contain code.</summary>
    public static string CodeOf(string source) =>
        Tokens()
            .Replace(source, m => m.Groups["comment"].Success ? " "
                : m.Groups["text"].Success && m.Value[0] != '$' ? "\"\""
                : m.Value);

    public static IEnumerable<string> StringsOf(string source) =>
        Tokens().Matches(source).Where(m => m.Groups["text"].Success).Select(m => m.Value);
}
