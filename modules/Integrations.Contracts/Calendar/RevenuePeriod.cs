using Integrations.Contracts.Venues;
using NodaTime;

namespace Integrations.Contracts.Calendar;

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
    /// <param name="date">A venue day in it.</param>
    public static (Instant From, Instant To)? SpanOf(this IVenue venue, RevenuePeriod period, LocalDate date)
    {
        if (date is { Year: < 1900 or > 2200 })
            throw PosModular.Kernel.Errors.ApiError.InvalidInput("on must lie between the years 1900 and 2200.");
        return Days(period, date) is var (first, end) ? (venue.StartOf(first), venue.StartOf(end)) : null;
    }

    private static (LocalDate First, LocalDate End)? Days(RevenuePeriod period, LocalDate date) =>
        period switch
        {
            RevenuePeriod.Day => (date, date.PlusDays(1)),
            RevenuePeriod.Week => (date.PlusDays(1 - (int)date.DayOfWeek), date.PlusDays(8 - (int)date.DayOfWeek)),
            RevenuePeriod.Month => (new LocalDate(date.Year, date.Month, 1), new LocalDate(date.Year, date.Month, 1).PlusMonths(1)),
            RevenuePeriod.Year => (new LocalDate(date.Year, 1, 1), new LocalDate(date.Year + 1, 1, 1)),
            _ => null,
        };
}
