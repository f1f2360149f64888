using Integrations.Contracts.Calendar;
using Integrations.Contracts.Venues;
using NodaTime;
using PosModular.Kernel.Schema;
using PosModular.Kernel.Time;

namespace Integrations.Venues;

/// <summary>The business date that is running now, by the server's clock and the venue's time zone and day cut-off. With a cut-off of
/// 06:00 it is still yesterday's date at 05:59.</summary>
internal sealed class VenueToday(IClock clock)
{
    public LocalDate Today([Parent] IVenue venue) => venue.BusinessDateOf(clock.Now());
}
