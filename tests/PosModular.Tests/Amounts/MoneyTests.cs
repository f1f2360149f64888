using System.Globalization;
using System.Numerics;
using CsCheck;
using PosModular.Kernel.Amounts;
using Shouldly;
using Xunit;

namespace PosModular.Tests.Amounts;

/// <summary>Amounts are formatted alike on every machine, and an average is rounded half to even.</summary>
public sealed class MoneyTests
{
    [Theory]
    [InlineData(123450, "EUR", "€1,234.50")]
    [InlineData(-123450, "EUR", "-€1,234.50")]
    [InlineData(5, "USD", "$0.05")]
    [InlineData(-5, "USD", "-$0.05")]
    [InlineData(0, "USD", "$0.00")]
    [InlineData(1234, "JPY", "¥1,234")]
    [InlineData(1234567, "KWD", "KWD 1,234.567")]
    [InlineData(-5, "KWD", "-KWD 0.005")]
    [InlineData(99, "CHF", "CHF 0.99")]
    [InlineData(123456, "CLF", "CLF 12.3456")]
    [InlineData(long.MaxValue, "EUR", "€92,233,720,368,547,758.07")]
    [InlineData(long.MinValue, "JPY", "-¥9,223,372,036,854,775,808")]
    public void An_amount_is_formatted_with_its_currency(long minor, string currency, string text) =>
        new Money(minor, currency).Formatted.ShouldBe(text);

    [Theory]
    [InlineData("de-DE")]
    [InlineData("fr-CH")]
    [InlineData("hi-IN")]
    [InlineData("ar-SA")]
    public void The_culture_of_the_machine_does_not_change_the_format(string culture)
    {
        var before = CultureInfo.CurrentCulture;
        try
        {
            CultureInfo.CurrentCulture = CultureInfo.GetCultureInfo(culture);
            new Money(-123456789, "EUR").Formatted.ShouldBe("-€1,234,567.89");
        }
        finally
        {
            CultureInfo.CurrentCulture = before;
        }
    }

    [Theory]
    [InlineData(5, 2, 2)]
    [InlineData(7, 2, 4)]
    [InlineData(-5, 2, -2)]
    [InlineData(-7, 2, -4)]
    [InlineData(10, 3, 3)]
    [InlineData(11, 3, 4)]
    [InlineData(0, 7, 0)]
    [InlineData(100, 0, 0)]
    [InlineData(long.MaxValue, 1, long.MaxValue)]
    [InlineData(long.MinValue, 1, long.MinValue)]
    public void An_average_is_rounded_half_to_even(long total, long count, long average) => Money.Average(total, count).ShouldBe(average);

    [Fact]
    public void An_average_is_at_most_half_a_minor_unit_off() =>
        Gen.Select(Gen.Long, Gen.Long[1, 1_000_000])
            .Sample(
                (total, count) =>
                {
                    var twiceTheError = BigInteger.Abs((BigInteger)Money.Average(total, count) * count - total) * 2;
                    return twiceTheError < count || (twiceTheError == count && Money.Average(total, count) % 2 == 0);
                }
            );
}
