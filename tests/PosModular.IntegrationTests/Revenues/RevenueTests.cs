using System.Text;
using System.Text.Json;
using CsCheck;
using Ingestion.Contracts;
using Ingestion.Ledger;
using Ingestion.Transactions;
using Ingestion.Webhooks;
using Integrations.Contracts.Calendar;
using Integrations.Contracts.Connections;
using Microsoft.Extensions.DependencyInjection;
using NodaTime;
using PosModular.IntegrationTests.Fixtures;
using PosModular.IntegrationTests.Postgres;
using PosModular.Kernel.Time;

namespace PosModular.IntegrationTests.Revenues;

public sealed class RevenueTests(TestPostgres postgres)
{
    private static readonly string Captured = $"status between {TransactionStatus.Completed:D} and {TransactionStatus.Refunded:D}";

    private static readonly string[] TimeZones =
    [
        "Europe/Berlin",
        "America/New_York",
        "Asia/Kolkata",
        "Asia/Kathmandu",
        "Australia/Lord_Howe",
        "Pacific/Apia",
        "Pacific/Chatham",
        "UTC",
    ];

    // The days on which daylight saving time begins or ends in America and Europe, the ends of a year and of a leap year's February, and
    // an ordinary day.
    private static readonly Instant[] ReferenceTimes =
    [
        Instant.FromUtc(2024, 2, 29, 12, 0),
        Instant.FromUtc(2025, 12, 31, 18, 0),
        Instant.FromUtc(2026, 3, 8, 0, 0),
        Instant.FromUtc(2026, 3, 29, 0, 0),
        Instant.FromUtc(2026, 10, 25, 0, 0),
        Instant.FromUtc(2026, 11, 20, 0, 0),
    ];

    private static readonly Gen<PosPayment[]> PaymentsGenerator = Gen.Select(
            Gen.Int[0, 9],
            Gen.Int[0, 5],
            Gen.Int[-3000, 3000],
            Gen.Int[0, 4],
            Gen.Int[1, 9],
            Gen.Int[0, 9],
            Gen.Int[0, 3]
        )
        .Select(
            (id, referenceIndex, minutes, state, total, refunded, version) =>
                new PosPayment(
                    $"p{id}",
                    null,
                    "L",
                    (PaymentState)state,
                    ReferenceTimes[(referenceIndex + id) % 6] + Duration.FromMinutes(minutes),
                    Instant.FromUtc(2026, 12, 1, 0, version),
                    id % 5 == 4 ? "GBP" : "USD",
                    total * 101,
                    total * 7,
                    state == 4 ? Math.Min(refunded, total) * 101 : 0,
                    id % 2 == 0 ? PaymentMethod.Card : PaymentMethod.Cash,
                    null
                )
        )
        .Array[1, 40];

