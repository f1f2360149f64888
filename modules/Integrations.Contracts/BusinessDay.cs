using NodaTime;
using NodaTime.TimeZones;

namespace Integrations.Contracts;

/// <summary>The venue's day: from its cut-off to the next one, in its own time zone.</summary>
public static class BusinessDay
{
    /// <summary>The day a sale of this moment belongs to. A night is one day: at a cut-off of 06:00, three in the morning is still yesterday.</summary>
    public static LocalDate DayOf(this IVenue venue, Instant at) => Of(at, venue.Zone(), venue.DayCutoff);

    /// <summary>The instant that day starts at.</summary>
    public static Instant StartOf(this IVenue venue, LocalDate day) => Start(day, venue.Zone(), venue.DayCutoff);

    public static DateTimeZone Zone(this IVenue venue) => DateTimeZoneProviders.Tzdb[venue.TimeZone];

    public static LocalDate Of(Instant at, DateTimeZone zone, LocalTime cutoff)
    {
        // Compared by instants and not by local times: an hour that comes twice must not come before a cut-off it lies after.
        var calendar = at.InZone(zone).Date;
        return at < Start(calendar, zone, cutoff) ? calendar.PlusDays(-1)
            : at >= Start(calendar.PlusDays(1), zone, cutoff) ? calendar.PlusDays(1)
            : calendar;
    }

    /// <summary>A cut-off that a clock change skips takes the first moment after the gap; one that comes twice, its first time.</summary>
    public static Instant Start(LocalDate day, DateTimeZone zone, LocalTime cutoff) =>
        zone.ResolveLocal(day.At(cutoff), Resolver).ToInstant();

    private static readonly ZoneLocalMappingResolver Resolver = Resolvers.CreateMappingResolver(
        Resolvers.ReturnEarlier,
        Resolvers.ReturnStartOfIntervalAfter
    );
}
