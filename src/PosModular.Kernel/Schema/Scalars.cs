using System.Globalization;
using GraphQL.Types;
using GraphQLParser.AST;
using NodaTime;
using NodaTime.Text;
using PosModular.Kernel.Time;

namespace PosModular.Kernel.Schema;

internal sealed class LongScalar : LongGraphType
{
    public LongScalar()
    {
        Name = "Long";
        Description = "A 64-bit whole number, as a JSON number.";
    }
}

internal sealed class DecimalScalar : DecimalGraphType
{
    public DecimalScalar()
    {
        Name = "Decimal";
        Description = "A decimal number: a JSON number or, so that no digit is lost in transit, a string such as \"49.99\".";
    }

    public override bool CanParseLiteral(GraphQLValue value) =>
        value is GraphQLStringValue text ? CanParseValue(text.Value.ToString()) : base.CanParseLiteral(value);

    public override bool CanParseValue(object? value) =>
        value is string text
            ? decimal.TryParse(text, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out _)
            : base.CanParseValue(value);

    public override object? ParseLiteral(GraphQLValue value) =>
        value is GraphQLStringValue text ? ParseValue(text.Value.ToString()) : base.ParseLiteral(value);

    public override object? ParseValue(object? value) =>
        value is string text
            ? decimal.TryParse(
                text,
                NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint,
                CultureInfo.InvariantCulture,
                out var number
            )
                ? number
                : throw new InvalidInputValueException("A Decimal is a number such as 49.99, or \"49.99\" as text.")
            : base.ParseValue(value);
}

/// <summary>A scalar written as a string by a NodaTime pattern.</summary>
internal abstract class PatternScalar<T>(params IPattern<T>[] patterns) : ScalarGraphType
    where T : struct
{
    protected abstract string Format(T value);

    protected virtual T Truncate(T value) => value;

    public override object? Serialize(object? value) =>
        value switch
        {
            null => null,
            T known => Format(known),
            _ => ThrowSerializationError(value),
        };

    public override object? ParseValue(object? value) =>
        value switch
        {
            null => null,
            T known => known,
            string text => Parse(text),
            _ => ThrowValueConversionError(value),
        };

    public override object? ParseLiteral(GraphQLValue value) =>
        value switch
        {
            GraphQLNullValue => null,
            GraphQLStringValue text => Parse(text.Value.ToString()),
            _ => ThrowLiteralConversionError(value),
        };

    private object Parse(string text)
    {
        foreach (var pattern in patterns)
            if (pattern.Parse(text) is { Success: true } parsed)
                return Truncate(parsed.Value);
        throw new InvalidInputValueException($"It is not a {Name}: {Description}");
    }
}

internal sealed class DateTimeScalar : PatternScalar<Instant>
{
    public DateTimeScalar()
        : base(InstantPattern.ExtendedIso, new OffsetInstantPattern())
    {
        Name = "DateTime";
        Description = "An instant in ISO 8601 format, printed in UTC with at most six fractional digits, e.g. 2026-11-23T19:04:05.123Z.";
    }

    protected override string Format(Instant value) => InstantPattern.ExtendedIso.Format(value);

    protected override Instant Truncate(Instant value) => value.ToMicroseconds();

    // Input may carry any offset, because clients send what their own clock prints.
    private sealed class OffsetInstantPattern : IPattern<Instant>
    {
        public ParseResult<Instant> Parse(string text) =>
            OffsetDateTimePattern.ExtendedIso.Parse(text) is { Success: true } read
                ? ParseResult<Instant>.ForValue(read.Value.ToInstant())
                : ParseResult<Instant>.ForException(() => new FormatException());

        public string Format(Instant value) => InstantPattern.ExtendedIso.Format(value);

        public System.Text.StringBuilder AppendFormat(Instant value, System.Text.StringBuilder builder) =>
            InstantPattern.ExtendedIso.AppendFormat(value, builder);
    }
}

internal sealed class LocalDateScalar : PatternScalar<LocalDate>
{
    public LocalDateScalar()
        : base(LocalDatePattern.Iso)
    {
        Name = "LocalDate";
        Description = "A date in the venue's time zone, e.g. 2026-11-23.";
    }

    protected override string Format(LocalDate value) => LocalDatePattern.Iso.Format(value);
}

internal sealed class LocalTimeScalar : PatternScalar<LocalTime>
{
    private static readonly LocalTimePattern MinutesPattern = LocalTimePattern.CreateWithInvariantCulture("HH:mm");
    private static readonly LocalTimePattern SecondsPattern = LocalTimePattern.CreateWithInvariantCulture("HH:mm:ss");

    public LocalTimeScalar()
        : base(MinutesPattern, SecondsPattern)
    {
        Name = "LocalTime";
        Description = "A time of day in the venue's time zone: 22:00 or 22:00:00 as input, printed as 22:00:00.";
    }

    protected override string Format(LocalTime value) => SecondsPattern.Format(value);
}
