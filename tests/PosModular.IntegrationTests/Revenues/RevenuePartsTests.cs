using System.Diagnostics;
using System.Text.Json;
using Ingestion.Ledger;
using Ingestion.Transactions;
using Integrations.Contracts.Connections;
using Microsoft.Extensions.DependencyInjection;
using NodaTime;
using NodaTime.Testing;
using Npgsql;
using PosModular.IntegrationTests.Fixtures;
using PosModular.IntegrationTests.Postgres;

namespace PosModular.IntegrationTests.Revenues;

/// <summary>Revenue compared with the period before, by tier, performer and live session, and the busiest hours of the week.</summary>
public sealed class RevenuePartsTests(TestPostgres postgres)
{
    // Friday, 15:07 in New York, where the business date begins at 06:00.
    private readonly FakeClock _clock = new(Instant.FromUtc(2026, 11, 20, 20, 7));

    private async Task<TestVenue> CreateVenueAsync() =>
        await TestVenue.CreateAsync(await postgres.CreateDatabaseAsync(), services => services.AddSingleton<IClock>(_clock));

    private static async Task PayAsync(
        TestVenue venue,
        string id,
        long amount,
        string at,
        string? fingerprint = null,
        long refunded = 0,
        string currency = "USD",
        string status = "COMPLETED"
    ) =>
        await venue.PostWebhookAsync(
            venue.PaymentEvent(id, amount, status, fingerprint: fingerprint, refunded: refunded, currency: currency, createdAt: at)
        );

    private static async Task<JsonElement> GetRevenueAsync(TestVenue venue, string arguments, string fields)
    {
        await venue.Host.WhenIdleAsync();
        return (await venue.Owner.GetDataAsync($"{{ venue(id: \"bar\") {{ revenue({arguments}) {{ {fields} }} }} }}")).At("venue.revenue");
    }

    private static string Slices(JsonElement revenue, string field) =>
        string.Join(
            ' ',
            revenue
                .At(field)
                .EnumerateArray()
                .Select(s => $"{s.At("key")}:{s.At("total.amountMinor")}:{s.At("count")}:{s.At("net.amountMinor")}")
        );

    private const string SliceFields = "{ key total { amountMinor } count net { amountMinor } }";

    [Fact]
    public async Task The_previous_period_is_added_up_to_the_same_point_of_a_period_that_runs_and_whole_after_it()
    {
        await using var venue = await CreateVenueAsync();
        await PayAsync(venue, "today", 1000, "2026-11-20T20:05:00.000Z");
        await PayAsync(venue, "yesterday-before", 100, "2026-11-19T20:06:59.999Z", refunded: 30);
        await PayAsync(venue, "yesterday-at", 10, "2026-11-19T20:07:00.000Z");
        await PayAsync(venue, "yesterday-early", 1, "2026-11-19T11:00:00.000Z");
        await PayAsync(venue, "yesterday-yen", 7, "2026-11-19T20:05:00.000Z", currency: "JPY");
        await PayAsync(venue, "night-before", 5000, "2026-11-19T10:59:59.000Z");
        await PayAsync(venue, "week-before", 40, "2026-11-13T20:00:00.000Z");
        const string figures = "from to total { amountMinor } net { amountMinor } count currency";

        var day = await GetRevenueAsync(
            venue,
            "period: DAY",
            $"{figures} previous {{ {figures} otherCurrencies {{ {figures} }} previous {{ count }} }}"
        );
        day.At("total.amountMinor").GetInt64().ShouldBe(1000);
        day.At("previous.from").GetString().ShouldBe("2026-11-19T11:00:00Z");
        day.At("previous.to").GetString().ShouldBe("2026-11-19T20:07:00Z");
        day.At("previous.total.amountMinor").GetInt64().ShouldBe(101);
        day.At("previous.net.amountMinor").GetInt64().ShouldBe(71);
        day.At("previous.otherCurrencies.0.total.amountMinor").GetInt64().ShouldBe(7);
        day.At("previous.previous.count").GetInt64().ShouldBe(0);

        (await GetRevenueAsync(venue, "period: WEEK", $"previous {{ {figures} }}"))
            .At("previous")
            .ToString()
            .ShouldBe(
                """{"from":"2026-11-09T11:00:00Z","to":"2026-11-13T20:07:00Z","total":{"amountMinor":40},"net":{"amountMinor":40}"""
                    + ""","count":1,"currency":"USD"}"""
            );
        (await GetRevenueAsync(venue, "period: ALL", "previous { count }")).At("previous").ValueKind.ShouldBe(JsonValueKind.Null);

        // The day is over.
        _clock.Advance(Duration.FromHours(24));
        var whole = await GetRevenueAsync(venue, "period: DAY, on: \"2026-11-20\"", "previous { to total { amountMinor } }");
        whole.At("previous").ToString().ShouldBe("""{"to":"2026-11-20T11:00:00Z","total":{"amountMinor":111}}""");
        // A currency that was not taken in the period before.
        (await GetRevenueAsync(venue, "period: DAY, on: \"2026-11-19\"", "otherCurrencies { previous { currency count } }"))
            .At("otherCurrencies.0.previous")
            .ToString()
            .ShouldBe("""{"currency":"JPY","count":0}""");
    }

