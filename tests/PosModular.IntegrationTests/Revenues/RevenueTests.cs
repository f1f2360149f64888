using System.Text;
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
        "Australia/Lord_Howe",
        "Pacific/Apia",
        "UTC",
    ];

    // The days on which daylight saving time begins or ends in America and Europe, and an ordinary day.
    private static readonly Instant[] ReferenceTimes =
    [
        Instant.FromUtc(2026, 3, 8, 0, 0),
        Instant.FromUtc(2026, 3, 29, 0, 0),
        Instant.FromUtc(2026, 10, 25, 0, 0),
        Instant.FromUtc(2026, 11, 20, 0, 0),
    ];

    private static readonly Gen<PosPayment[]> PaymentsGenerator = Gen.Select(
            Gen.Int[0, 9],
            Gen.Int[0, 3],
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
                    ReferenceTimes[(referenceIndex + id) % 4] + Duration.FromMinutes(minutes),
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
        await Gen.Select(PaymentsGenerator, Gen.Int[0, 5].Select(z => TimeZones[z]), Gen.Int[0, 95], Gen.Int[0, 3], Gen.Int[-2, 2])
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
                            """
                            query($v: ID!) { venue(id: $v) { all: revenue(period: ALL) { total { amountMinor } }
                              hours: revenueSeries(from: "2026-10-20", to: "2026-11-01", by: HOUR) { from to total { amountMinor } }
                              days: revenueSeries(from: "2026-10-20", to: "2026-11-01", by: DAY) { from to total { amountMinor } }
                              months: revenueSeries(from: "2026-01-01", to: "2027-01-01", by: MONTH) { label total { amountMinor } } } }
                            """,
                            new { v = venueData }
                        )
                    ).GetProperty("venue");
                    long SumOf(string name) => series.At(name).EnumerateArray().Sum(p => p.At("total.amountMinor").GetInt64());
                    SumOf("hours").ShouldBe(SumOf("days"));
                    SumOf("months").ShouldBe(series.At("all.total.amountMinor").GetInt64());
                    series.At("months").GetArrayLength().ShouldBe(12);
                    series.At("days").GetArrayLength().ShouldBe(12);
                },
                iter: 25,
                threads: 1
            );
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
