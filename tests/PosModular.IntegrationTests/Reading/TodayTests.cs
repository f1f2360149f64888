using Microsoft.Extensions.DependencyInjection;
using NodaTime;
using NodaTime.Testing;
using PosModular.IntegrationTests.Fixtures;
using PosModular.IntegrationTests.Postgres;

namespace PosModular.IntegrationTests.Reading;

public sealed class TodayTests(TestPostgres postgres)
{
    [Fact]
    public async Task Today_is_the_business_date_of_the_servers_clock_in_the_venues_zone_and_cutoff()
    {
        // 05:30 in New York and 19:30 in Tokyo.
        var clock = new FakeClock(Instant.FromUtc(2026, 11, 20, 10, 30));
        await using var venue = await TestVenue.CreateAsync(await postgres.CreateDatabaseAsync(), services =>
            services.AddSingleton<IClock>(clock)
        );
        await venue.RegisterVenueAsync("tokyo-bar", TestVenue.OwnerId, "Asia/Tokyo", "JPY");
        async Task ShouldBeAsync(string newYork, string tokyo) =>
            (await venue.Owner.GetDataAsync("{ a: venue(id: \"bar\") { today } b: venue(id: \"tokyo-bar\") { today } }"))
                .ToString()
                .ShouldBe($$$"""{"a":{"today":"{{{newYork}}}"},"b":{"today":"{{{tokyo}}}"}}""");

        await ShouldBeAsync("2026-11-19", "2026-11-20");
        clock.Advance(Duration.FromMinutes(30));
        await ShouldBeAsync("2026-11-20", "2026-11-20");
        clock.Advance(Duration.FromHours(10));
        await ShouldBeAsync("2026-11-20", "2026-11-21");
        await venue.Moderator.GetDataAsync(
            "mutation { updateVenue(input: { venueId: \"bar\", dayCutoff: \"18:00\" }) { errors { code } } }"
        );
        await ShouldBeAsync("2026-11-19", "2026-11-21");
    }
}
