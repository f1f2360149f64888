using System.Net;
using PosModular.IntegrationTests.Fixtures;
using PosModular.IntegrationTests.Postgres;

namespace PosModular.IntegrationTests.Reading;

/// <summary>A client that reads transactions beside feedCursor and subscribes after it knows each transaction exactly once.</summary>
public sealed class FeedCursorTests(TestPostgres postgres)
{
    private const string SnapshotQuery = """
        { venue(id: "bar") {
          newest: transactions(first: 200) { totalCount nodes { externalId } }
          feedCursor
          oldest: transactions(first: 200, order: OLDEST_FIRST) { nodes { externalId } } } }
        """;
    private const string AddedSubscription = """
        subscription($after: String) { transactionAdded(venueId: "bar", after: $after) { externalId } }
        """;

    [Fact]
    public async Task A_list_beside_the_cursor_and_the_subscription_after_it_have_neither_gap_nor_repetition_under_concurrent_commits()
    {
        const int paymentCount = 180;
        await using var venue = await TestVenue.CreateAsync(await postgres.CreateDatabaseAsync());
        var posted = 0;
        async Task PostAsync()
        {
            while (Interlocked.Increment(ref posted) is var i && i <= paymentCount)
                (await venue.PostWebhookAsync(venue.PaymentEvent($"p{i}"))).ShouldBe(HttpStatusCode.OK);
        }
        var sending = Task.WhenAll(Enumerable.Range(0, 6).Select(_ => PostAsync()));

        var snapshots = new List<(string Cursor, string[] Ids)>();
        do
        {
            var snapshot = (await venue.Owner.GetDataAsync(SnapshotQuery)).GetProperty("venue");
            string[] IdsOf(string list) => [.. snapshot.At(list + ".nodes").EnumerateArray().Select(t => t.At("externalId").GetString()!)];
            IdsOf("oldest").ShouldBe(IdsOf("newest"), ignoreOrder: true);
            snapshot.At("newest.totalCount").GetInt32().ShouldBe(IdsOf("newest").Length);
            snapshots.Add((snapshot.At("feedCursor").GetString()!, IdsOf("newest")));
        } while (!sending.IsCompleted);
        await sending;

        // Some of the snapshots were read while payments were committed.
        snapshots.Count(s => s.Ids.Length is > 0 and < paymentCount).ShouldBeGreaterThan(2);
        var picked = snapshots.Where((_, i) => i % Math.Max(1, snapshots.Count / 6) == 0).Where(s => s.Ids.Length < paymentCount).Take(6);
        foreach (var (cursor, ids) in picked)
        {
            await using var subscriber = await WebSocketSubscriber.StartAsync(
                venue.Host,
                venue.Owner.Token!,
                AddedSubscription,
                new { after = cursor }
            );
            var known = ids.ToList();
            while (known.Count < paymentCount)
                known.Add((await subscriber.NextAsync()).At("externalId").GetString()!);
            known.ShouldBe(Enumerable.Range(1, paymentCount).Select(i => $"p{i}"), ignoreOrder: true);
        }
    }

    [Fact]
    public async Task A_list_without_the_cursor_and_a_payment_that_is_not_authorised_yet_are_not_left_out()
    {
        await using var venue = await TestVenue.CreateAsync(await postgres.CreateDatabaseAsync());
        const string query = "{ venue(id: \"bar\") { feedCursor transactions { nodes { externalId status } } } }";
        var empty = (await venue.Owner.GetDataAsync(query)).At("venue.feedCursor").GetString();
        await venue.PostWebhookAsync(venue.PaymentEvent("p1", status: "PENDING"));
        var pending = (await venue.Owner.GetDataAsync(query)).GetProperty("venue");
        pending.At("transactions.nodes").ToString().ShouldBe("""[{"externalId":"p1","status":"PENDING"}]""");

        await venue.PostWebhookAsync(venue.PaymentEvent("p1", minute: 1));

        await using var subscriber = await WebSocketSubscriber.StartAsync(
            venue.Host,
            venue.Owner.Token!,
            AddedSubscription,
            new { after = pending.At("feedCursor").GetString() }
        );
        (await subscriber.NextAsync()).At("externalId").GetString().ShouldBe("p1");
        pending.At("feedCursor").GetString().ShouldNotBe(empty);
        (await venue.GetIdsAsync()).ShouldBe("p1");
    }
}