    [Fact]
    public async Task Revenue_is_divided_by_the_tier_at_the_time_of_each_transaction()
    {
        await using var venue = await CreateVenueAsync();
        await venue.Owner.GetDataAsync(
            "mutation { createSpendRule(input: { venueId: \"bar\", name: \"R\", threshold: 20, unlocksTier: REGULAR }) { rule { id } } }"
        );
        _clock.Reset(Instant.FromUtc(2026, 11, 18, 20, 0));
        await venue.LinkCardAsync("anna", "card-1"); // 1.00 at 2026-11-20T20:00:00Z
        await PayAsync(venue, "a1", 2500, "2026-11-18T19:59:00.000Z", "card-1");
        await venue.Host.WhenIdleAsync(); // REGULAR from 20:00 on the 18th
        _clock.Reset(Instant.FromUtc(2026, 11, 20, 20, 7));
        await PayAsync(venue, "a2", 700, "2026-11-19T20:00:00.000Z", "card-1", refunded: 200);
        await PayAsync(venue, "b", 300, "2026-11-19T20:00:00.000Z");
        await PayAsync(venue, "b-refund", 0, "2026-11-19T20:00:00.000Z", status: "CANCELED");
        await PayAsync(venue, "yen", 70, "2026-11-19T20:00:00.000Z", "card-1", currency: "JPY");

        var all = await GetRevenueAsync(venue, "period: ALL", $"byTier {SliceFields} otherCurrencies {{ byTier {SliceFields} }}");
        Slices(all, "byTier").ShouldBe("GUEST:2500:1:2500 REGULAR:800:2:600 NONE:300:1:300");
        Slices(all.At("otherCurrencies.0"), "byTier").ShouldBe("REGULAR:70:1:70");
        Slices(await GetRevenueAsync(venue, "period: DAY, on: \"2026-11-18\"", $"byTier {SliceFields}"), "byTier")
            .ShouldBe("GUEST:2500:1:2500");
        Slices(await GetRevenueAsync(venue, "period: DAY, on: \"2026-11-19\"", $"byTier {SliceFields}"), "byTier")
            .ShouldBe("REGULAR:700:1:500 NONE:300:1:300");
    }

