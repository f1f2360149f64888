using Integrations.Contracts.Venues;
using NodaTime;
using NodaTime.TimeZones;

namespace Integrations.Contracts.Calendar;

/// <summary>Business dates: a venue's business date runs from its day cut-off to the next cut-off, in the venue's own time
/// zone.</summary>
public static class BusinessDates
{
    /// <summary>The business date to which an instant belongs. With a cut-off of 06:00, a payment at 03:00 still belongs to the previous
    /// date.</summary>
    public static LocalDate BusinessDateOf(this IVenue venue, Instant instant) => Of(instant, venue.Zone(), venue.DayCutoff);

    /// <summary>The instant at which a business date starts.</summary>
    public static Instant StartOf(this IVenue venue, LocalDate day) => Start(day, venue.Zone(), venue.DayCutoff);

    public static DateTimeZone Zone(this IVenue venue) => DateTimeZoneProviders.Tzdb[venue.TimeZone];

    public static LocalDate Of(Instant instant, DateTimeZone zone, LocalTime cutoff)
    {
        // Instants are compared rather than local times, because an hour that a clock change repeats must not sort before a cut-off that
        // precedes it.
        var calendarDate = instant.InZone(zone).Date;
        return instant < Start(calendarDate, zone, cutoff) ? calendarDate.PlusDays(-1)
            : instant >= Start(calendarDate.PlusDays(1), zone, cutoff) ? calendarDate.PlusDays(1)
            : calendarDate;
    }

    /// <summary>The start of a business date. A cut-off that falls into a clock change's gap moves to the first moment after the gap; a
    /// cut-off that occurs twice takes the earlier occurrence.</summary>
    public static Instant Start(LocalDate day, DateTimeZone zone, LocalTime cutoff) =>
        zone.ResolveLocal(day.At(cutoff), Resolver).ToInstant();

    private static readonly ZoneLocalMappingResolver Resolver = Resolvers.CreateMappingResolver(
        Resolvers.ReturnEarlier,
        Resolvers.ReturnStartOfIntervalAfter
    );
}
