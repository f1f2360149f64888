using System.Text.Json;
using Integrations.Contracts.Calendar;
using NodaTime;
using NodaTime.Text;
using PosModular.IntegrationTests.Fixtures;
using PosModular.IntegrationTests.Postgres;
using PosModular.IntegrationTests.Syncs;
using PosModular.Simulator.Payments;
using PosModular.Simulator.Toast;

namespace PosModular.IntegrationTests.Reconciliations;

/// <summary>Our figures of a business date against the books of the simulator.</summary>
public sealed class ReconciliationTests(TestPostgres postgres)
{
    private static readonly DateTimeZone NewYork = DateTimeZoneProviders.Tzdb["America/New_York"];
    private static readonly LocalTime Cutoff = new(6, 0);

    private const string Fields = """
        businessDate state checkedAt reason { code message }
        byConnection { connectionId currency
          ours { count total { amountMinor } tip { amountMinor } refunded { amountMinor } }
          oursBefore { count total { amountMinor } tip { amountMinor } refunded { amountMinor } }
          theirs { count total { amountMinor } tip { amountMinor } refunded { amountMinor } }
          differing { externalId transactionId ours { amountMinor currency } theirs { amountMinor currency } kind repaired detail } }
        """;

    // Four days ago in New York, where the business date begins at 06:00: within the span of the first sync.
    private static readonly LocalDate Day = BusinessDates.Of(SystemClock.Instance.GetCurrentInstant(), NewYork, Cutoff).PlusDays(-4);

    private static DateTimeOffset StartOf(LocalDate day) => BusinessDates.Start(day, NewYork, Cutoff).ToDateTimeOffset();

