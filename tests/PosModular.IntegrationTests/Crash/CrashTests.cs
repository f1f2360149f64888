using System.Collections.Concurrent;
using System.Diagnostics;
using PosModular.IntegrationTests.House;

namespace PosModular.IntegrationTests.Crash;

/// <summary>Hosts die in the middle of the storm; the sender sends again what was not answered 200, as a till's provider does.</summary>
public sealed class CrashTests(TestPostgres postgres)
{
    private const int Storm = 3_000;
    private const int Guests = 10;
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    [Fact]
    public async Task Three_kills_in_the_middle_of_3000_webhooks_lose_nothing_and_double_nothing()
    {
        await using var bar = await PreparedAsync();
        var port = RunningHost.FreePort();
        var host = HostProcess.Start(bar, port);
        var kills = 0;

        await SendAsync(bar, _ => host.Address, async stored =>
        {
            if (kills < 3 && stored >= Storm * (kills + 1) / 4)
            {
                kills++;
                await host.KillAsync();
                host = HostProcess.Start(bar, port);
            }
        });
        await host.DisposeAsync();

        kills.ShouldBe(3);
        await ProveAsync(bar);
    }

    [Fact]
    public async Task Of_two_hosts_on_one_database_one_is_killed_for_good_and_the_other_goes_on_within_five_seconds()
    {
        await using var bar = await PreparedAsync();
        await using var first = HostProcess.Start(bar, RunningHost.FreePort());
        await using var second = HostProcess.Start(bar, RunningHost.FreePort());
        var (killed, wentOn) = (0L, TimeSpan.MaxValue);

        await SendAsync(bar, sender => Volatile.Read(ref killed) != 0 || sender % 2 == 0 ? second.Address : first.Address, async stored =>
        {
            if (killed == 0 && stored >= Storm / 2)
            {
                await first.KillAsync();
                Volatile.Write(ref killed, Stopwatch.GetTimestamp());
            }
            else if (killed != 0 && wentOn == TimeSpan.MaxValue && stored >= Storm / 2 + 200)
                wentOn = Stopwatch.GetElapsedTime(killed);
        });

        wentOn.ShouldBeLessThan(TimeSpan.FromSeconds(5));
        await ProveAsync(bar);
    }

    /// <summary>A venue with ten linked cards and a rule that each of them passes on the way.</summary>
    private async Task<Bar> PreparedAsync()
    {
        var bar = await Bar.OpenAsync(await postgres.CreateDatabaseAsync());
        await bar.Owner.DataAsync("mutation { createSpendRule(input: { venueId: \"bar\", name: \"Regulars\", threshold: 50, unlocksTier: REGULAR }) { errors { code } } }");
        for (var guest = 0; guest < Guests; guest++)
            await bar.LinkAsync("guest-" + guest, "card-" + guest);
        await bar.Host.WhenIdleAsync();
        // From here on only the processes that are killed do the work.
        await bar.Host.DisposeAsync();
        bar.Hosts.Clear();
        return bar;
    }

    /// <summary>Sixteen senders; each keeps an event until it is answered 200.</summary>
    private static async Task SendAsync(Bar bar, Func<int, Uri> address, Func<int, Task> watch)
    {
        using var http = new HttpClient { Timeout = TimeSpan.FromSeconds(30) };
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        patience.CancelAfter(Patience);
        var waiting = new ConcurrentQueue<byte[]>(Enumerable.Range(0, Storm).Select(i => bar.Event($"p{i}", amount: 100, fingerprint: "card-" + i % Guests)));
        var path = new Uri(bar.NotificationUrl).AbsolutePath;
        var senders = Task.WhenAll(Enumerable.Range(0, 16).Select(sender => Task.Run(async () =>
        {
            using var breath = new PeriodicTimer(TimeSpan.FromMilliseconds(20)); // what knocks without pause keeps the host from starting
            while (waiting.TryDequeue(out var body))
                while (true)
                {
                    patience.Token.ThrowIfCancellationRequested();
                    try
                    {
                        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(address(sender), path)) { Content = new ByteArrayContent(body) };
                        request.Headers.TryAddWithoutValidation("x-square-hmacsha256-signature", Bar.Sign(body, bar.NotificationUrl, bar.SignatureKey));
                        using var answer = await http.SendAsync(request, patience.Token);
                        if (answer.IsSuccessStatusCode)
                            break;
                    }
                    catch (HttpRequestException)
                    {
                        await breath.WaitForNextTickAsync(patience.Token); // nobody there: again
                    }
                }
        }, patience.Token)));
        // What counts is what is stored and added up, so the tables are asked and not the senders.
        await Wait.UntilAsync(async () =>
        {
            var stored = (int)await bar.SqlAsync<long>("select least((select count(*) from ingestion.transactions), (select coalesce(sum(count), 0) from analytics.revenue_buckets))::bigint");
            await watch(stored - Guests);
            return senders.IsCompleted;
        }, Patience);
        await senders;
    }

    private static async Task ProveAsync(Bar bar)
    {
        await bar.AddHostAsync();
        await bar.Host.WhenIdleAsync();
        (await bar.SqlAsync<string>("""
            select count(*) || ' ' || count(distinct external_id) || ' ' || (select count(*) from ingestion.webhook_events) || ' ' ||
              (select count(*) from ingestion.transaction_versions where added) from ingestion.transactions
            """)).ShouldBe($"{Storm + Guests} {Storm + Guests} {Storm + Guests} {Storm + Guests}");
        (await bar.SqlAsync<long>("select count(*) from rules.feed_parked")).ShouldBe(0);
        (await bar.SqlAsync<string>("select string_agg(distinct (captured_minor || ' ' || authorized_minor), ',') from rules.patron_spend")).ShouldBe("30100 30100");
        (await bar.SqlAsync<string>("select count(*) || ' ' || count(distinct user_id) || ' ' || max(seq) from rules.unlocks where spend_minor = 5000")).ShouldBe($"{Guests} {Guests} {Guests}");
        var revenue = (await bar.Owner.DataAsync("{ venue(id: \"bar\") { revenue(period: ALL) { total { amountMinor } count pendingChanges } } }")).At("venue.revenue");
        revenue.ToString().ShouldBe($$"""{"total":{"amountMinor":{{(Storm + Guests) * 100}}},"count":{{Storm + Guests}},"pendingChanges":0}""");
    }
}
