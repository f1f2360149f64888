using System.Globalization;
using System.Text;
using Ingestion.Cards;
using Ingestion.Contracts;
using Ingestion.Ledger;
using Ingestion.Transactions;
using Ingestion.Webhooks;
using Integrations.Contracts.Connections;
using Microsoft.Extensions.DependencyInjection;
using NodaTime;
using PosModular.IntegrationTests.Fixtures;
using PosModular.IntegrationTests.Postgres;
using PosModular.Kernel.Time;

namespace PosModular.IntegrationTests.Ledger;

/// <summary>
/// Each of two thousand random cases is written to two venues: to one in order and without repetitions, to the other in random order,
/// with repetitions, as events and sync pages mixed, by two hosts at once. Both must have the same transactions, spend and revenue.
/// </summary>
public sealed class ConvergenceTests(TestPostgres postgres)
{
    private const int VenueCount = 2_000;
    private static readonly Instant Start = Instant.FromUtc(2026, 11, 20, 20, 0);

    private static readonly string Authorized = $"status = {TransactionStatus.Authorized:D}";
    private static readonly string Captured = $"status between {TransactionStatus.Completed:D} and {TransactionStatus.Refunded:D}";

    // Totals of the transactions of each venue, and the totals that the feed readers have stored.
    private static readonly string TotalsByVenue = $"""
        with stored as (
          select venue_id,
            string_agg(
              concat_ws(' ', external_id, status, total_minor, tip_minor, refunded_minor, user_id), ',' order by external_id) as state,
            coalesce(sum(total_minor) filter (where {Captured}), 0) as total,
            coalesce(sum(refunded_minor) filter (where {Captured}), 0) as refunded,
            count(*) filter (where {Captured} and not (status = {TransactionStatus.Refunded:D} and total_minor = 0)) as count,
            coalesce(sum(total_minor) filter (where {Authorized}), 0) as pending,
            coalesce(sum(total_minor - refunded_minor) filter (where user_id is not null and ({Authorized} or {Captured})), 0) as spend
          from ingestion.transactions group by venue_id),
        revenue as (
          select venue_id, sum(total_minor) as total, sum(refunded_minor) as refunded, sum(count) as count, sum(pending_minor) as pending
          from analytics.revenue_buckets group by venue_id),
        spends as (select venue_id, sum(authorized_minor) as spend from rules.lifetime_spend group by venue_id)
        """;

    [Fact]
    public async Task Events_and_pages_in_any_order_and_repetition_over_two_hosts_yield_the_same_transactions_spend_and_revenue()
    {
        await using var venue = await TestVenue.CreateAsync(await postgres.CreateDatabaseAsync());
        await venue.AddHostAsync();
        var random = new Random(20_261_124);
        var card = CardToken.Of(ConnectionOf("x"), new PosCard(null, null, null, "f"))!;
        await venue.SqlAsync<int>(
            $"""
            insert into integrations.venues
            select (jsonb_populate_record(v, jsonb_build_object('id', kind || '-' || n))).*
            from integrations.venues v, generate_series(1, {VenueCount}) n, unnest(array['shuffled', 'ordered']) kind where v.id = 'bar';
            insert into ingestion.card_links (venue_id, card_token, user_id, linked_at)
            select id, '{card}', 'guest', now() from integrations.venues where id <> 'bar'
            """
        );
        var cases = Enumerable.Range(1, VenueCount).Select(n => (N: n, Facts: RandomFacts(random))).ToArray();
        var ordered = cases.SelectMany(s => s.Facts.Select(f => CreateItem($"ordered-{s.N}", f, random, asEvent: false))).ToArray();
        var shuffled = cases
            .SelectMany(s =>
                s.Facts.SelectMany(f =>
                    Enumerable
                        .Range(0, random.Next(1, 4))
                        .Select(_ => CreateItem($"shuffled-{s.N}", f, random, asEvent: random.Next(2) == 0))
                )
            )
            .ToArray();
        random.Shuffle(shuffled);

        await WriteAsync(venue.Host, ordered.Chunk(500));
        var batches = shuffled.Chunk(97).ToArray();
        await Task.WhenAll(venue.Hosts.Select((host, i) => WriteAsync(host, batches.Where((_, b) => b % 2 == i))));
        foreach (var host in venue.Hosts)
            await host.WhenIdleAsync();

        (
            await venue.SqlAsync<long>("select count(distinct venue_id) from ingestion.transactions where venue_id like 'shuffled-%'")
        ).ShouldBe(cases.LongCount(s => s.Facts.Any(f => f.Payments.Count > 0 || f.Refunds[0].PaymentId is null)));
        (
            await venue.SqlAsync<string>(
                TotalsByVenue
                    + """
                    select string_agg(a.venue_id || ': ' || a.state || ' / ' || b.state, E'\n')
                    from stored a join stored b on b.venue_id = replace(a.venue_id, 'shuffled', 'ordered')
                    where a.venue_id like 'shuffled-%' and a.state <> b.state
                    """
            )
        ).ShouldBeNull();
        (
            await venue.SqlAsync<string>(
                TotalsByVenue
                    + """
                    select string_agg(
                      venue_id || ': '
                        || concat_ws(' ', s.total, r.total, s.refunded, r.refunded, s.count, r.count, s.pending, r.pending), E'\n')
                    from stored s left join revenue r using (venue_id)
                    where venue_id <> 'bar' and (s.total, s.refunded, s.count, s.pending)
                      is distinct from (coalesce(r.total, 0), coalesce(r.refunded, 0), coalesce(r.count, 0), coalesce(r.pending, 0))
                    """
            )
        ).ShouldBeNull();
        (
            await venue.SqlAsync<string>(
                TotalsByVenue
                    + """
                    select string_agg(venue_id || ': ' || concat_ws(' ', s.spend, p.spend), E'\n')
                    from stored s left join spends p using (venue_id) where venue_id <> 'bar' and s.spend <> coalesce(p.spend, 0)
                    """
            )
        ).ShouldBeNull();
        (await venue.SqlAsync<string>(TransactionCounts.Differences)).ShouldBeNull();
        (
            await venue.SqlAsync<long>(
                "select (select count(*) from rules.feed_dead_letters) + (select count(*) from analytics.feed_dead_letters)"
            )
        ).ShouldBe(0);
    }

