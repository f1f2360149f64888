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

    private static readonly Gen<PosPayment> PaymentGenerator = Gen.Select(
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
                    $"o{id / 2}",
                    "L",
                    (PaymentState)state,
                    ReferenceTimes[(referenceIndex + id) % 6] + Duration.FromMinutes(minutes),
                    Instant.FromUtc(2026, 12, 1, 0, version),
                    id % 5 == 4 ? "GBP" : "USD",
                    total * 101,
                    total * 7,
                    state == 4 ? Math.Min(refunded, total) * 101 : 0,
                    (id + version) % 2 == 0 ? PaymentMethod.Card : PaymentMethod.Cash,
                    null
                )
                {
                    Breakdown = id % 3 == 0 ? new PosBreakdown(total * 16, refunded, version) : null,
                }
        );

    // Refunds of these payments, of payments that may never come, and of none.
    private static readonly Gen<PosRefund> RefundGenerator = Gen.Select(
            Gen.Int[0, 14],
            Gen.Int[0, 5],
            Gen.Int[-3000, 3000],
            Gen.Enum<RefundState>(),
            Gen.Int[1, 9],
            Gen.Int[0, 3]
        )
        .Select(
            (id, referenceIndex, minutes, state, amount, version) =>
                new PosRefund(
                    $"r{id}",
                    id > 12 ? null : $"p{id}",
                    null,
                    "L",
                    state,
                    amount * 103,
                    id % 5 == 4 ? "GBP" : "USD",
                    null,
                    ReferenceTimes[(referenceIndex + id) % 6] + Duration.FromMinutes(minutes),
                    Instant.FromUtc(2026, 12, 1, 0, version)
                )
        );

    private static readonly Gen<PosOrder> OrderGenerator = Gen.Select(Gen.Int[0, 4], Gen.Int[1, 4])
        .Select((id, version) => new PosOrder($"o{id}", "L", version, "USD", new PosBreakdown(version * 19, version * 5, id)));

    private static readonly Gen<PosObservations[]> ObservationsGenerator = Gen.Frequency(
        (4, PaymentGenerator.Select(p => new PosObservations { Payments = [p] })),
        (2, RefundGenerator.Select(r => new PosObservations { Refunds = [r] })),
        (1, OrderGenerator.Select(o => new PosObservations { Orders = [o] }))
    ).Array[1, 60];

    /// <summary>
    /// For any time zone and day cut-off, with late tips, refunds on other days than their payments, orders that are known later or change,
    /// cancelled authorisations and two currencies in any order, the revenue of each period is the sum over its transactions and refunds.
    /// </summary>
    [Fact]
    public async Task Revenue_of_every_period_equals_the_sum_over_its_transactions()
    {
        await using var venue = await TestVenue.CreateAsync(await postgres.CreateDatabaseAsync());
        await using var writer = venue.Host.Services.GetRequiredService<Func<BatchWriter>>()();
        var rounds = 0;
        await Gen.Select(ObservationsGenerator, Gen.Int[0, 7].Select(z => TimeZones[z]), Gen.Int[0, 95], Gen.Int[0, 5], Gen.Int[-2, 2])
            .SampleAsync(
                async (observations, timeZone, quarterHour, referenceIndex, days) =>
                {
                    var venueData = $"v{++rounds}";
                    await venue.RegisterVenueAsync(venueData, TestVenue.OwnerId, timeZone);
                    var cutoff = LocalTime.Midnight.PlusMinutes(quarterHour * 15);
                    await venue.Moderator.GetDataAsync(
                        "mutation($v: ID!, $c: LocalTime!) { updateVenue(input: { venueId: $v, dayCutoff: $c }) { errors { code } } }",
                        new { v = venueData, c = cutoff.ToString("HH:mm", null) }
                    );
                    // Every second payment and refund lies within a minute of the start or end of the queried day.
                    var day = ReferenceTimes[referenceIndex].InUtc().Date.PlusDays(days);
                    PosObservations MoveToDayEdge(PosObservations observed, int i)
                    {
                        if (i % 2 == 0)
                            return observed;
                        var edge =
                            BusinessDates.Start(day.PlusDays(i / 2 % 2), DateTimeZoneProviders.Tzdb[timeZone], cutoff)
                            + Duration.FromMinutes(i % 3 - 1);
                        return observed with
                        {
                            Payments = [.. observed.Payments.Select(p => p with { OccurredAt = edge })],
                            Refunds = [.. observed.Refunds.Select(r => r with { CreatedAt = edge })],
                        };
                    }
                    foreach (var batch in observations.Select((o, i) => WebhookItem(venueData, i, MoveToDayEdge(o, i))).Chunk(7))
                        await writer.WriteAsync(batch, TestContext.Current.CancellationToken);
                    await venue.Host.WhenIdleAsync();

                    var on = NodaTime.Text.LocalDatePattern.Iso.Format(day);
                    foreach (var period in new[] { "DAY", "WEEK", "MONTH", "YEAR", "ALL" })
                    {
                        const string slice = "{ key count total { amountMinor } net { amountMinor } refundsIssued { amountMinor } }";
                        const string fields = $$"""
                            from to total { amountMinor } count net { amountMinor } tip { amountMinor } pending { amountMinor }
                            refundsIssued { amountMinor } netAfterRefundsIssued { amountMinor } tax { amountMinor }
                            discount { amountMinor } serviceCharge { amountMinor } incompleteCount
                            byPaymentMethod {{slice}} byProvider {{slice}}
                            """;
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
                        string Within(string column) =>
                            period == "ALL" ? "true" : $"{column} >= '{revenue.At("from")}' and {column} < '{revenue.At("to")}'";
                        foreach (
                            var (currency, figures) in new[] { ("USD", revenue) }.Concat(
                                revenue.At("otherCurrencies").EnumerateArray().Select(o => ("GBP", o))
                            )
                        )
                        {
                            string Minor(string path) => figures.At(path + ".amountMinor").ToString();
                            var sums = await venue.SqlAsync<string>(PlainSums(venueData, currency, Within));
                            string.Join(
                                    ' ',
                                    Minor("total"),
                                    figures.At("count"),
                                    Minor("net"),
                                    Minor("tip"),
                                    Minor("pending"),
                                    Minor("refundsIssued"),
                                    Minor("netAfterRefundsIssued"),
                                    Minor("tax"),
                                    Minor("discount"),
                                    Minor("serviceCharge"),
                                    figures.At("incompleteCount"),
                                    Slices(figures, "byPaymentMethod"),
                                    Slices(figures, "byProvider")
                                )
                                .ShouldBe(sums, $"{timeZone} {cutoff} {period} {on}");
                        }
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
                    series.At("hours").EnumerateArray().Select(p => p.At("label").GetString()).ShouldBeUnique();
                    foreach (var by in series.EnumerateObject())
                        await PointsShouldEqualSumsAsync(venue, venueData, by, $"{timeZone} {cutoff}");
                    await RollUpsShouldEqualBucketsAsync(venue);
                },
                iter: 25,
                threads: 1
            );

        // A sum that 64 bits cannot hold is a dead letter that says why, and the changes behind it are added up.
        await venue.RegisterVenueAsync("huge", TestVenue.OwnerId, "UTC");
        foreach (var (i, total) in new[] { long.MaxValue - 1, 2, 1 }.Index())
            await writer.WriteAsync(
                [
                    WebhookItem(
                        "huge",
                        i,
                        new PosObservations
                        {
                            Payments =
                            [
                                new PosPayment(
                                    $"p{i}",
                                    null,
                                    "L",
                                    PaymentState.Captured,
                                    ReferenceTimes[0],
                                    ReferenceTimes[0],
                                    "USD",
                                    total,
                                    0,
                                    0,
                                    PaymentMethod.Card,
                                    null
                                ),
                            ],
                        }
                    ),
                ],
                TestContext.Current.CancellationToken
            );
        await venue.Host.WhenIdleAsync(allowDeadLetters: true);
        (
            await venue.SqlAsync<string>("select string_agg(venue_id || ' ' || seq || ' ' || error, ',') from analytics.feed_dead_letters")
        ).ShouldBe("huge 2 OverflowException: A revenue total of a quarter hour, hour, day or month would exceed 64 bits.");
        (await venue.Owner.GetDataAsync("{ venue(id: \"huge\") { revenue(period: ALL) { total { amountMinor } count pendingChanges } } }"))
            .At("venue.revenue")
            .ToString()
            .ShouldBe($$$"""{"total":{"amountMinor":{{{long.MaxValue}}}},"count":2,"pendingChanges":1}""");
    }

    private static string Slices(JsonElement figures, string field) =>
        string.Join(
            ',',
            figures
                .At(field)
                .EnumerateArray()
                .Select(s =>
                    $"{s.At("key")}:{s.At("count")}:{s.At("total.amountMinor")}:{s.At("net.amountMinor")}:"
                    + s.At("refundsIssued.amountMinor")
                )
                .Order(StringComparer.Ordinal)
        );

    // The figures of one currency, added up from the rows themselves.
    private static string PlainSums(string venueId, string currency, Func<string, string> within) =>
        $"""
            with paid as (
              select t.*, {Captured} as is_captured,
                {Captured} and not (status = {TransactionStatus.Refunded:D} and total_minor = 0) as is_sale
              from ingestion.transactions t
              where venue_id = '{venueId}' and currency = '{currency}' and {within("occurred_at")}
                and ({Captured} or status = {TransactionStatus.Authorized:D})),
            issued as (
              select r.amount_minor, coalesce(
                (select t.payment_method from ingestion.transactions t
                  where t.venue_id = r.venue_id and t.external_id = r.payment_external_id),
                {PaymentMethod.Other:D}) as payment_method
              from ingestion.refunds r
              where venue_id = '{venueId}' and currency = '{currency}' and {within("created_at")} and state = {RefundState.Completed:D}),
            slices as (
              select payment_method, sum(count) as count, sum(total) as total, sum(net) as net, sum(issued) as issued from (
                select payment_method, is_sale::int as count, total_minor as total, total_minor - refunded_minor as net, 0 as issued
                from paid where is_captured
                union all select payment_method, 0, 0, 0, amount_minor from issued) f
              group by 1 having sum(count) > 0 or sum(net) <> 0 or sum(issued) <> 0)
            select concat_ws(' ', coalesce(sum(total_minor) filter (where is_captured), 0), count(*) filter (where is_sale),
              coalesce(sum(total_minor - refunded_minor) filter (where is_captured), 0),
              coalesce(sum(tip_minor) filter (where is_captured), 0), coalesce(sum(total_minor) filter (where not is_captured), 0),
              (select coalesce(sum(amount_minor), 0) from issued),
              coalesce(sum(total_minor) filter (where is_captured), 0) - (select coalesce(sum(amount_minor), 0) from issued),
              coalesce(sum(tax_minor) filter (where is_captured), 0), coalesce(sum(discount_minor) filter (where is_captured), 0),
              coalesce(sum(service_charge_minor) filter (where is_captured), 0),
              count(*) filter (where is_sale and not breakdown_complete),
              (select coalesce(string_agg(concat_ws(':', case payment_method when {PaymentMethod.Card:D} then 'CARD'
                when {PaymentMethod.Cash:D} then 'CASH' else 'OTHER' end, count, total, net, issued), ',' order by payment_method), '')
                from slices),
              (select coalesce('SQUARE:' || sum(count) || ':' || sum(total) || ':' || sum(net) || ':' || sum(issued), '') from slices))
            from paid
            """;

    private const string PointFields =
        "from to label total { amountMinor } count net { amountMinor } refunded { amountMinor } tip { amountMinor } "
        + "refundsIssued { amountMinor } netAfterRefundsIssued { amountMinor }";

    /// <summary>Each point of the series is the sum over the transactions between its from and to.</summary>
    private static async Task PointsShouldEqualSumsAsync(TestVenue venue, string venueId, JsonProperty series, string because)
    {
        var points = series.Value.EnumerateArray().ToArray();
        string Figures(JsonElement p) =>
            $"{p.At("label")} {p.At("total.amountMinor")} {p.At("count")} {p.At("net.amountMinor")} {p.At("refunded.amountMinor")} "
            + $"{p.At("tip.amountMinor")} {p.At("refundsIssued.amountMinor")} {p.At("netAfterRefundsIssued.amountMinor")}";
        var sums = await venue.SqlAsync<string>(
            $"""
            select string_agg(concat_ws(' ', p.label, s.figures), E'\n' order by p.at)
            from (values {string.Join(
                ", ",
                points.Select(p => $"('{p.At("from")}'::timestamptz, '{p.At("to")}'::timestamptz, '{p.At("label")}')")
            )})
              p(at, until, label) cross join lateral (
              select concat_ws(' ', coalesce(sum(total_minor), 0),
                count(*) filter (where status is not null and not (status = {TransactionStatus.Refunded:D} and total_minor = 0)),
                coalesce(sum(total_minor - refunded_minor), 0), coalesce(sum(refunded_minor), 0), coalesce(sum(tip_minor), 0),
                min(r.issued), coalesce(sum(total_minor), 0) - min(r.issued)) as figures
              from (
                select coalesce(sum(amount_minor), 0) as issued from ingestion.refunds where venue_id = '{venueId}' and currency = 'USD'
                  and state = {RefundState.Completed:D} and created_at >= p.at and created_at < p.until) r
              left join ingestion.transactions on venue_id = '{venueId}' and currency = 'USD' and {Captured}
                and occurred_at >= p.at and occurred_at < p.until) s
            """
        );
        string.Join('\n', points.Select(Figures)).ShouldBe(sums, $"{series.Name} {because}");
    }

    /// <summary>Each hour, day and month of UTC is the sum of its quarter hours.</summary>
    private static async Task RollUpsShouldEqualBucketsAsync(TestVenue venue)
    {
        const string totals =
            "count, total_minor, tip_minor, refunded_minor, pending_minor, refunds_issued_minor, tax_minor, discount_minor, "
            + "service_charge_minor, incomplete_count";
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

    private static BatchItem WebhookItem(string venueId, int i, PosObservations observations)
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
        return BatchItem.Of(connection, observations, VersionCause.Webhook, row.EventId, row);
    }
}
