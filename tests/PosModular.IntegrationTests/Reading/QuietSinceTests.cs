using Integrations.Alerts;
using Microsoft.Extensions.DependencyInjection;
using NodaTime;
using NodaTime.Testing;
using NodaTime.Text;
using PosModular.IntegrationTests.Fixtures;
using PosModular.IntegrationTests.Postgres;

namespace PosModular.IntegrationTests.Reading;

/// <summary>`quietSince` reports a location without payments at a time when it usually has some.</summary>
public sealed class QuietSinceTests(TestPostgres postgres)
{
    private static readonly Instant Friday = Instant.FromUtc(2026, 11, 20, 20, 0);

    private readonly FakeClock _clock = new(Friday);
    private int _paymentCount;

    private async Task<TestVenue> CreateVenueAsync() =>
        await TestVenue.CreateAsync(await postgres.CreateDatabaseAsync(), services => services.AddSingleton<IClock>(_clock));

    private async Task PostPaymentsAsync(TestVenue venue, Instant from, Duration interval, int count) =>
        await Task.WhenAll(
            Enumerable
                .Range(0, count)
                .Select(i =>
                    venue.PostWebhookAsync(
                        venue.PaymentEvent(
                            $"p{Interlocked.Increment(ref _paymentCount)}",
                            createdAt: InstantPattern.General.Format(from + interval * i)
                        )
                    )
                )
        );

    private async Task<string?> GetQuietSinceAsync(TestVenue venue, Instant now)
    {
        _clock.Reset(now);
        return (await venue.Moderator.GetDataAsync("{ venue(id: \"bar\") { posConnections { quietSince } } }"))
            .At("venue.posConnections.0.quietSince")
            .GetString();
    }

    [Fact]
    public async Task After_four_weeks_of_regular_payments_a_silence_is_reported_with_the_time_of_the_last_payment()
    {
        await using var venue = await CreateVenueAsync();
        // Each Friday has a payment every five minutes from 18:00 to 23:00; today the last one is at 20:00.
        for (var week = 1; week <= 4; week++)
            await PostPaymentsAsync(venue, Friday - Duration.FromDays(7 * week) - Duration.FromHours(2), Duration.FromMinutes(5), 60);
        await PostPaymentsAsync(venue, Friday - Duration.FromHours(2), Duration.FromMinutes(5), 25);

        (await GetQuietSinceAsync(venue, Friday + Duration.FromMinutes(59))).ShouldBeNull();
        (await GetQuietSinceAsync(venue, Friday + Duration.FromMinutes(60))).ShouldBe("2026-11-20T20:00:00Z");
        (await GetQuietSinceAsync(venue, Friday + Duration.FromHours(40))).ShouldBe("2026-11-20T20:00:00Z");
        (await GetAlertsAsync(venue)).ShouldBe("""[{"kind":"CONNECTION_QUIET","since":"2026-11-20T20:00:00Z"}]""");

        await PostPaymentsAsync(venue, Friday + Duration.FromHours(2.5), Duration.Zero, 1);
        (await GetQuietSinceAsync(venue, Friday + Duration.FromHours(2.5))).ShouldBeNull();
        (await GetAlertsAsync(venue)).ShouldBe("[]");
    }

    private static async Task<string> GetAlertsAsync(TestVenue venue)
    {
        await venue.Host.Services.GetRequiredService<AlertWatch>().RunAsync(TestContext.Current.CancellationToken);
        return (await venue.Moderator.GetDataAsync("{ venue(id: \"bar\") { alerts { kind since } } }")).At("venue.alerts").ToString();
    }

    [Fact]
    public async Task A_disconnected_location_is_not_quiet()
    {
        await using var venue = await CreateVenueAsync();
        await PostPaymentsAsync(venue, Friday - Duration.FromDays(7) - Duration.FromHours(2), Duration.FromMinutes(5), 60);
        await PostPaymentsAsync(venue, Friday - Duration.FromHours(2), Duration.FromMinutes(5), 25);
        (await GetQuietSinceAsync(venue, Friday + Duration.FromHours(2))).ShouldBe("2026-11-20T20:00:00Z");

        (
            await venue.Moderator.GetDataAsync(
                "mutation { disconnectPos(input: { venueId: \"bar\", provider: SQUARE }) { errors { code } } }"
            )
        )
            .At("disconnectPos.errors")
            .GetArrayLength()
            .ShouldBe(0);

        (await GetQuietSinceAsync(venue, Friday + Duration.FromHours(2))).ShouldBeNull();
    }

    [Fact]
    public async Task A_location_is_not_quiet_outside_its_usual_hours()
    {
        await using var venue = await CreateVenueAsync();
        for (var week = 0; week <= 4; week++)
            await PostPaymentsAsync(venue, Friday - Duration.FromDays(7 * week) - Duration.FromHours(2), Duration.FromMinutes(5), 60);

        (await GetQuietSinceAsync(venue, Friday + Duration.FromHours(20))).ShouldBeNull();
        (await GetQuietSinceAsync(venue, Friday + Duration.FromDays(6))).ShouldBeNull();
        // A week later, within its usual hours, there is no payment.
        (await GetQuietSinceAsync(venue, Friday + Duration.FromDays(7))).ShouldBe("2026-11-20T22:55:00Z");
    }

    [Fact]
    public async Task A_new_location_and_one_with_few_payments_are_not_quiet()
    {
        await using var venue = await CreateVenueAsync();
        (await GetQuietSinceAsync(venue, Friday)).ShouldBeNull();

        // Many payments today, but there is no earlier week to compare with.
        await PostPaymentsAsync(venue, Friday - Duration.FromHours(5), Duration.FromMinutes(1), 300);
        (await GetQuietSinceAsync(venue, Friday + Duration.FromHours(12))).ShouldBeNull();

        await using var venueWithFewPayments = await CreateVenueAsync();
        await PostPaymentsAsync(venueWithFewPayments, Friday - Duration.FromDays(35), Duration.FromDays(1), 36);
        (await GetQuietSinceAsync(venueWithFewPayments, Friday + Duration.FromDays(5))).ShouldBeNull();
    }
}
