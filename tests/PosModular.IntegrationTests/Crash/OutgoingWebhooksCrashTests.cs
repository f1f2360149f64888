using System.Collections.Concurrent;
using PosModular.IntegrationTests.Fixtures;
using PosModular.IntegrationTests.Postgres;

namespace PosModular.IntegrationTests.Crash;

/// <summary>Hosts are killed while they deliver outgoing webhooks.</summary>
[Collection(NonParallelTests.Name)]
public sealed class OutgoingWebhooksCrashTests(TestPostgres postgres)
{
    private const int GuestCount = 8;
    private static readonly TimeSpan Timeout = TimeSpan.FromMinutes(3);

    // What must arrive, by member in the order of the feed, and by transaction.
    private const string Expected = """
        select coalesce(string_agg(line, E'\n' order by line), '') from (
          select user_id || ': ' || string_agg(kind || ' ' || id, ', ' order by seq) as line from (
            select user_id, id, seq, 'membership.unlocked' as kind from rules.unlocks
            union all select user_id, id, revoked_seq, 'membership.revoked' from rules.unlocks where revoked_seq is not null) c
          group by user_id) l
        """;

    [Fact]
    public Task Killing_one_of_two_hosts_during_32_payments_loses_no_event_and_keeps_the_order() => KillAsync(rounds: 4, maxKills: 1);

    [Fact]
    [Trait("Category", "chaos")]
    public Task Killing_two_hosts_in_turn_six_times_during_800_payments_loses_no_event_and_keeps_the_order() =>
        KillAsync(rounds: 100, maxKills: 6);

    private async Task KillAsync(int rounds, int maxKills)
    {
        await using var receiver = await WebhookReceiver.StartAsync();
        // Answers take their time, so that a host has some under way when it dies, and some are refused once.
        var refused = new ConcurrentDictionary<string, bool>();
        receiver.Answer = async (received, http) =>
        {
            await Task.Delay(20, http.RequestAborted);
            http.Response.StatusCode = received.Number % 31 == 0 && refused.TryAdd(received.Id, true) ? 500 : 200;
        };
        await using var venue = await CreateVenueAsync(receiver);
        var hosts = new[] { HostProcess.Start(venue, TestHost.FindFreePort()), HostProcess.Start(venue, TestHost.FindFreePort()) };
        var kills = 0;

        // Each round, every guest pays, which unlocks, and gets the money back, which revokes.
        var senders = SendAsync(venue, rounds, hosts);
        await Wait.UntilAsync(
            async () =>
            {
                if (kills < maxKills && receiver.Received.Count >= rounds * GuestCount * (kills + 1) / (maxKills + 1))
                {
                    var victim = kills % 2;
                    await hosts[victim].KillAsync();
                    hosts[victim] = HostProcess.Start(venue, TestHost.FindFreePort());
                    kills++;
                }
                return senders.IsCompleted && kills == maxKills && await IsDoneAsync(venue);
            },
            Timeout
        );
        await senders;
        foreach (var host in hosts)
            await host.DisposeAsync();

        var first = receiver.Received.DistinctBy(r => r.Id).ToArray();
        var created = first.Where(r => r.Type == "transaction.created").Select(r => r.Event.At("data.transactionId").GetGuid()).ToArray();
        created.Length.ShouldBe(rounds * GuestCount);
        created.Distinct().Count().ShouldBe(rounds * GuestCount);
        var changes = first
            .Where(r => r.Type != "transaction.created")
            .GroupBy(r => r.Event.At("data.userId").GetString())
            .Select(g => g.Key + ": " + string.Join(", ", g.Select(r => $"{r.Type} {r.Event.At("data.unlockId").GetGuid()}")))
            .Order(StringComparer.Ordinal);
        string.Join('\n', changes).ShouldBe(await venue.SqlAsync<string>(Expected));
        // A payment that was refunded before its batch was written never showed as paid, so not every guest need have unlocked.
        changes.ShouldNotBeEmpty();
    }

    private async Task<TestVenue> CreateVenueAsync(WebhookReceiver receiver)
    {
        var venue = await TestVenue.CreateAsync(
            await postgres.CreateDatabaseAsync(),
            settings: new Dictionary<string, string?> { ["Pos:OutgoingWebhooks:AllowPrivateAddresses"] = "true" }
        );
        await venue.Owner.GetDataAsync(
            """
            mutation { createSpendRule(input: { venueId: "bar", name: "Regulars", threshold: 50, unlocksTier: REGULAR }) {
              errors { code } } }
            """
        );
        await venue.Moderator.GetDataAsync(
            "mutation { updateVenue(input: { venueId: \"bar\", unlockPolicy: REVOKE }) { errors { code } } }"
        );
        for (var guest = 0; guest < GuestCount; guest++)
            await venue.LinkCardAsync("guest-" + guest, "card-" + guest);
        await venue.Host.WhenIdleAsync();
        await venue.Owner.GetDataAsync(
            "mutation($url: String!) { createWebhookEndpoint(input: { venueId: \"bar\", url: $url, "
                + "types: [\"membership.unlocked\", \"membership.revoked\", \"transaction.created\"] }) { errors { code } } }",
            new { url = receiver.Address }
        );
        await venue.Host.DisposeAsync();
        venue.Hosts.Clear();
        return venue;
    }

    private static async Task SendAsync(TestVenue venue, int rounds, HostProcess[] hosts)
    {
        for (var round = 0; round < rounds; round++)
        {
            var number = round;
            foreach (var refunded in new[] { 0, 10_000 })
                await WebhookLoad.SendAsync(
                    venue,
                    Enumerable
                        .Range(0, GuestCount)
                        .Select(guest =>
                            venue.PaymentEvent(
                                $"p{number}-{guest}",
                                amount: 10_000,
                                fingerprint: "card-" + guest,
                                refunded: refunded,
                                minute: refunded == 0 ? 1 : 2
                            )
                        ),
                    sender => hosts[sender % 2].Address,
                    Timeout
                );
        }
    }

    private static async Task<bool> IsDoneAsync(TestVenue venue) =>
        await venue.SqlAsync<bool>(
            """
            select not exists (select from integrations.webhook_deliveries where status = 0)
              and not exists (select from ingestion.feed_heads h join integrations.feed_positions p on p.venue_id = h.venue_id
                and p.source = 'events.transactions' and p.seq < h.seq)
              and not exists (select from ingestion.feed_heads h join rules.feed_positions p on p.venue_id = h.venue_id and p.seq < h.seq)
              and not exists (select from rules.feed_heads h join integrations.feed_positions p on p.venue_id = h.venue_id
                and p.source = 'events.memberships' and p.seq < h.seq)
            """
        );
}
