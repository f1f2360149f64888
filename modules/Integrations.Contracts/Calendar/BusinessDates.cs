using Integrations.Contracts.Venues;
using NodaTime;
using NodaTime.TimeZones;

namespace Integrations.Contracts.Calendar;

/// <summary>The venue's day: from its cut-off to the next one, in its own time zone.</summary>
public static class BusinessDates
{
    /// <summary>The day a sale of this moment belongs to. A night is one day: at a cut-off of 06:00, three in the morning is still yesterday.</summary>
    public static LocalDate BusinessDateOf(this IVenue venue, Instant instant) => Of(instant, venue.Zone(), venue.DayCutoff);

    /// <summary>The instant that day starts at.</summary>
    public static Instant StartOf(this IVenue venue, LocalDate day) => Start(day, venue.Zone(), venue.DayCutoff);

    public static DateTimeZone Zone(this IVenue venue) => DateTimeZoneProviders.Tzdb[venue.TimeZone];

    public static LocalDate Of(Instant instant, DateTimeZone zone, LocalTime cutoff)
    {
        // Compared by instants and not by local times: an hour that comes twice must not come before a cut-off it lies after.
        var calendarDate = instant.InZone(zone).Date;
        return instant < Start(calendarDate, zone, cutoff) ? calendarDate.PlusDays(-1)
            : instant >= Start(calendarDate.PlusDays(1), zone, cutoff) ? calendarDate.PlusDays(1)
            : calendarDate;
    }

    /// <summary>A cut-off that a clock change skips takes the first moment after the gap; one that comes twice, its first time.</summary>
    public static Instant Start(LocalDate day, DateTimeZone zone, LocalTime cutoff) =>
        zone.ResolveLocal(day.At(cutoff), Resolver).ToInstant();

    private static readonly ZoneLocalMappingResolver Resolver = Resolvers.CreateMappingResolver(
        Resolvers.ReturnEarlier,
        Resolvers.ReturnStartOfIntervalAfter
    );
}
