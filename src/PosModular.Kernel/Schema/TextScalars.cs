using System.Globalization;
using GraphQL.Types;
using GraphQLParser.AST;

namespace PosModular.Kernel.Schema;

/// <summary>The built-in ID, restricted to what the database can store: text without NUL and unpaired surrogates, of at most 200
/// characters, or a 64-bit whole number.</summary>
internal sealed class IdScalar : IdGraphType
{
    public override object? ParseLiteral(GraphQLValue value) =>
        value switch
        {
            GraphQLStringValue text => InputText.Checked((string)text.Value, InputText.DefaultMaxLength),
            GraphQLIntValue number => long.TryParse(number.Value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var id)
                ? id.ToString(CultureInfo.InvariantCulture)
                : throw new InvalidInputValueException("An ID that is a number has 64 bits. Send a longer one as a string."),
            GraphQLNullValue => null,
            _ => throw NotAnId(),
        };

    public override bool CanParseLiteral(GraphQLValue value) => value is GraphQLStringValue or GraphQLIntValue or GraphQLNullValue;

    public override object? ParseValue(object? value) =>
        value switch
        {
            null => null,
            string text => InputText.Checked(text, InputText.DefaultMaxLength),
            int or long => ((IFormattable)value).ToString(null, CultureInfo.InvariantCulture),
            Guid id => id.ToString("D"),
            _ => throw NotAnId(),
        };

    private static InvalidInputValueException NotAnId() => new("An ID is a string or a 64-bit whole number.");
}

/// <summary>The built-in String, restricted to what the database can store: text without NUL and unpaired surrogates. Its length is limited
/// where it is used, see <see cref="InputText"/>.</summary>
internal sealed class TextScalar : StringGraphType
{
    public TextScalar() => Name = "String";

    public override object? ParseLiteral(GraphQLValue value) =>
        value switch
        {
            GraphQLStringValue text => InputText.Checked((string)text.Value, InputText.LongestMaxLength),
            GraphQLNullValue => null,
            _ => throw NotText(),
        };

    public override object? ParseValue(object? value) =>
        value switch
        {
            null => null,
            string text => InputText.Checked(text, InputText.LongestMaxLength),
            _ => throw NotText(),
        };

    // The results of resolvers are not input.
    public override object? Serialize(object? value) => value as string ?? (value is null ? null : ThrowSerializationError(value));

    private static InvalidInputValueException NotText() => new("A String is written in quotes.");
}