    [Fact]
    public async Task Revenue_of_performers_and_sessions_follows_a_corrected_session_which_is_audited()
    {
        await using var venue = await CreateVenueAsync();
        await PayAsync(venue, "a", 1000, "2026-11-20T18:30:00.000Z");
        await PayAsync(venue, "b", 200, "2026-11-20T19:00:00.000Z", refunded: 50);
        await PayAsync(venue, "c", 30, "2026-11-20T19:45:00.000Z");
        await PayAsync(venue, "d", 5, "2026-11-20T20:00:00.000Z", status: "APPROVED");
        var sessions = (
            await venue.Owner.GetDataAsync(
                """
                mutation {
                  band: startLiveSession(input: { venueId: "bar", performerId: "band", startedAt: "2026-11-20T19:00:00Z" }) {
                    session { id } }
                  singer: startLiveSession(input: { venueId: "bar", performerId: "singer", startedAt: "2026-11-20T19:30:00Z",
                    endedAt: "2026-11-20T19:45:00Z" }) { session { id } } }
                """
            )
        );
        var (band, singer) = (sessions.At("band.session.id").GetString()!, sessions.At("singer.session.id").GetString()!);
        async Task<string> GetSessionsAsync() =>
            string.Join(
                ' ',
                (
                    await venue.Owner.GetDataAsync(
                        "{ venue(id: \"bar\") { liveSessions { nodes { performerId "
                            + "revenue { total { amountMinor } count net { amountMinor } pending { amountMinor } } } } } }"
                    )
                )
                    .At("venue.liveSessions.nodes")
                    .EnumerateArray()
                    .Select(s =>
                        $"{s.At("performerId")}:{s.At("revenue.total.amountMinor")}:{s.At("revenue.count")}:"
                        + $"{s.At("revenue.net.amountMinor")}:{s.At("revenue.pending.amountMinor")}"
                    )
            );
        async Task<string> UpdateAsync(string input) =>
            (
                await venue.Owner.GetDataAsync(
                    $"mutation {{ updateLiveSession(input: {{ {input} }}) {{ "
                        + "session { performerId startedAt endedAt } errors { code field } } }"
                )
            )
                .At("updateLiveSession")
                .ToString();
        async Task<string> GetPerformersAsync() =>
            Slices(await GetRevenueAsync(venue, "period: DAY", $"byPerformer {SliceFields}"), "byPerformer");

        (await GetSessionsAsync()).ShouldBe("singer:0:0:0:0 band:230:2:180:5");
        (await GetPerformersAsync()).ShouldBe("NONE:1000:1:1000 band:230:2:180");

        (await UpdateAsync($"sessionId: \"{singer}\", startedAt: \"2026-11-20T18:30:00Z\", endedAt: null")).ShouldBe(
            """{"session":{"performerId":"singer","startedAt":"2026-11-20T18:30:00Z","endedAt":null},"errors":[]}"""
        );
        (await GetSessionsAsync()).ShouldBe("band:230:2:180:5 singer:1230:3:1180:5");
        (await GetPerformersAsync()).ShouldBe("singer:1000:1:1000 band:230:2:180");

        _clock.Advance(Duration.FromMinutes(1));
        await UpdateAsync($"sessionId: \"{band}\", performerId: \"choir\", endedAt: \"2026-11-20T19:45:00Z\"");
        (await GetPerformersAsync()).ShouldBe("singer:1030:2:1030 choir:200:1:150");
        Slices(await GetRevenueAsync(venue, "period: DAY, on: \"2026-11-19\"", $"byPerformer {SliceFields}"), "byPerformer").ShouldBe("");

        (await UpdateAsync($"sessionId: \"{band}\", startedAt: \"2026-11-20T19:45:00Z\"")).ShouldBe(
            """{"session":null,"errors":[{"code":"INVALID_INPUT","field":"endedAt"}]}"""
        );
        (await UpdateAsync($"sessionId: \"{band}\", performerId: \"\"")).ShouldBe(
            """{"session":null,"errors":[{"code":"INVALID_INPUT","field":"performerId"}]}"""
        );
        (await UpdateAsync($"sessionId: \"{Guid.NewGuid()}\"")).ShouldBe(
            """{"session":null,"errors":[{"code":"NOT_FOUND","field":"sessionId"}]}"""
        );
        await UpdateAsync($"sessionId: \"{band}\", performerId: \"choir\""); // changes nothing
        (await GetPerformersAsync()).ShouldBe("singer:1030:2:1030 choir:200:1:150");
        (
            await venue.Owner.GetDataAsync(
                "{ venue(id: \"bar\") { auditLog(action: \"updateLiveSession\") { nodes { userId subject detail } } } }"
            )
        )
            .At("venue.auditLog.nodes")
            .ToString()
            .ShouldBe(
                $$"""
                [{"userId":"owner","subject":"{{band}}","detail":"band from 2026-11-20T19:00:00Z to an open end
                 → choir from 2026-11-20T19:00:00Z to 2026-11-20T19:45:00Z"},{"userId":"owner","subject":"{{singer}}",
                "detail":"singer from 2026-11-20T19:30:00Z
                 to 2026-11-20T19:45:00Z → singer from 2026-11-20T18:30:00Z to an open end"}]
                """.ReplaceLineEndings("")
            );
        (await venue.Moderator.GetErrorCodeAsync("{ venue(id: \"bar\") { liveSessions { nodes { revenue { count } } } } }")).ShouldBe(
            "FORBIDDEN"
        );
    }

