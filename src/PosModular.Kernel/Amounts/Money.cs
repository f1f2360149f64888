using System.Globalization;

namespace PosModular.Kernel.Amounts;

/// <summary>An amount of one currency. Amounts of different currencies are never added.</summary>
/// <param name="AmountMinor">In minor units (cents for EUR, yen for JPY, fils for KWD); may be negative.</param>
/// <param name="Currency">ISO 4217.</param>
public sealed record Money(long AmountMinor, string Currency)
{
    /// <summary>Digits of the currency's minor unit by ISO 4217: 2 for EUR, 0 for JPY, 3 for KWD.</summary>
    public int Decimals => PosModular.Kernel.Amounts.Currency.MinorUnitDigits(Currency);

    /// <summary>The amount formatted for people in en-US style, e.g. €1,234.50. It does not depend on the machine's locale.</summary>
    public string Formatted
    {
        get
        {
            var units = (decimal)AmountMinor / PosModular.Kernel.Amounts.Currency.MinorUnitsPerMajor(Currency);
            var number = Math.Abs(units).ToString("N" + Decimals, CultureInfo.InvariantCulture);
            return (units < 0 ? "-" : "") + PosModular.Kernel.Amounts.Currency.Symbol(Currency) + number;
        }
    }

    /// <summary>Total divided by count, rounded half to even; 0 when the count is 0.</summary>
    public static long Average(long totalMinor, long count) =>
        count == 0 ? 0 : (long)Math.Round((decimal)totalMinor / count, MidpointRounding.ToEven);
}
