using System.Globalization;
using System.Text.Json;
using PosModular.Kernel.Amounts;

namespace Integrations.Toast;

/// <summary>Toast's amounts: decimal units of the restaurant's currency (10.5), here whole minor units (1050). Read from the number's own text, never by way of a
/// floating-point number.</summary>
internal static class ToastAmount
{
    // So that neither a sum of several nor its minor units leave 64 bits, whatever the currency.
    private const decimal MaxUnits = 1_000_000_000_000_000m;

    /// <summary>0 when it is left out or null; null when it is no number, or beyond any sale.</summary>
    public static decimal? Read(JsonElement parent, string name)
    {
        if (!parent.TryGetProperty(name, out var value) || value.ValueKind == JsonValueKind.Null)
            return 0;
        return
            value.ValueKind == JsonValueKind.Number
            && decimal.TryParse(value.GetRawText(), NumberStyles.Float, CultureInfo.InvariantCulture, out var units)
            && Math.Abs(units) <= MaxUnits
            ? units
            : null;
    }

    /// <summary>Rounded half to even where there are more digits than the currency has: Toast prints binary fractions too (57.730000000000004), so
    /// digits to spare are no sign of a fault and are not told. Null beyond any sale.</summary>
    public static long? ToMinorUnits(decimal units, string currency) =>
        Math.Abs(units) > MaxUnits
            ? null
            : (long)
                Math.Round(
                    units
                        * Currency.MinorUnitDigits(currency) switch
                        {
                            0 => 1,
                            3 => 1000,
                            _ => 100,
                        },
                    MidpointRounding.ToEven
                );

    /// <summary>Shares a total in proportion to weights of 0 or more, none of them lost: each has its part rounded down, and what is left goes by one to
    /// those whose parts were cut most, the first of equals first. Without any weight the first one has it all.</summary>
    public static long[] Allocate(long total, IReadOnlyList<long> weights)
    {
        var shares = new long[weights.Count];
        if (shares.Length == 0)
            return shares;
        var sum = weights.Aggregate((Int128)0, (all, weight) => all + weight);
        if (sum == 0)
        {
            shares[0] = total;
            return shares;
        }
        var (size, rest) = (Int128.Abs(total), Int128.Abs(total));
        var remainders = new Int128[shares.Length];
        for (var i = 0; i < shares.Length; i++)
        {
            var (part, remainder) = Int128.DivRem(size * weights[i], sum);
            (shares[i], remainders[i], rest) = ((long)part, remainder, rest - part);
        }
        foreach (var i in Enumerable.Range(0, shares.Length).OrderByDescending(i => remainders[i]).ThenBy(i => i).Take((int)rest))
            shares[i]++;
        return total < 0 ? [.. shares.Select(share => -share)] : shares;
    }
}
