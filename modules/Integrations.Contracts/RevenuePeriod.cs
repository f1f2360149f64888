using NodaTime;

namespace Integrations.Contracts;

/// <summary>How much time a figure covers; in days of the venue.</summary>
public enum RevenuePeriod
{
    /// <summary>One venue day.</summary>
    Day,

    /// <summary>An ISO week, from Monday.</summary>
    Week,

    /// <summary>A calendar month.</summary>
    Month,

    /// <summary>A calendar year.</summary>
    Year,

    /// <summary>Everything.</summary>
    All,
}

public static class RevenuePeriods
{
    /// <summary>From cut-off to cut-off, the end exclusive; null for ALL. Throws INVALID_INPUT for a day out of reach.</summary>
    /// <param name="venue">Its zone and cut-off.</param>
    /// <param name="period">How much time.</param>
    /// <param name="on">A venue day in it.</param>
    public static (Instant From, Instant To)? SpanOf(this IVenue venue, RevenuePeriod period, LocalDate on)
    {
        if (on is { Year: < 1900 or > 2200 })
            throw PosModular.Kernel.Errors.ApiError.InvalidInput("on must lie between the years 1900 and 2200.");
        return Days(period, on) is var (first, end) ? (venue.StartOf(first), venue.StartOf(end)) : null;
    }

    private static (LocalDate First, LocalDate End)? Days(RevenuePeriod period, LocalDate on) =>
        period switch
        {
            RevenuePeriod.Day => (on, on.PlusDays(1)),
            RevenuePeriod.Week => (on.PlusDays(1 - (int)on.DayOfWeek), on.PlusDays(8 - (int)on.DayOfWeek)),
            RevenuePeriod.Month => (new LocalDate(on.Year, on.Month, 1), new LocalDate(on.Year, on.Month, 1).PlusMonths(1)),
            RevenuePeriod.Year => (new LocalDate(on.Year, 1, 1), new LocalDate(on.Year + 1, 1, 1)),
            _ => null,
        };
}
