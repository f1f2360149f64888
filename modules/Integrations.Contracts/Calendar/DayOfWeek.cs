namespace Integrations.Contracts.Calendar;

/// <summary>A day of the week.</summary>
public enum DayOfWeek
{
    /// <summary>Monday.</summary>
    Monday = 1,

    /// <summary>Tuesday.</summary>
    Tuesday = 2,

    /// <summary>Wednesday.</summary>
    Wednesday = 3,

    /// <summary>Thursday.</summary>
    Thursday = 4,

    /// <summary>Friday.</summary>
    Friday = 5,

    /// <summary>Saturday.</summary>
    Saturday = 6,

    /// <summary>Sunday.</summary>
    Sunday = 7,
}
