using Integrations.Venues;
using Shouldly;
using Xunit;

namespace PosModular.Tests.Venues;

/// <summary>Ids travel in addresses and NOTIFY payloads.</summary>
public sealed class VenueIdTests
{
    [Fact]
    public void An_id_with_a_line_feed_at_its_end_is_refused() => VenueValidator.CheckId("venue\n").ShouldNotBeNull();
}