    /// <summary>
    /// For any time zone and day cut-off, with late tips, refunds, cancelled authorisations and two currencies, the revenue of each period
    /// is the sum over its transactions.
    /// </summary>
    [Fact]
    public async Task Revenue_of_every_period_equals_the_sum_over_its_transactions()
    {
        await using var venue = await TestVenue.CreateAsync(await postgres.CreateDatabaseAsync());
        await using var writer = venue.Host.Services.GetRequiredService<Func<BatchWriter>>()();
        var rounds = 0;
        await Gen.Select(PaymentsGenerator, Gen.Int[0, 7].Select(z => TimeZones[z]), Gen.Int[0, 95], Gen.Int[0, 5], Gen.Int[-2, 2])
            .SampleAsync(
                async (payments, timeZone, quarterHour, referenceIndex, days) =>
                {
                    var venueData = $"v{++rounds}";
                    await venue.RegisterVenueAsync(venueData, TestVenue.OwnerId, timeZone);
                    var cutoff = LocalTime.Midnight.PlusMinutes(quarterHour * 15);
                    await venue.Moderator.GetDataAsync(
                        "mutation($v: ID!, $c: LocalTime!) { updateVenue(input: { venueId: $v, dayCutoff: $c }) { errors { code } } }",
                        new { v = venueData, c = cutoff.ToString("HH:mm", null) }
                    );
                    // Every second payment lies within a minute of the start or end of the queried day.
                    var day = ReferenceTimes[referenceIndex].InUtc().Date.PlusDays(days);
                    PosPayment MoveToDayEdge(PosPayment payment, int i) =>
                        i % 2 == 0
                            ? payment
                            : payment with
                            {
                                OccurredAt =
                                    BusinessDates.Start(day.PlusDays(i / 2 % 2), DateTimeZoneProviders.Tzdb[timeZone], cutoff)
                                    + Duration.FromMinutes(i % 3 - 1),
                            };
                    foreach (var batch in payments.Select((payment, i) => WebhookItem(venueData, i, MoveToDayEdge(payment, i))).Chunk(7))
                        await writer.WriteAsync(batch, TestContext.Current.CancellationToken);
                    await venue.Host.WhenIdleAsync();

                    var on = NodaTime.Text.LocalDatePattern.Iso.Format(day);
                    foreach (var period in new[] { "DAY", "WEEK", "MONTH", "YEAR", "ALL" })
                    {
                        const string fields =
                            "from to total { amountMinor } count net { amountMinor } tip { amountMinor } pending { amountMinor }";
                        var revenue = (
                            await venue.Owner.GetDataAsync(
                                $$"""
                                query($v: ID!, $p: RevenuePeriod!, $on: LocalDate) { venue(id: $v) {
                                  revenue(period: $p, on: $on) { {{fields}} otherCurrencies { {{fields}} } } } }
                                """,
                                new
                                {
                                    v = venueData,
                                    p = period,
                                    on,
                                }
                            )
                        ).At("venue.revenue");
                        var within =
                            period == "ALL" ? "true" : $"occurred_at >= '{revenue.At("from")}' and occurred_at < '{revenue.At("to")}'";
                        foreach (
                            var (currency, figures) in new[] { ("USD", revenue) }.Concat(
                                revenue.At("otherCurrencies").EnumerateArray().Select(o => ("GBP", o))
                            )
                        )
                            string.Join(
                                    ' ',
                                    figures.At("total.amountMinor"),
                                    figures.At("count"),
                                    figures.At("net.amountMinor"),
                                    figures.At("tip.amountMinor"),
                                    figures.At("pending.amountMinor")
                                )
                                .ShouldBe(
                                    await venue.SqlAsync<string>(
                                        $"""
                                        select concat_ws(' ', coalesce(sum(total_minor) filter (where {Captured}), 0),
                                          count(*) filter (where {Captured}),
                                          coalesce(sum(total_minor - refunded_minor) filter (where {Captured}), 0),
                                          coalesce(sum(tip_minor) filter (where {Captured}), 0),
                                          coalesce(sum(total_minor) filter (where status = {TransactionStatus.Authorized:D}), 0))
                                        from ingestion.transactions where venue_id = '{venueData}' and currency = '{currency}' and {within}
                                        """
                                    ),
                                    $"{timeZone} {cutoff} {period} {on}"
                                );
                    }
                    var series = (
                        await venue.Owner.GetDataAsync(
                            $$"""
                            query($v: ID!) { venue(id: $v) {
                              hours: revenueSeries(from: "2026-10-20", to: "2026-11-01", by: HOUR) { {{PointFields}} }
                              days: revenueSeries(from: "2025-12-20", to: "2026-04-11", by: DAY) { {{PointFields}} }
                              weeks: revenueSeries(from: "2024-01-01", to: "2026-12-31", by: WEEK) { {{PointFields}} }
                              months: revenueSeries(from: "2024-01-01", to: "2027-01-01", by: MONTH) { {{PointFields}} } } }
                            """,
                            new { v = venueData }
                        )
                    ).GetProperty("venue");
                    series.At("months").GetArrayLength().ShouldBe(36);
                    series.At("days").GetArrayLength().ShouldBe(112);
                    foreach (var by in series.EnumerateObject())
                        await PointsShouldEqualSumsAsync(venue, venueData, by, $"{timeZone} {cutoff}");
                    await RollUpsShouldEqualBucketsAsync(venue);
                },
                iter: 25,
                threads: 1
            );
    }