    private static PosObservations[] RandomFacts(Random random) =>
        [
            .. Enumerable
                .Range(0, random.Next(1, 9))
                .Select(_ =>
                {
                    var (id, at, amount) = (random.Next(4), random.Next(4), random.Next(1, 5) * 100L);
                    return random.Next(3) > 0
                        ? new PosObservations
                        {
                            Payments =
                            [
                                new PosPayment(
                                    $"p{id}",
                                    null,
                                    "location",
                                    (PaymentState)random.Next(5),
                                    Start,
                                    Start + Duration.FromSeconds(at),
                                    "USD",
                                    amount,
                                    amount / 10,
                                    random.Next(3) * 40,
                                    PaymentMethod.Card,
                                    random.Next(2) == 0 ? new PosCard("VISA", "1111", "EMV", "f") : null
                                ),
                            ],
                        }
                        : new PosObservations
                        {
                            Refunds =
                            [
                                new PosRefund(
                                    $"r{id}",
                                    id == 3 ? null : $"p{id}",
                                    null,
                                    "location",
                                    (RefundState)random.Next(4),
                                    amount / 2,
                                    "USD",
                                    null,
                                    Start,
                                    Start + Duration.FromSeconds(at)
                                ),
                            ],
                        };
                }),
        ];

    private static PosConnectionDetails ConnectionOf(string venueId) => new(Guid.Empty, venueId, Provider.Square, "merchant");

    private static BatchItem CreateItem(string venueId, PosObservations facts, Random random, bool asEvent)
    {
        if (!asEvent)
            return BatchItem.Of(ConnectionOf(venueId), facts, VersionCause.Sync, "run");
        var id = random.NextInt64().ToString(CultureInfo.InvariantCulture);
        return BatchItem.Of(
            ConnectionOf(venueId),
            facts,
            VersionCause.Webhook,
            id,
            new WebhookEventRow
            {
                Id = SystemClock.Instance.Now().NewId(),
                VenueId = venueId,
                EventId = id,
                Provider = Provider.Square,
                Type = "payment.updated",
                Status = WebhookEventStatus.Processed,
                ReceivedAt = Start,
                Attempts = 1,
                Payload = Encoding.UTF8.GetBytes(id),
            }
        );
    }

    private static async Task WriteAsync(TestHost host, IEnumerable<BatchItem[]> batches)
    {
        await using var writer = host.Services.GetRequiredService<Func<BatchWriter>>()();
        foreach (var batch in batches)
            while (true)
            {
                try
                {
                    await writer.WriteAsync(batch, TestContext.Current.CancellationToken);
                    break;
                }
                catch (Npgsql.PostgresException e) when (e.SqlState is "55P03" or "40P01")
                {
                    // The other host has locked one of the venues: the batch is written again, as the host itself does.
                }
            }
    }
}
