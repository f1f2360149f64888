using NodaTime;
using DayOfWeek = Integrations.Contracts.Calendar.DayOfWeek;

namespace Rules.SpendRules;

/// <summary>A span of the venue's local time on certain days of the week. With an end at or before the start it runs over midnight and
/// belongs to the day on which it starts.</summary>
/// <param name="Days">The days of the week on which the window starts.</param>
/// <param name="Start">The local time at which the window starts, inclusive.</param>
/// <param name="End">The local time at which the window ends, exclusive.</param>
internal sealed record LiveWindow(IReadOnlyList<DayOfWeek> Days, LocalTime Start, LocalTime End)
{
    private const int AllDays = 0b1111111;

    internal int DayMask => Days.Count == 0 ? AllDays : Days.Aggregate(0, (mask, day) => mask | DayBit((int)day));

    internal static LiveWindow FromDayMask(int mask, LocalTime start, LocalTime end) =>
        new([.. Enum.GetValues<DayOfWeek>().Where(d => (mask & DayBit((int)d)) != 0)], start, end);

    /// <summary>Whether this local time lies in the window. When clocks go back, an hour occurs twice, and both occurrences
    /// count.</summary>
    internal bool Contains(LocalDateTime local)
    {
        var (mask, time, today) = (DayMask, local.TimeOfDay, (int)local.DayOfWeek);
        if (Start < End)
            return time >= Start && time < End && (mask & DayBit(today)) != 0;
        var yesterday = today == 1 ? 7 : today - 1;
        return (time >= Start && (mask & DayBit(today)) != 0) || (time < End && (mask & DayBit(yesterday)) != 0);
    }

    private static int DayBit(int isoDay) => 1 << (isoDay - 1);
}