    [Fact]
    public async Task A_correction_whose_audit_entry_cannot_be_written_changes_nothing()
    {
        await using var venue = await CreateVenueAsync();
        var id = (
            await venue.Owner.GetDataAsync(
                "mutation { startLiveSession(input: { venueId: \"bar\", performerId: \"p\" }) { session { id } } }"
            )
        )
            .At("startLiveSession.session.id")
            .GetString();
        await venue.SqlAsync<int>("alter table integrations.audit_log rename to audit_log_of_old");

        (
            await venue.Owner.GetErrorCodeAsync(
                $"mutation {{ updateLiveSession(input: {{ sessionId: \"{id}\", performerId: \"q\" }}) {{ session {{ id }} }} }}"
            )
        ).ShouldBe("INTERNAL");

        (await venue.SqlAsync<string>("select performer_id from rules.live_sessions")).ShouldBe("p");
    }

    [Fact]
    public async Task The_busiest_hours_are_averaged_over_the_hours_that_have_ended_by_business_date()
    {
        await using var venue = await CreateVenueAsync();
        // Friday night: 01:30 on Saturday belongs to Friday. In the other Friday's night nothing was sold at that hour.
        await PayAsync(venue, "night", 1001, "2026-11-14T06:30:00.000Z");
        await PayAsync(venue, "friday-1", 300, "2026-11-06T23:15:00.000Z");
        await PayAsync(venue, "friday-2", 100, "2026-11-13T23:45:00.000Z");
        await PayAsync(venue, "friday-3", 100, "2026-11-13T23:59:59.000Z", refunded: 100);
        await PayAsync(venue, "yen", 100, "2026-11-13T23:45:00.000Z", currency: "JPY");
        await PayAsync(venue, "running", 9000, "2026-11-20T20:05:00.000Z");
        await PayAsync(venue, "ended", 80, "2026-11-20T19:59:00.000Z");
        async Task<string> GetAsync(string from, string to)
        {
            await venue.Host.WhenIdleAsync();
            return string.Join(
                ' ',
                (
                    await venue.Owner.GetDataAsync(
                        $"{{ venue(id: \"bar\") {{ busiestHours(from: \"{from}\", to: \"{to}\") {{ "
                            + "day hour averageTotal { amountMinor } averageCount } } }"
                    )
                )
                    .At("venue.busiestHours")
                    .EnumerateArray()
                    .Select(h => $"{h.At("day")}-{h.At("hour")}:{h.At("averageTotal.amountMinor")}:{h.At("averageCount")}")
            );
        }

        // The first span has two Fridays, the second three, of which the last has had the hour 14 and not yet 18 or 1.
        (await GetAsync("2026-11-06", "2026-11-20")).ShouldBe("FRIDAY-1:500:0.5 FRIDAY-18:250:1.5");
        (await GetAsync("2026-11-06", "2026-11-21")).ShouldBe("FRIDAY-1:500:0.5 FRIDAY-18:250:1.5 FRIDAY-14:27:0.3333333333333333");
        (await GetAsync("2026-11-01", "2026-11-05")).ShouldBe("");
        foreach (var (from, to) in new[] { ("2026-11-01", "2026-11-01"), ("2025-11-01", "2026-11-03"), ("1899-01-01", "1899-01-02") })
            (
                await venue.Owner.GetErrorCodeAsync(
                    $"{{ venue(id: \"bar\") {{ busiestHours(from: \"{from}\", to: \"{to}\") {{ hour }} }} }}"
                )
            ).ShouldBe("INVALID_INPUT");
    }