    [Fact]
    public async Task Every_payment_and_refund_of_Square_that_differs_is_named_and_repaired_to_the_cent()
    {
        await using var venue = await SyncTestVenue.CreateAsync(await postgres.CreateDatabaseAsync(), pageSize: 5);
        var (ledger, from, to) = (venue.Simulator.Ledger, StartOf(Day), StartOf(Day.PlusDays(1)));
        string Sell(long amount, DateTimeOffset at, long tip = 0, DateTimeOffset? offlineAt = null, bool captured = true) =>
            ledger
                .AddSale(
                    new Sale
                    {
                        LocationId = venue.Seller.Location.Id,
                        Amount = amount,
                        Tip = tip,
                        At = at,
                        OfflineAt = offlineAt,
                        Captured = captured,
                        Announce = false,
                    }
                )
                .Id;

        var equal = Sell(2_000, from.AddHours(4), tip: 300);
        var atCutoff = Sell(101, from);
        var atNextCutoff = Sell(10_007, to);
        Sell(103, to.AddMilliseconds(-1));
        var deleted = Sell(1_010, from.AddHours(1));
        var raised = Sell(1_020, from.AddHours(2));
        var lowered = Sell(1_030, from.AddHours(2), tip: 30);
        var movedAway = Sell(1_040, from.AddHours(3));
        var movedHere = Sell(1_050, from.AddHours(-3));
        var authorized = Sell(1_060, from.AddHours(5), captured: false);
        var lateTip = Sell(1_070, from.AddHours(6));
        var refundedLater = Sell(1_080, from.AddHours(7));
        var refundedHere = Sell(1_090, from.AddHours(-5));
        Sell(1_100, from.AddHours(8), offlineAt: from.AddHours(-1)); // taken on the day before, received on this one
        await venue.SyncAsync();
        await venue.ShouldEqualSquareAsync();
        (await ReconcileAsync(venue, Day)).ShouldBeState("EQUAL");

        // What happened at Square without our knowing it, and what somebody has changed here.
        var unsent = Sell(1_110, from.AddHours(9), tip: 11);
        var offline = Sell(1_120, from.AddDays(2), offlineAt: from.AddHours(10));
        ledger.Capture(authorized, announce: false);
        ledger.SetTip(lateTip, 250, announce: false);
        ledger.RefundPayment(refundedLater, 80, at: to.AddHours(2), announce: false);
        ledger.RefundPayment(refundedHere, 90, at: from.AddHours(2), announce: false);
        ledger.BeginUnlinkedRefund(venue.Seller.Location.Id, 7, at: from.AddHours(3), announce: false);
        var unlinked = ledger.Refunds(venue.Seller.Location.Id).Single(r => r.PaymentId is null).Id;
        ledger.CompleteRefund(unlinked, from.AddHours(3), announce: false);
        await venue.SqlAsync<int>($"delete from ingestion.transactions where external_id = '{deleted}'");
        await venue.SqlAsync<int>($"update ingestion.transactions set total_minor = total_minor + 500 where external_id = '{raised}'");
        await venue.SqlAsync<int>($"update ingestion.transactions set tip_minor = 0, total_minor = 5 where external_id = '{lowered}'");
        await venue.SqlAsync<int>(
            $"update ingestion.transactions set occurred_at = occurred_at - interval '2 days' where external_id = '{movedAway}'"
        );
        await venue.SqlAsync<int>(
            $"update ingestion.transactions set occurred_at = occurred_at + interval '4 hours' where external_id = '{movedHere}'"
        );

        var repaired = await ReconcileAsync(venue, Day);
        repaired.ShouldBeState("REPAIRED");
        var square = repaired.At("byConnection.0");
        square.At("connectionId").GetGuid().ShouldBe(venue.ConnectionId);
        var books = ledger
            .Payments(venue.Seller.Location.Id)
            .Where(p => p.Status == PaymentStatus.Completed && (p.OfflineAt ?? p.CreatedAt) is var at && at >= from && at < to)
            .ToArray();
        var refunds = ledger.Refunds(venue.Seller.Location.Id).Where(r => r.CreatedAt >= from && r.CreatedAt < to).Sum(r => r.Amount);
        var expected = $"{books.Length} {books.Sum(p => p.Total)} {books.Sum(p => p.Tip)} {refunds}";
        Sums(square, "theirs").ShouldBe(expected);
        Sums(square, "ours").ShouldBe(expected);
        Sums(square, "oursBefore").ShouldNotBe(expected);
        Differences(square)
            .ShouldBe(
                new[]
                {
                    $"{unsent} MISSING_HERE - 1121 True",
                    $"{offline} MISSING_HERE - 1120 True",
                    $"{deleted} MISSING_HERE - 1010 True",
                    $"{authorized} STATUS 1060 1060 True",
                    $"{lateTip} AMOUNT 1070 1320 True",
                    $"{refundedLater} AMOUNT 1080 1080 True",
                    $"{raised} AMOUNT 1520 1020 True",
                    $"{lowered} AMOUNT 5 1060 True",
                    $"{movedAway} BUSINESS_DATE 1040 1040 True",
                    $"{movedHere} BUSINESS_DATE 1050 1050 True",
                    $"{unlinked} MISSING_HERE - 7 True",
                    $"{ledger.Refunds(venue.Seller.Location.Id).Single(r => r.PaymentId == refundedHere).Id} MISSING_HERE - 90 True",
                }.Order(StringComparer.Ordinal)
            );
        square.At("differing").EnumerateArray().Count(d => d.At("transactionId").ValueKind == JsonValueKind.Null).ShouldBe(1); // unlinked
        (
            await venue.SqlAsync<string>(
                $"select string_agg(distinct cause::text, ' ') from ingestion.transaction_versions where cause_id = (select id::text "
                    + $"from analytics.reconciliations where business_date = '{Day.ToString("uuuu-MM-dd", null)}')"
            )
        ).ShouldBe("7");
        (
            await venue.SqlAsync<long>(
                $"select count(*) from ingestion.transactions where external_id in ('{equal}', '{atCutoff}', '{atNextCutoff}')"
            )
        ).ShouldBe(3);

        // The refund of the next date is repaired with that date, and revenue equals the books too, although a row was deleted by hand.
        (await ReconcileAsync(venue, Day.PlusDays(1))).ShouldBeState("REPAIRED");
        (await ReconcileAsync(venue, Day.PlusDays(-1))).ShouldBeState("EQUAL");
        await venue.ShouldEqualSquareAsync();
        await venue.Host.WhenIdleAsync();
        var revenue = (
            await venue.Owner.GetDataAsync(
                $"{{ venue(id: \"bar\") {{ revenue(period: DAY, on: \"{LocalDatePattern.Iso.Format(Day)}\") "
                    + "{ count total { amountMinor } tip { amountMinor } refundsIssued { amountMinor } } } }"
            )
        ).At("venue.revenue");
        string[] figures = ["count", "total.amountMinor", "tip.amountMinor", "refundsIssued.amountMinor"];
        string.Join(' ', figures.Select(f => revenue.At(f))).ShouldBe(expected);

        // A payment that Square does not know stays, is marked and keeps the day different. Currencies are never added.
        await venue.PostWebhookAsync(
            venue.PaymentEvent(
                "forged",
                amount: 4_000,
                currency: "EUR",
                createdAt: from.AddHours(1).ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", null)
            )
        );
        var differs = await ReconcileAsync(venue, Day);
        differs.ShouldBeState("DIFFERS");
        differs.At("reason.code").GetString().ShouldBe("CONFLICT");
        var euro = differs.At("byConnection").EnumerateArray().Single(c => c.At("currency").GetString() == "EUR");
        Differences(euro).ShouldBe(["forged UNKNOWN_THERE 4000 - False"]);
        euro.At("differing.0.detail").GetString()!.ShouldContain("asked for it by its id");
        (Sums(euro, "ours"), Sums(euro, "theirs")).ShouldBe(("1 4000 0 0", "0 0 0 0"));
        Sums(differs.At("byConnection").EnumerateArray().Single(c => c.At("currency").GetString() == "USD"), "ours").ShouldBe(expected);
        (await venue.SqlAsync<long>("select count(*) from ingestion.transactions where external_id = 'forged'")).ShouldBe(1);

        // A moderator runs it and sees states, not figures; both calls are in the audit log.
        var moderated = (
            await venue.Moderator.GetDataAsync(
                $"{{ venue(id: \"bar\") {{ reconciliation(businessDate: \"{LocalDatePattern.Iso.Format(Day)}\") {{ state }} "
                    + "auditLog { nodes { action subject } } } }"
            )
        ).At("venue");
        moderated.At("reconciliation.state").GetString().ShouldBe("DIFFERS");
        moderated
            .At("auditLog.nodes")
            .EnumerateArray()
            .Count(e => e.ToString().Contains("reconcileDay") && e.At("subject").GetString() == LocalDatePattern.Iso.Format(Day))
            .ShouldBe(3);
        (
            await venue.Moderator.GetErrorCodeAsync(
                $"{{ venue(id: \"bar\") {{ reconciliation(businessDate: \"{LocalDatePattern.Iso.Format(Day)}\") "
                    + "{ byConnection { currency } } } }"
            )
        ).ShouldBe("FORBIDDEN");
    }

