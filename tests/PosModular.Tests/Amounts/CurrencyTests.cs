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
    [InlineData("CLF", 4)]
    [InlineData("UYW", 4)]
    [InlineData("UYI", 0)]
    [InlineData("CHE", 2)]
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

    [Theory]
    [InlineData(0, "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF")]
    [InlineData(3, "BHD IQD JOD KWD LYD OMR TND")]
    [InlineData(4, "CLF UYW")]
    public void No_other_currency_has_as_many_digits(int digits, string codes)
    {
        var letters = Enumerable.Range('A', 26).Select(c => ((char)c).ToString()).ToArray();
        var all = from first in letters from second in letters from third in letters select first + second + third;

        string.Join(' ', all.Where(code => Currency.Exists(code) && Currency.MinorUnitDigits(code) == digits)).ShouldBe(codes);
    }

    [Theory]
    [InlineData("EUR", "EUR")]
    [InlineData("eur", "EUR")]
    [InlineData("Eur", "EUR")]
    [InlineData("ısk", null)]
    [InlineData("ZZZ", null)]
    [InlineData("", null)]
    [InlineData(null, null)]
    public void A_code_is_read_in_small_letters_too(string? text, string? code) => Currency.Parse(text).ShouldBe(code);
}
