namespace PosModular.Simulator.Demo;

/// <summary>The sales that a venue of the demo made before it was connected: captured payments, most of them in the evening and at the
/// weekend. They are announced to nobody, as the host fetches them by a sync.</summary>
internal static class SalesHistory
{
    // From 06:00 to 06:00 of the next day, in the venue's time.
    private static readonly int[] SalesByHour = [0, 0, 0, 1, 2, 2, 4, 5, 3, 3, 4, 6, 9, 11, 13, 15, 18, 20, 19, 14, 8, 4, 1, 0];

    // Each payment of a known guest is one request, where no card can be linked.
    private const double KnownGuests = 0.2;

    private static readonly TimeSpan DayStart = TimeSpan.FromHours(6);

    /// <param name="pointOfSale">Receives the sales.</param>
    /// <param name="venue">The venue, which is open.</param>
    /// <param name="seed">The same seed gives the same sales.</param>
    /// <param name="from">The first sale lies on the day after this time.</param>
    /// <param name="to">No sale lies after this time.</param>
    public static void Add(DemoPointOfSale pointOfSale, DemoVenue venue, int seed, DateTimeOffset from, DateTimeOffset to)
    {
        var which = DemoVenue.All.ToList().IndexOf(venue);
        var guests = new GuestGenerator(seed + 1_000 * (which + 1));
        var last = DateOnly.FromDateTime(TimeZoneInfo.ConvertTime(to, venue.Zone).DateTime);
        for (
            var date = DateOnly.FromDateTime(TimeZoneInfo.ConvertTime(from, venue.Zone).DateTime).AddDays(1);
            date <= last;
            date = date.AddDays(1)
        )
        {
            var isWeekend = date.DayOfWeek is DayOfWeek.Friday or DayOfWeek.Saturday;
            for (var hour = 0; hour < SalesByHour.Length; hour++)
            for (var sale = 0; sale < SalesByHour[hour]; sale++)
            {
                var at = date.ToDateTime(TimeOnly.MinValue) + DayStart + TimeSpan.FromHours(hour) + guests.Seconds(0, 3_600);
                var skipped = !isWeekend && guests.Chance(0.4);
                var drawn = guests.NextSale(venue.LocationId, which, DemoVenue.All.Count);
                var isGuestKnown = guests.Chance(KnownGuests);
                // A local time that a change of the clocks skips is not a time at which anybody could pay.
                if (skipped || venue.Zone.IsInvalidTime(at))
                    continue;
                var instant = new DateTimeOffset(TimeZoneInfo.ConvertTimeToUtc(at, venue.Zone), TimeSpan.Zero);
                if (instant < to)
                    pointOfSale.AddSale(venue, drawn with { At = instant, Captured = !drawn.Cash, Announce = false }, isGuestKnown);
            }
        }
    }
}