    [Fact]
    public async Task Revenue_of_all_venues_is_read_in_one_statement_and_added_up_by_currency_over_those_that_the_caller_owns()
    {
        await using var venue = await CreateVenueAsync();
        await venue.RegisterVenueAsync("cafe", TestVenue.OwnerId, "Europe/Berlin");
        await venue.RegisterVenueAsync("foreign", "somebody-else", "Europe/Berlin");
        await PayAsync(venue, "p1", 1000, "2026-11-20T18:30:00.000Z", refunded: 100);
        await PayAsync(venue, "p2", 70, "2026-11-20T18:30:00.000Z", currency: "JPY");
        await PayAsync(venue, "before", 5, "2026-11-20T10:59:59.000Z"); // 05:59 in New York, 11:59 in Berlin
        await using (var writer = venue.Host.Services.GetRequiredService<Func<BatchWriter>>()())
            await writer.WriteAsync(
                [Observe("cafe", 300, "USD"), Observe("cafe", 4, "JPY"), Observe("foreign", 9000, "USD")],
                TestContext.Current.CancellationToken
            );
        await venue.Host.WhenIdleAsync();
        var reads = 0;
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == "Npgsql",
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
            ActivityStopped = activity =>
            {
                var tags = activity.TagObjects.Select(tag => tag.Value?.ToString() ?? "").ToList();
                if (
                    tags.Contains(new NpgsqlConnectionStringBuilder(venue.Database).Database!)
                    && tags.Any(tag => tag.Contains("from analytics.revenue_roll_ups", StringComparison.Ordinal))
                )
                    Interlocked.Increment(ref reads);
            },
        };
        ActivitySource.AddActivityListener(listener);

        const string figures = "total { amountMinor } count pendingChanges";
        (
            await venue.Owner.GetDataAsync(
                $"{{ venues {{ nodes {{ id day: revenue(period: DAY) {{ {figures} }} all: revenue(period: ALL) {{ {figures} }} }} }} }}"
            )
        )
            .At("venues.nodes")
            .ToString()
            .ShouldBe(
                """
                [{"id":"bar","day":{"total":{"amountMinor":1000},"count":1,"pendingChanges":0},
                "all":{"total":{"amountMinor":1005},"count":2,"pendingChanges":0}},
                {"id":"cafe","day":{"total":{"amountMinor":300},"count":1,"pendingChanges":0},
                "all":{"total":{"amountMinor":300},"count":1,"pendingChanges":0}}]
                """.ReplaceLineEndings("")
            );
        reads.ShouldBe(1);

        const string portfolio = """
            { portfolioRevenue(period: DAY) { currency total { amountMinor } count average { amountMinor } net { amountMinor }
              refunded { amountMinor } refundsIssued { amountMinor } netAfterRefundsIssued { amountMinor } tip { amountMinor }
              byVenue { key total { amountMinor } } pendingChanges } }
            """;
        (await venue.Owner.GetDataAsync(portfolio))
            .At("portfolioRevenue")
            .ToString()
            .ShouldBe(
                """
                [{"currency":"JPY","total":{"amountMinor":74},"count":2,"average":{"amountMinor":37},"net":{"amountMinor":74},
                "refunded":{"amountMinor":0},"refundsIssued":{"amountMinor":0},"netAfterRefundsIssued":{"amountMinor":74},
                "tip":{"amountMinor":0},"byVenue":[{"key":"bar","total":{"amountMinor":70}},{"key":"cafe","total":{"amountMinor":4}}],
                "pendingChanges":0},
                {"currency":"USD","total":{"amountMinor":1300},"count":2,"average":{"amountMinor":650},"net":{"amountMinor":1200},
                "refunded":{"amountMinor":100},"refundsIssued":{"amountMinor":0},"netAfterRefundsIssued":{"amountMinor":1300},
                "tip":{"amountMinor":0},"byVenue":[{"key":"bar","total":{"amountMinor":1000}},{"key":"cafe","total":{"amountMinor":300}}],
                "pendingChanges":0}]
                """.ReplaceLineEndings("")
            );
        reads.ShouldBe(2);
        (await venue.Moderator.GetDataAsync(portfolio)).At("portfolioRevenue").GetArrayLength().ShouldBe(0);
    }

    private static BatchItem Observe(string venueId, long total, string currency)
    {
        var at = Instant.FromUtc(2026, 11, 20, 18, 0);
        var payment = new PosPayment(
            venueId + currency,
            null,
            "L",
            PaymentState.Captured,
            at,
            at,
            currency,
            total,
            0,
            0,
            PaymentMethod.Card,
            null
        );
        return BatchItem.Of(
            new PosConnectionDetails(Guid.Empty, venueId, Provider.Square, "merchant"),
            new PosObservations { Payments = [payment] },
            VersionCause.Sync,
            null
        );
    }
}
