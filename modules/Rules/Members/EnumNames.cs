using System.Text.RegularExpressions;

namespace Rules.Members;

/// <summary>Names of enum values as the API spells them, for the audit log.</summary>
internal static partial class EnumNames
{
    public static string Of<T>(T value)
        where T : struct, Enum => WordStart().Replace(value.ToString(), "_").ToUpperInvariant();

    [GeneratedRegex("(?<=[a-z])(?=[A-Z])")]
    private static partial Regex WordStart();
}
