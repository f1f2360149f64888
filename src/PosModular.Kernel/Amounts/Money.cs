using System.Globalization;

namespace PosModular.Kernel.Amounts;

/// <summary>An amount of one currency. Amounts of different currencies are never added.</summary>
/// <param name="AmountMinor">In minor units (cents for EUR, yen for JPY, fils for KWD); may be negative.</param>
/// <param name="Currency">ISO 4217.</param>
public sealed record Money(long AmountMinor, string Currency)
{
    /// <summary>The amount formatted for people in en-US style, e.g. €1,234.50. It does not depend on the machine's locale.</summary>
    public string Formatted
    {
        get
        {
            var digits = PosModular.Kernel.Amounts.Currency.MinorUnitDigits(Currency);
            var units = (decimal)AmountMinor / MinorUnitsPerMajor(digits);
            var number = Math.Abs(units).ToString("N" + digits, CultureInfo.InvariantCulture);
            return (units < 0 ? "-" : "") + PosModular.Kernel.Amounts.Currency.Symbol(Currency) + number;
        }
    }

    /// <summary>Total divided by count, rounded half to even; 0 when the count is 0.</summary>
    public static long Average(long totalMinor, long count) =>
        count == 0 ? 0 : (long)Math.Round((decimal)totalMinor / count, MidpointRounding.ToEven);

    private static decimal MinorUnitsPerMajor(int digits) =>
        digits switch
        {
            0 => 1,
            3 => 1000,
            _ => 100,
        };
}