    [Fact]
    public async Task Every_payment_and_refund_of_Toast_that_differs_is_named_and_repaired_to_the_cent()
    {
        await using var venue = await SyncTestVenue.CreateAsync(await postgres.CreateDatabaseAsync());
        var (account, connectionId) = await venue.ConnectToastAsync(); // its business date begins at 04:00, the venue's at 06:00
        var (ledger, restaurant, from, to) = (
            venue.Simulator.Toast.Ledger,
            account.Restaurant.Guid,
            StartOf(Day),
            StartOf(Day.PlusDays(1))
        );
        Guid Sell(long price, DateTimeOffset at, long tip = 0, bool captured = true, bool announce = false) =>
            ledger
                .AddSale(
                    new ToastSale
                    {
                        RestaurantGuid = restaurant,
                        Price = price,
                        Tax = 0,
                        Tip = tip,
                        At = at,
                        Captured = captured,
                        Announce = announce,
                    }
                )
                .Checks[0]
                .Payments[0]
                .Guid;

        Sell(2_000, from.AddHours(4), tip: 300);
        Sell(101, from);
        Sell(10_007, to);
        Sell(103, to.AddHours(-1)); // Toast's next business date
        Sell(105, to.AddMilliseconds(-1));
        var deleted = Sell(1_010, from.AddHours(1));
        var raised = Sell(1_020, from.AddHours(2));
        var movedAway = Sell(1_040, from.AddHours(3));
        var movedHere = Sell(1_050, from.AddHours(-3));
        var authorized = Sell(1_060, from.AddHours(5), captured: false);
        var lateTip = Sell(1_070, from.AddHours(6), tip: 20);
        var refundedLater = Sell(1_080, from.AddHours(7));
        var refundedHere = Sell(1_090, from.AddDays(-2));
        var tab = ledger.AddSale(
            new ToastSale
            {
                RestaurantGuid = restaurant,
                Price = 1_500,
                At = from.AddDays(-2),
                Captured = true,
                Announce = false,
            }
        );
        await venue.SyncAsync(connectionId);
        await venue.ShouldEqualToastAsync(account);
        (await ReconcileAsync(venue, Day)).ShouldBeState("EQUAL");

        var unsent = Sell(1_110, from.AddHours(9), tip: 11);
        ledger.Capture(authorized, announce: false);
        ledger.SetTip(lateTip, 250, announce: false);
        ledger.RefundPayment(refundedLater, 80, at: to.AddHours(2), announce: false);
        ledger.RefundPayment(refundedHere, 90, at: from.AddHours(2), announce: false);
        var paidLater = new ToastPayment
        {
            Amount = 1_130,
            Status = ToastPaymentStatus.Captured,
            PaidAt = from.AddHours(8),
        };
        ledger.AddPayment(tab.Checks[0].Guid, paidLater, from.AddHours(8), announce: false); // of an order of another day
        await venue.SqlAsync<int>($"delete from ingestion.transactions where external_id = '{deleted}'");
        await venue.SqlAsync<int>($"update ingestion.transactions set total_minor = total_minor + 500 where external_id = '{raised}'");
        await venue.SqlAsync<int>(
            $"update ingestion.transactions set occurred_at = occurred_at - interval '2 days' where external_id = '{movedAway}'"
        );
        await venue.SqlAsync<int>(
            $"update ingestion.transactions set occurred_at = occurred_at + interval '4 hours' where external_id = '{movedHere}'"
        );

        var repaired = await ReconcileAsync(venue, Day);
        repaired.ShouldBeState("REPAIRED");
        var toast = repaired.At("byConnection.0");
        toast.At("connectionId").GetGuid().ShouldBe(connectionId);
        var books = ledger
            .Payments(restaurant)
            .Where(p => p.State == ToastPaymentStatus.Captured && p.OccurredAt >= from && p.OccurredAt < to)
            .ToArray();
        var refunds = ledger
            .Orders(restaurant)
            .SelectMany(o => o.Checks)
            .SelectMany(c => c.Payments)
            .Where(p => p.Refund is { } refund && refund.At >= from && refund.At < to)
            .Sum(p => p.Refunded);
        var expected = $"{books.Length} {books.Sum(p => p.Total)} {books.Sum(p => p.Tip)} {refunds}";
        (Sums(toast, "theirs"), Sums(toast, "ours"), refunds).ShouldBe((expected, expected, 90));
        Differences(toast)
            .ShouldBe(
                new[]
                {
                    $"{unsent} MISSING_HERE - 1121 True",
                    $"{paidLater.Guid} MISSING_HERE - 1130 True",
                    $"{deleted} MISSING_HERE - 1010 True",
                    $"{authorized} STATUS 1060 1060 True",
                    $"{lateTip} AMOUNT 1090 1320 True",
                    $"{refundedLater} AMOUNT 1080 1080 True",
                    $"{raised} AMOUNT 1520 1020 True",
                    $"{movedAway} BUSINESS_DATE 1040 1040 True",
                    $"{movedHere} BUSINESS_DATE 1050 1050 True",
                    $"{refundedHere} MISSING_HERE - 90 True",
                }.Order(StringComparer.Ordinal)
            );
        // A refund has the id of its payment at Toast, and it belongs to its own date.
        var next = await ReconcileAsync(venue, Day.PlusDays(1));
        next.ShouldBeState("EQUAL");
        next.At("byConnection.0.ours.refunded.amountMinor").GetInt64().ShouldBe(80);
        await venue.ShouldEqualToastAsync(account);

        // Toast no longer knows this id, and has the payment under another one.
        var unknown = Guid.NewGuid();
        await venue.SqlAsync<int>($"update ingestion.transactions set external_id = '{unknown}' where external_id = '{raised}'");
        var differs = await ReconcileAsync(venue, Day);
        differs.ShouldBeState("DIFFERS");
        Differences(differs.At("byConnection.0")).ShouldContain($"{unknown} UNKNOWN_THERE 1020 - False");
        Differences(differs.At("byConnection.0")).ShouldContain($"{raised} MISSING_HERE - 1020 True");
    }

