using System.Text.RegularExpressions;
using GraphQL;
using GraphQL.Execution;
using GraphQL.Validation;
using GraphQL.Validation.Errors;
using PosModular.Kernel.Schema;

namespace PosModular.Host.GraphQL.Errors;

/// <summary>
/// The messages of errors as callers see them. GraphQL.NET repeats the literals of a query and the values of its variables in its
/// messages, where they end up in the logs of clients; one of them may be an access token. Here they are left out.
/// </summary>
internal static partial class PublicMessage
{
    /// <summary>In characters. The rule that compares fields lists every pair that disagrees in one message.</summary>
    private const int MaxLength = 500;

    public static string Of(ExecutionError error)
    {
        var message = error switch
        {
            UnhandledError => "Internal error",
            SyntaxError => WithoutFoundText(error.Message),
            ArgumentsOfCorrectTypeError => WithoutFoundValue(error.Message),
            DefaultValuesOfCorrectTypeError => CutBefore(error.Message, " has invalid default value") + " has an invalid default value.",
            InvalidVariableError or InvalidLiteralError or InvalidValueError => WithReason(error),
            _ => error.Message,
        };
        return message.Length <= MaxLength ? message : message[..MaxLength] + " …";
    }

    /// <summary>Keeps what was expected, and what kind of token was found instead.</summary>
    private static string WithoutFoundText(string message)
    {
        var firstLine = message.Split('\n', 2)[0];
        return FoundToken().Match(firstLine) is { Success: true } found
            ? firstLine[..found.Index] + found.Groups[1].Value + "."
            : QuotedText().Replace(firstLine, "…");
    }

    private static string WithoutFoundValue(string message) =>
        message.Contains(", found ", StringComparison.Ordinal) ? CutBefore(message, ", found ") + "." : message;

    private static string WithReason(ExecutionError error)
    {
        var reason = error.InnerException?.GetBaseException() as InvalidInputValueException;
        var kept = CutBefore(CutBefore(error.Message, " Unable to convert"), " Unable to parse");
        if (reason is not null)
            return CutBefore(kept, " " + reason.Message) + " " + reason.Message;
        return TargetType().Match(error.Message) is { Success: true } type
            ? $"{kept} It is not a value of type '{type.Groups[1].Value}'."
            : kept;
    }

    private static string CutBefore(string text, string part) =>
        text.IndexOf(part, StringComparison.Ordinal) is >= 0 and var index ? text[..index] : text;

    [GeneratedRegex(@"(, found \w+).*$", RegexOptions.Singleline)]
    private static partial Regex FoundToken();

    [GeneratedRegex("\".*\"|'.*'|\".*$", RegexOptions.Singleline)]
    private static partial Regex QuotedText();

    [GeneratedRegex(@"(?:to|scalar type|as a) '(\w+)'(?: type)?[^']*$", RegexOptions.Singleline)]
    private static partial Regex TargetType();
}
