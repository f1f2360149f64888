using NodaTime;

namespace Analytics.Revenues;

/// <summary>Totals of one level, from the first that starts at or after an instant to the last that starts before another one.</summary>
internal readonly record struct RevenueRange(RevenueLevel Level, Instant From, Instant To)
{
    /// <summary>All time. Its months are read alone.</summary>
    public static readonly RevenueRange All = new(RevenueLevel.Month, Instant.MinValue, Instant.MaxValue);

    /// <summary>Splits a span into at most seven ranges, in order, each of the longest level that fits: months in the middle, shorter
    /// levels towards both ends. Pure. Each quarter hour that starts in the span is in exactly one range.</summary>
    public static IEnumerable<RevenueRange> Split(Instant from, Instant to, RevenueLevel longest = RevenueLevel.Month)
    {
        if (from >= to)
            return [];
        if (longest == RevenueLevel.QuarterHour)
            return [new(longest, from, to)];
        var (first, end) = (longest.FirstStartFrom(from), longest.StartOf(to));
        return first < end
            ? [.. Split(from, first, longest - 1), new(longest, first, end), .. Split(end, to, longest - 1)]
            : Split(from, to, longest - 1);
    }
}