    [Fact]
    public async Task A_day_that_cannot_be_read_completely_is_unavailable_and_never_equal()
    {
        await using var venue = await SyncTestVenue.CreateAsync(await postgres.CreateDatabaseAsync());
        venue.Simulator.Faults.Add(new Simulator.Faults.Fault { Path = "/v2/refunds", Status = 500 });
        var unavailable = await ReconcileAsync(venue, Day);
        unavailable.ShouldBeState("UNAVAILABLE");
        unavailable.At("reason.code").GetString().ShouldBe("PROVIDER_UNAVAILABLE");
        venue.Simulator.Faults.Clear();
        venue.Simulator.Faults.Add(
            new Simulator.Faults.Fault
            {
                Path = "/v2/payments",
                Status = 429,
                Headers = new Dictionary<string, string> { ["Retry-After"] = "60" },
            }
        );
        (await ReconcileAsync(venue, Day)).At("reason.code").GetString().ShouldBe("RATE_LIMIT_EXCEEDED");
        // It is taken up again by itself. The time of the next attempt is brought forward instead of waited for.
        venue.Simulator.Faults.Clear();
        (await venue.SqlAsync<bool>("select due_at > now() + interval '50 seconds' from analytics.reconciliations")).ShouldBeTrue();
        await venue.SqlAsync<int>("update analytics.reconciliations set due_at = now()");
        (await WaitForEndAsync(venue, Day, "UNAVAILABLE")).ShouldBeState("EQUAL");

        const string mutation = "mutation($input: ReconcileDayInput!) { reconcileDay(input: $input) { errors { code field } } }";
        var today = LocalDatePattern.Iso.Format(Day.PlusDays(4));
        (await venue.Owner.GetDataAsync(mutation, new { input = new { venueId = "bar", businessDate = today } }))
            .At("reconcileDay.errors.0")
            .ToString()
            .ShouldBe("""{"code":"INVALID_INPUT","field":"businessDate"}""");
        (
            await venue.Owner.GetDataAsync(
                mutation,
                new
                {
                    input = new
                    {
                        venueId = "bar",
                        businessDate = LocalDatePattern.Iso.Format(Day),
                        connectionId = Guid.NewGuid(),
                    },
                }
            )
        ).At("reconcileDay.errors.0").ToString().ShouldBe("""{"code":"NOT_FOUND","field":"connectionId"}""");
        foreach (var date in new[] { Day.PlusDays(4), Day.PlusDays(-40) })
            (
                await venue.Owner.GetDataAsync(
                    $"{{ venue(id: \"bar\") {{ reconciliation(businessDate: \"{LocalDatePattern.Iso.Format(date)}\") {{ state }} }} }}"
                )
            )
                .At("venue.reconciliation")
                .ValueKind.ShouldBe(JsonValueKind.Null);
    }

