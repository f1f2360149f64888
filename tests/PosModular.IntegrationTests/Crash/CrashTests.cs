using System.Diagnostics;
using PosModular.IntegrationTests.House;
using PosModular.IntegrationTests.Postgres;

namespace PosModular.IntegrationTests.Crash;

/// <summary>Hosts die in the middle of the storm; the sender sends again what was not answered 200, as a till's provider does.</summary>
[Collection(Alone.Name)]
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
        await using var bar = await PreparedAsync();
        var port = RunningHost.FreePort();
        var host = HostProcess.Start(bar, port);
        var kills = 0;

        await SendAsync(
            bar,
            storm,
            _ => host.Address,
            async stored =>
            {
                if (kills < times && stored >= storm * (kills + 1) / (times + 1))
                {
                    kills++;
                    await host.KillAsync();
                    host = HostProcess.Start(bar, port);
                }
            }
        );
        await host.DisposeAsync();

        kills.ShouldBe(times);
        await ProveAsync(bar, storm);
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
        await using var bar = await PreparedAsync();
        await using var first = HostProcess.Start(bar, RunningHost.FreePort());
        await using var second = HostProcess.Start(bar, RunningHost.FreePort());
        var (killed, wentOn) = (0L, TimeSpan.MaxValue);

        await SendAsync(
            bar,
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
        await ProveAsync(bar, storm);
    }

    /// <summary>A venue with ten linked cards and a rule that each of them passes on the way.</summary>
    private async Task<Bar> PreparedAsync()
    {
        var bar = await Bar.OpenAsync(await postgres.CreateDatabaseAsync());
        await bar.Owner.DataAsync(
            "mutation { createSpendRule(input: { venueId: \"bar\", name: \"Regulars\", threshold: 50, unlocksTier: REGULAR }) { errors { code } } }"
        );
        for (var guest = 0; guest < Guests; guest++)
            await bar.LinkAsync("guest-" + guest, "card-" + guest);
        await bar.Host.WhenIdleAsync();
        // From here on only the processes that are killed do the work.
        await bar.Host.DisposeAsync();
        bar.Hosts.Clear();
        return bar;
    }

    /// <summary>Tells how many sales are stored and added up while the storm goes on: what counts are the tables and not the senders.</summary>
    private static async Task SendAsync(Bar bar, int storm, Func<int, Uri> address, Func<int, Task> watch)
    {
        var senders = Storm.SendAsync(
            bar,
            Enumerable.Range(0, storm).Select(i => bar.Event($"p{i}", amount: 100, fingerprint: "card-" + i % Guests)),
            address,
            Patience
        );
        await Wait.UntilAsync(
            async () =>
            {
                var stored = (int)
                    await bar.SqlAsync<long>(
                        "select least((select count(*) from ingestion.transactions), (select coalesce(sum(count), 0) from analytics.revenue_buckets))::bigint"
                    );
                await watch(stored - Guests);
                return senders.IsCompleted;
            },
            Patience
        );
        await senders;
    }

    private static async Task ProveAsync(Bar bar, int storm)
    {
        await bar.AddHostAsync();
        await bar.Host.WhenIdleAsync();
        var spend = (storm / Guests + 1) * 100;
        (
            await bar.SqlAsync<string>(
                """
                select count(*) || ' ' || count(distinct external_id) || ' ' || (select count(*) from ingestion.webhook_events) || ' ' ||
                  (select count(*) from ingestion.transaction_versions where added) from ingestion.transactions
                """
            )
        ).ShouldBe($"{storm + Guests} {storm + Guests} {storm + Guests} {storm + Guests}");
        (await bar.SqlAsync<long>("select count(*) from rules.feed_dead_letters")).ShouldBe(0);
        (
            await bar.SqlAsync<string>(
                "select string_agg(distinct (captured_minor || ' ' || authorized_minor), ',') from rules.lifetime_spend"
            )
        ).ShouldBe($"{spend} {spend}");
        (
            await bar.SqlAsync<string>(
                "select count(*) || ' ' || count(distinct user_id) || ' ' || max(seq) from rules.unlocks where spend_minor = 5000"
            )
        ).ShouldBe($"{Guests} {Guests} {Guests}");
        var revenue = (
            await bar.Owner.DataAsync("{ venue(id: \"bar\") { revenue(period: ALL) { total { amountMinor } count pendingChanges } } }")
        ).At("venue.revenue");
        revenue
            .ToString()
            .ShouldBe($$"""{"total":{"amountMinor":{{(storm + Guests) * 100}}},"count":{{storm + Guests}},"pendingChanges":0}""");
    }
}
