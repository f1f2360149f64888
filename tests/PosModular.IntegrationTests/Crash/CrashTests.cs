using System.Diagnostics;
using PosModular.IntegrationTests.Fixtures;
using PosModular.IntegrationTests.Postgres;

namespace PosModular.IntegrationTests.Crash;

/// <summary>Hosts die in the middle of the storm; the sender sends again what was not answered 200, as a till's provider does.</summary>
[Collection(NonParallelTests.Name)]
public sealed class CrashTests(TestPostgres postgres)
{
    private const int Guests = 10;
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    [Fact]
    public Task A_kill_in_the_middle_of_600_webhooks_loses_nothing_and_doubles_nothing() => KillAsync(storm: 600, times: 1);

    [Fact]
    [Trait("Category", "chaos")]
    public Task Three_kills_in_the_middle_of_3000_webhooks_lose_nothing_and_double_nothing() => KillAsync(storm: 3_000, times: 3);

    private async Task KillAsync(int storm, int times)
    {
        await using var venue = await PreparedAsync();
        var port = TestHost.FindFreePort();
        var host = HostProcess.Start(venue, port);
        var kills = 0;

        await SendAsync(
            venue,
            storm,
            _ => host.Address,
            async stored =>
            {
                if (kills < times && stored >= storm * (kills + 1) / (times + 1))
                {
                    kills++;
                    await host.KillAsync();
                    host = HostProcess.Start(venue, port);
                }
            }
        );
        await host.DisposeAsync();

        kills.ShouldBe(times);
        await ProveAsync(venue, storm);
    }

    [Fact]
    public Task Of_two_hosts_on_one_database_one_is_killed_for_good_and_the_other_goes_on_within_five_seconds() =>
        KillOneOfTwoAsync(storm: 600);

    [Fact]
    [Trait("Category", "chaos")]
    public Task Of_two_hosts_one_is_killed_for_good_in_the_middle_of_3000_webhooks_and_the_other_goes_on_within_five_seconds() =>
        KillOneOfTwoAsync(storm: 3_000);

    private async Task KillOneOfTwoAsync(int storm)
    {
        await using var venue = await PreparedAsync();
        await using var first = HostProcess.Start(venue, TestHost.FindFreePort());
        await using var second = HostProcess.Start(venue, TestHost.FindFreePort());
        var (killed, wentOn) = (0L, TimeSpan.MaxValue);

        await SendAsync(
            venue,
            storm,
            sender => Volatile.Read(ref killed) != 0 || sender % 2 == 0 ? second.Address : first.Address,
            async stored =>
            {
                if (killed == 0 && stored >= storm / 2)
                {
                    await first.KillAsync();
                    Volatile.Write(ref killed, Stopwatch.GetTimestamp());
                }
                else if (killed != 0 && wentOn == TimeSpan.MaxValue && stored >= storm / 2 + storm / 15)
                    wentOn = Stopwatch.GetElapsedTime(killed);
            }
        );

        wentOn.ShouldBeLessThan(TimeSpan.FromSeconds(5));
        await ProveAsync(venue, storm);
    }

    /// <summary>A venue with ten linked cards and a rule that each of them passes on the way.</summary>
    private async Task<TestVenue> PreparedAsync()
    {
        var venue = await TestVenue.CreateAsync(await postgres.CreateDatabaseAsync());
        await venue.Owner.GetDataAsync(
            "mutation { createSpendRule(input: { venueId: \"bar\", name: \"Regulars\", threshold: 50, unlocksTier: REGULAR }) { errors { code } } }"
        );
        for (var guest = 0; guest < Guests; guest++)
            await venue.LinkCardAsync("guest-" + guest, "card-" + guest);
        await venue.Host.WhenIdleAsync();
        // From here on only the processes that are killed do the work.
        await venue.Host.DisposeAsync();
        venue.Hosts.Clear();
        return venue;
    }

    /// <summary>Tells how many sales are stored and added up while the storm goes on: what counts are the tables and not the senders.</summary>
    private static async Task SendAsync(TestVenue venue, int storm, Func<int, Uri> address, Func<int, Task> watch)
    {
        var senders = WebhookLoad.SendAsync(
            venue,
            Enumerable.Range(0, storm).Select(i => venue.PaymentEvent($"p{i}", amount: 100, fingerprint: "card-" + i % Guests)),
            address,
            Patience
        );
        await Wait.UntilAsync(
            async () =>
            {
                var stored = (int)
                    await venue.SqlAsync<long>(
                        "select least((select count(*) from ingestion.transactions), (select coalesce(sum(count), 0) from analytics.revenue_buckets))::bigint"
                    );
                await watch(stored - Guests);
                return senders.IsCompleted;
            },
            Patience
        );
        await senders;
    }

    private static async Task ProveAsync(TestVenue venue, int storm)
    {
        await venue.AddHostAsync();
        await venue.Host.WhenIdleAsync();
        var spend = (storm / Guests + 1) * 100;
        (
            await venue.SqlAsync<string>(
                """
                select count(*) || ' ' || count(distinct external_id) || ' ' || (select count(*) from ingestion.webhook_events) || ' ' ||
                  (select count(*) from ingestion.transaction_versions where added) from ingestion.transactions
                """
            )
        ).ShouldBe($"{storm + Guests} {storm + Guests} {storm + Guests} {storm + Guests}");
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
        ).ShouldBe($"{Guests} {Guests} {Guests}");
        var revenue = (
            await venue.Owner.GetDataAsync("{ venue(id: \"bar\") { revenue(period: ALL) { total { amountMinor } count pendingChanges } } }")
        ).At("venue.revenue");
        revenue
            .ToString()
            .ShouldBe($$"""{"total":{"amountMinor":{{(storm + Guests) * 100}}},"count":{{storm + Guests}},"pendingChanges":0}""");
    }
}