    private static async Task<JsonElement> ReconcileAsync(TestVenue venue, LocalDate date)
    {
        var payload = (
            await venue.Moderator.GetDataAsync(
                "mutation($input: ReconcileDayInput!) { reconcileDay(input: $input) "
                    + "{ reconciliation { state } errors { code message field } } }",
                new { input = new { venueId = TestVenue.VenueId, businessDate = LocalDatePattern.Iso.Format(date) } }
            )
        ).At("reconcileDay");
        payload.At("errors").GetArrayLength().ShouldBe(0, payload.ToString());
        payload.At("reconciliation.state").GetString().ShouldBe("RUNNING");
        return await WaitForEndAsync(venue, date);
    }

    private static async Task<JsonElement> WaitForEndAsync(TestVenue venue, LocalDate date, string other = "RUNNING")
    {
        var found = default(JsonElement);
        await Wait.UntilAsync(async () =>
        {
            found = (
                await venue.Owner.GetDataAsync(
                    $"{{ venue(id: \"bar\") {{ reconciliation(businessDate: \"{LocalDatePattern.Iso.Format(date)}\") {{ {Fields} }} }} }}"
                )
            ).At("venue.reconciliation");
            return found.At("state").GetString() is var state && state != "RUNNING" && state != other;
        });
        return found;
    }

    private static string Sums(JsonElement connection, string side) =>
        $"{connection.At(side + ".count")} {connection.At(side + ".total.amountMinor")} {connection.At(side + ".tip.amountMinor")} "
        + connection.At(side + ".refunded.amountMinor");

    private static IEnumerable<string> Differences(JsonElement connection) =>
        connection
            .At("differing")
            .EnumerateArray()
            .Select(d =>
                $"{d.At("externalId").GetString()} {d.At("kind").GetString()} {Amount(d.At("ours"))} {Amount(d.At("theirs"))} "
                + d.At("repaired").GetBoolean()
            )
            .Order(StringComparer.Ordinal);

    private static string Amount(JsonElement money) => money.ValueKind == JsonValueKind.Null ? "-" : money.At("amountMinor").ToString();
}

internal static class ReconciliationShould
{
    public static void ShouldBeState(this JsonElement reconciliation, string state) =>
        reconciliation.At("state").GetString().ShouldBe(state, reconciliation.ToString());
}
