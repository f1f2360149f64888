using Integrations.Contracts.Venues;
using NodaTime;

namespace Integrations.Contracts.Calendar;

/// <summary>The period that a figure covers, in whole business dates of the venue.</summary>
public enum RevenuePeriod
{
    /// <summary>One business date.</summary>
    Day,

    /// <summary>An ISO week, from Monday to Sunday.</summary>
    Week,

    /// <summary>A calendar month of business dates.</summary>
    Month,

    /// <summary>A calendar year of business dates.</summary>
    Year,

    /// <summary>All time.</summary>
    All,
}

public static class RevenuePeriods
{
    /// <summary>The instants between which a period lies, the end exclusive; null for ALL. Throws INVALID_INPUT for a date outside the
    /// years 1900 to 2200.</summary>
    /// <param name="venue">Supplies the time zone and the day cut-off.</param>
    /// <param name="period">The length of the period.</param>
    /// <param name="date">A business date within the period.</param>
    public static (Instant From, Instant To)? SpanOf(this IVenue venue, RevenuePeriod period, LocalDate date)
    {
        if (date is { Year: < 1900 or > 2200 })
            throw PosModular.Kernel.Errors.ApiError.InvalidInput(
                "The date must lie between the years 1900 and 2200. Pass a date in that range as on."
            );
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
