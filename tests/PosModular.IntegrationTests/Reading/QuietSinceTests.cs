using Microsoft.Extensions.DependencyInjection;
using NodaTime;
using NodaTime.Testing;
using NodaTime.Text;
using PosModular.IntegrationTests.Fixtures;
using PosModular.IntegrationTests.Postgres;

namespace PosModular.IntegrationTests.Reading;

/// <summary>A till that has gone silent, told from one that always is at this hour.</summary>
public sealed class QuietSinceTests(TestPostgres postgres)
{
    private static readonly Instant Friday = Instant.FromUtc(2026, 11, 20, 20, 0);

    private readonly FakeClock _clock = new(Friday);
    private int _sales;

    private async Task<TestVenue> OpenAsync() =>
        await TestVenue.CreateAsync(await postgres.CreateDatabaseAsync(), services => services.AddSingleton<IClock>(_clock));

    private async Task SellAsync(TestVenue venue, Instant from, Duration every, int count) =>
        await Task.WhenAll(
            Enumerable
                .Range(0, count)
                .Select(i =>
                    venue.PostWebhookAsync(
                        venue.PaymentEvent(
                            $"p{Interlocked.Increment(ref _sales)}",
                            createdAt: InstantPattern.General.Format(from + every * i)
                        )
                    )
                )
        );

    private async Task<string?> QuietAsync(TestVenue venue, Instant now)
    {
        _clock.Reset(now);
        return (await venue.Moderator.GetDataAsync("{ venue(id: \"bar\") { posConnections { quietSince } } }"))
            .At("venue.posConnections.0.quietSince")
            .GetString();
    }

    [Fact]
    public async Task After_four_weeks_of_regular_sales_a_silence_is_told_with_the_time_of_the_last_sale()
    {
        await using var venue = await OpenAsync();
        // Each Friday a sale every five minutes from 18:00 to 23:00; today the last one is at 20:00.
        for (var week = 1; week <= 4; week++)
            await SellAsync(venue, Friday - Duration.FromDays(7 * week) - Duration.FromHours(2), Duration.FromMinutes(5), 60);
        await SellAsync(venue, Friday - Duration.FromHours(2), Duration.FromMinutes(5), 25);

        (await QuietAsync(venue, Friday + Duration.FromMinutes(59))).ShouldBeNull();
        (await QuietAsync(venue, Friday + Duration.FromMinutes(60))).ShouldBe("2026-11-20T20:00:00Z");
        (await QuietAsync(venue, Friday + Duration.FromHours(40))).ShouldBe("2026-11-20T20:00:00Z");

        await SellAsync(venue, Friday + Duration.FromHours(2.5), Duration.Zero, 1);
        (await QuietAsync(venue, Friday + Duration.FromHours(2.5))).ShouldBeNull();
    }

    [Fact]
    public async Task A_till_that_was_cut_off_is_not_quiet_but_off()
    {
        await using var venue = await OpenAsync();
        await SellAsync(venue, Friday - Duration.FromDays(7) - Duration.FromHours(2), Duration.FromMinutes(5), 60);
        await SellAsync(venue, Friday - Duration.FromHours(2), Duration.FromMinutes(5), 25);
        (await QuietAsync(venue, Friday + Duration.FromHours(2))).ShouldBe("2026-11-20T20:00:00Z");

        (
            await venue.Moderator.GetDataAsync(
                "mutation { disconnectPos(input: { venueId: \"bar\", provider: SQUARE }) { errors { code } } }"
            )
        )
            .At("disconnectPos.errors")
            .GetArrayLength()
            .ShouldBe(0);

        (await QuietAsync(venue, Friday + Duration.FromHours(2))).ShouldBeNull();
    }

    [Fact]
    public async Task A_closed_night_is_not_quiet()
    {
        await using var venue = await OpenAsync();
        for (var week = 0; week <= 4; week++)
            await SellAsync(venue, Friday - Duration.FromDays(7 * week) - Duration.FromHours(2), Duration.FromMinutes(5), 60);

        (await QuietAsync(venue, Friday + Duration.FromHours(20))).ShouldBeNull();
        (await QuietAsync(venue, Friday + Duration.FromDays(6))).ShouldBeNull();
        (await QuietAsync(venue, Friday + Duration.FromDays(7))).ShouldBe("2026-11-20T22:55:00Z"); // it was open again, and nothing came
    }

    [Fact]
    public async Task A_new_till_and_one_that_rarely_sells_are_not_quiet()
    {
        await using var venue = await OpenAsync();
        (await QuietAsync(venue, Friday)).ShouldBeNull();

        await SellAsync(venue, Friday - Duration.FromHours(5), Duration.FromMinutes(1), 300); // busy, but there is no week to compare with
        (await QuietAsync(venue, Friday + Duration.FromHours(12))).ShouldBeNull();

        await using var rare = await OpenAsync();
        await SellAsync(rare, Friday - Duration.FromDays(35), Duration.FromDays(1), 36);
        (await QuietAsync(rare, Friday + Duration.FromDays(5))).ShouldBeNull();
    }
}
