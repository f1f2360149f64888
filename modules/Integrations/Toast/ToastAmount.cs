using System.Globalization;
using System.Text.Json;
using PosModular.Kernel.Amounts;

namespace Integrations.Toast;

/// <summary>Converts Toast's amounts from decimal units of the restaurant's currency (10.5) to whole minor units (1050). They are parsed
/// from the number's own text, never through a floating-point number.</summary>
internal static class ToastAmount
{
    // Both keep sums of several amounts within 64 bits, whatever the currency.
    private const decimal MaxUnits = 1_000_000_000_000_000m;
    private const decimal MaxMinorUnits = 1_000_000_000_000_000_000m;

    /// <summary>The amount in a field: 0 when it is missing or null; null when it is not a number or implausibly large.</summary>
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

    /// <summary>Rounds half to even where an amount has more digits than the currency. Toast prints binary fractions
    /// (57.730000000000004), so extra digits are not an error. Null when implausibly large.</summary>
    public static long? ToMinorUnits(decimal units, string currency) =>
        Math.Abs(units) <= MaxUnits && units * Currency.MinorUnitsPerMajor(currency) is >= -MaxMinorUnits and <= MaxMinorUnits and var minor
            ? (long)Math.Round(minor, MidpointRounding.ToEven)
            : null;

    /// <summary>Allocates a total in proportion to weights of 0 or more without losing a unit: each share is rounded down, and the
    /// remaining units go one by one to the shares with the largest remainders, earlier ones first. Without any weight the first share
    /// receives everything.</summary>
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