    private const string PointFields =
        "from to label total { amountMinor } count net { amountMinor } refunded { amountMinor } tip { amountMinor }";

    /// <summary>Each point of the series is the sum over the transactions between its from and to.</summary>
    private static async Task PointsShouldEqualSumsAsync(TestVenue venue, string venueId, JsonProperty series, string because)
    {
        var points = series.Value.EnumerateArray().ToArray();
        string Figures(JsonElement p) =>
            $"{p.At("label")} {p.At("total.amountMinor")} {p.At("count")} {p.At("net.amountMinor")} {p.At("refunded.amountMinor")} "
            + p.At("tip.amountMinor");
        var sums = await venue.SqlAsync<string>(
            $"""
            select string_agg(concat_ws(' ', p.label, s.figures), E'\n' order by p.at)
            from (values {string.Join(
                ", ",
                points.Select(p => $"('{p.At("from")}'::timestamptz, '{p.At("to")}'::timestamptz, '{p.At("label")}')")
            )})
              p(at, until, label) cross join lateral (
              select concat_ws(' ', coalesce(sum(total_minor), 0), count(*), coalesce(sum(total_minor - refunded_minor), 0),
                coalesce(sum(refunded_minor), 0), coalesce(sum(tip_minor), 0)) as figures
              from ingestion.transactions where venue_id = '{venueId}' and currency = 'USD' and {Captured}
                and occurred_at >= p.at and occurred_at < p.until) s
            """
        );
        string.Join('\n', points.Select(Figures)).ShouldBe(sums, $"{series.Name} {because}");
    }

    /// <summary>Each hour, day and month of UTC is the sum of its quarter hours.</summary>
    private static async Task RollUpsShouldEqualBucketsAsync(TestVenue venue)
    {
        const string totals = "count, total_minor, tip_minor, refunded_minor, pending_minor";
        var sums = string.Join(", ", totals.Split(", ").Select(c => $"sum({c})"));
        (
            await venue.SqlAsync<string>(
                $"""
                with summed as (
                  select venue_id, level, date_trunc(unit, starts_at, 'UTC') as starts_at, provider, payment_method, currency, {sums}
                  from analytics.revenue_buckets, (values (1, 'hour'), (2, 'day'), (3, 'month')) l(level, unit) group by 1, 2, 3, 4, 5, 6),
                kept as (
                  select venue_id, level, starts_at, provider, payment_method, currency, {sums}
                  from analytics.revenue_roll_ups group by 1, 2, 3, 4, 5, 6)
                select string_agg(d::text, E'\n') from (
                  (select * from summed except select * from kept) union all (select * from kept except select * from summed)) d
                """
            )
        ).ShouldBeNull();
    }

    private static BatchItem WebhookItem(string venueId, int i, PosPayment payment)
    {
        var connection = new PosConnectionDetails(Guid.Empty, venueId, Provider.Square, "merchant");
        var row = new WebhookEventRow
        {
            Id = SystemClock.Instance.Now().NewId(),
            VenueId = venueId,
            EventId = $"e{i}",
            Provider = Provider.Square,
            Type = "payment.updated",
            Status = WebhookEventStatus.Processed,
            ReceivedAt = ReferenceTimes[0],
            Attempts = 1,
            Payload = Encoding.UTF8.GetBytes("{}"),
        };
        return BatchItem.Of(connection, new PosObservations { Payments = [payment] }, VersionCause.Webhook, row.EventId, row);
    }
}
