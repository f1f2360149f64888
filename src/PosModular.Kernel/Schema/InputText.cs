using System.Collections;

namespace PosModular.Kernel.Schema;

/// <summary>The rules for text that callers send.</summary>
public static class InputText
{
    /// <summary>Characters of a text whose member or parameter has no MaxLength attribute.</summary>
    public const int DefaultMaxLength = 200;

    /// <summary>Characters of a cursor.</summary>
    internal const int CursorMaxLength = 1_000;

    /// <summary>The largest value that a MaxLength attribute may have.</summary>
    internal const int LongestMaxLength = 8_192;

    public static bool IsAcceptable(string text, int maxLength = DefaultMaxLength) => FindFault(text, maxLength) is null;

    /// <exception cref="InvalidInputValueException">The text is too long or cannot be stored.</exception>
    internal static string Checked(string text, int maxLength) =>
        FindFault(text, maxLength) is { } fault ? throw new InvalidInputValueException(fault) : text;

    /// <summary>PostgreSQL stores neither NUL nor text that is not valid Unicode.</summary>
    private static string? FindFault(string text, int maxLength)
    {
        if (text.Length > maxLength)
            return $"The text has {text.Length} characters, {maxLength} are allowed.";
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] == '\0')
                return "The text contains the character NUL, which cannot be stored. Remove it.";
            if (!char.IsSurrogate(text[i]))
                continue;
            if (i + 1 >= text.Length || !char.IsSurrogatePair(text[i], text[i + 1]))
                return "The text contains half a surrogate pair, which is not a character. Remove it.";
            i++;
        }

        return null;
    }

    /// <summary>Limits the length of a text or of each text in a list; null when values of this type are not text.</summary>
    internal static Action<object>? LengthValidator(Type type, int? maxLength)
    {
        if (type != typeof(string) && !typeof(IEnumerable<string>).IsAssignableFrom(type))
            return null;
        var limit = maxLength ?? DefaultMaxLength;
        return value =>
        {
            if (value is string text)
                _ = Checked(text, limit);
            else if (value is IEnumerable items)
            {
                foreach (var item in items.OfType<string>())
                    _ = Checked(item, limit);
            }
        };
    }
}
