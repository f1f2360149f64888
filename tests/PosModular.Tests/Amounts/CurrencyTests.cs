using PosModular.Kernel.Amounts;
using Shouldly;
using Xunit;

namespace PosModular.Tests.Amounts;

/// <summary>The currencies of ISO 4217 and the digits of their minor units.</summary>
public sealed class CurrencyTests
{
    [Theory]
    [InlineData("EUR", 2)]
    [InlineData("USD", 2)]
    [InlineData("CHF", 2)]
    [InlineData("HUF", 2)]
    [InlineData("JPY", 0)]
    [InlineData("KRW", 0)]
    [InlineData("ISK", 0)]
    [InlineData("CLP", 0)]
    [InlineData("KWD", 3)]
    [InlineData("BHD", 3)]
    [InlineData("TND", 3)]
    public void A_currency_has_the_minor_unit_digits_of_ISO_4217(string code, int digits)
    {
        Currency.Exists(code).ShouldBeTrue();
        Currency.MinorUnitDigits(code).ShouldBe(digits);
    }

    [Theory]
    [InlineData("")]
    [InlineData("eur")]
    [InlineData("EURO")]
    [InlineData("EU")]
    [InlineData(" EUR")]
    [InlineData("EUR\n")]
    [InlineData("XXX")]
    [InlineData("DEM")]
    [InlineData("€€€")]
    public void Anything_but_an_active_code_in_capitals_is_not_a_currency(string code)
    {
        Currency.Exists(code).ShouldBeFalse();
        Currency.MinorUnitDigits(code).ShouldBe(2);
    }
}
