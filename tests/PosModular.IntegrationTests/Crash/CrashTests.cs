using System.Diagnostics;
using PosModular.IntegrationTests.Fixtures;
using PosModular.IntegrationTests.Postgres;

namespace PosModular.IntegrationTests.Crash;

/// <summary>Hosts are killed under webhook load; like a provider, the sender repeats each event until it is answered 200.</summary>
[Collection(NonParallelTests.Name)]
public sealed class CrashTests(TestPostgres postgres)
{
    private const int GuestCount = 10;
    private static readonly TimeSpan Timeout = TimeSpan.FromMinutes(3);

    [Fact]
    public Task Killing_the_host_once_during_600_webhooks_loses_and_duplicates_nothing() => KillAndRestartAsync(payments: 600, maxKills: 1);

    [Fact]
    [Trait("Category", "chaos")]
    public Task Killing_the_host_three_times_during_3000_webhooks_loses_and_duplicates_nothing() =>
        KillAndRestartAsync(payments: 3_000, maxKills: 3);

    private async Task KillAndRestartAsync(int payments, int maxKills)
    {
        await using var venue = await CreateVenueAsync();
        var port = TestHost.FindFreePort();
        var host = HostProcess.Start(venue, port);
        var kills = 0;

        await PostLoadAsync(
            venue,
            payments,
            _ => host.Address,
            async stored =>
            {
                if (kills < maxKills && stored >= payments * (kills + 1) / (maxKills + 1))
                {
                    kills++;
                    await host.KillAsync();
                    host = HostProcess.Start(venue, port);
                }
            }
        );
        await host.DisposeAsync();

        kills.ShouldBe(maxKills);
        await ShouldHaveStoredEachOnceAsync(venue, payments);
    }

    [Fact]
    public Task When_one_of_two_hosts_is_killed_during_600_webhooks_the_other_continues_within_five_seconds() =>
        KillOneOfTwoAsync(payments: 600);

    [Fact]
    [Trait("Category", "chaos")]
    public Task When_one_of_two_hosts_is_killed_during_3000_webhooks_the_other_continues_within_five_seconds() =>
        KillOneOfTwoAsync(payments: 3_000);

    private async Task KillOneOfTwoAsync(int payments)
    {
        await using var venue = await CreateVenueAsync();
        await using var first = HostProcess.Start(venue, TestHost.FindFreePort());
        await using var second = HostProcess.Start(venue, TestHost.FindFreePort());
        var (killedAt, continuedAfter) = (0L, TimeSpan.MaxValue);

        await PostLoadAsync(
            venue,
            payments,
            sender => Volatile.Read(ref killedAt) != 0 || sender % 2 == 0 ? second.Address : first.Address,
            async stored =>
            {
                if (killedAt == 0 && stored >= payments / 2)
                {
                    await first.KillAsync();
                    Volatile.Write(ref killedAt, Stopwatch.GetTimestamp());
                }
                else if (killedAt != 0 && continuedAfter == TimeSpan.MaxValue && stored >= payments / 2 + payments / 15)
                    continuedAfter = Stopwatch.GetElapsedTime(killedAt);
            }
        );

        continuedAfter.ShouldBeLessThan(TimeSpan.FromSeconds(5));
        await ShouldHaveStoredEachOnceAsync(venue, payments);
    }

    /// <summary>Creates a venue with ten linked cards and a rule whose threshold each of them crosses during the load.</summary>
    private async Task<TestVenue> CreateVenueAsync()
    {
        var venue = await TestVenue.CreateAsync(await postgres.CreateDatabaseAsync());
        await venue.Owner.GetDataAsync(
            """
            mutation { createSpendRule(input: { venueId: "bar", name: "Regulars", threshold: 50, unlocksTier: REGULAR }) {
              errors { code } } }
            """
        );
        for (var guest = 0; guest < GuestCount; guest++)
            await venue.LinkCardAsync("guest-" + guest, "card-" + guest);
        await venue.Host.WhenIdleAsync();
        // From here on only the processes that are killed process events.
        await venue.Host.DisposeAsync();
        venue.Hosts.Clear();
        return venue;
    }

    /// <summary>
    /// Posts the events and reports how many of them are stored and added to the revenue, by the tables and not by the responses.
    /// </summary>
    private static async Task PostLoadAsync(TestVenue venue, int payments, Func<int, Uri> addressOfSender, Func<int, Task> onProgress)
    {
        var senders = WebhookLoad.SendAsync(
            venue,
            Enumerable.Range(0, payments).Select(i => venue.PaymentEvent($"p{i}", amount: 100, fingerprint: "card-" + i % GuestCount)),
            addressOfSender,
            Timeout
        );
        await Wait.UntilAsync(
            async () =>
            {
                var stored = (int)
                    await venue.SqlAsync<long>(
                        """
                        select least((select count(*) from ingestion.transactions),
                          (select coalesce(sum(count), 0) from analytics.revenue_buckets))::bigint
                        """
                    );
                await onProgress(stored - GuestCount);
                return senders.IsCompleted;
            },
            Timeout
        );
        await senders;
    }

    private static async Task ShouldHaveStoredEachOnceAsync(TestVenue venue, int payments)
    {
        await venue.AddHostAsync();
        await venue.Host.WhenIdleAsync();
        var spend = (payments / GuestCount + 1) * 100;
        (
            await venue.SqlAsync<string>(
                """
                select count(*) || ' ' || count(distinct external_id) || ' ' || (select count(*) from ingestion.webhook_events) || ' ' ||
                  (select count(*) from ingestion.transaction_versions where added) from ingestion.transactions
                """
            )
        ).ShouldBe($"{payments + GuestCount} {payments + GuestCount} {payments + GuestCount} {payments + GuestCount}");
        (await venue.SqlAsync<long>("select count(*) from rules.feed_dead_letters")).ShouldBe(0);
        (
            await venue.SqlAsync<string>(
                "select string_agg(distinct (captured_minor || ' ' || authorized_minor), ',') from rules.lifetime_spend"
            )
        ).ShouldBe($"{spend} {spend}");
        (
            await venue.SqlAsync<string>(
                "select count(*) || ' ' || count(distinct user_id) || ' ' || max(seq) from rules.unlocks where spend_minor = 5000"
            )
        ).ShouldBe($"{GuestCount} {GuestCount} {GuestCount}");
        var revenue = (
            await venue.Owner.GetDataAsync("{ venue(id: \"bar\") { revenue(period: ALL) { total { amountMinor } count pendingChanges } } }")
        ).At("venue.revenue");
        revenue
            .ToString()
            .ShouldBe(
                $$"""{"total":{"amountMinor":{{(payments + GuestCount) * 100}}},"count":{{payments + GuestCount}},"pendingChanges":0}"""
            );
    }
}
