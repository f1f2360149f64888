using System.Collections.Concurrent;
using System.Net;
using PosModular.IntegrationTests.Fixtures;
using PosModular.IntegrationTests.Postgres;

namespace PosModular.IntegrationTests.Webhooks;

public sealed class DatabaseOutageTests
{
    [Fact]
    public async Task While_the_database_is_down_webhooks_get_503_and_none_is_lost_without_a_restart()
    {
        await using var postgres = await TestPostgres.StartDedicatedAsync();
        await using var venue = await TestVenue.CreateAsync(postgres.ConnectionString);
        var responses = new ConcurrentBag<(HttpStatusCode Status, string? RetryAfter)>();
        var firstRefusal = new TaskCompletionSource();
        var (sent, stop) = (0, false);

        // Like Square, each sender repeats an event until it is answered 2xx.
        async Task SendAsync()
        {
            while (!Volatile.Read(ref stop))
            {
                var body = venue.PaymentEvent($"p{Interlocked.Increment(ref sent)}", amount: 100);
                while (true)
                {
                    using var response = await venue.SendWebhookAsync(body);
                    responses.Add((response.StatusCode, response.Headers.RetryAfter?.ToString()));
                    if (response.IsSuccessStatusCode)
                        break;
                    firstRefusal.TrySetResult();
                }
            }
        }
        var senders = Enumerable.Range(0, 8).Select(_ => SendAsync()).ToArray();
        await Wait.UntilAsync(() => responses.Count >= 200);
        await postgres.StopAsync(immediate: true);
        await firstRefusal.Task;
        await postgres.RestartAsync();
        var acceptedBefore = responses.Count(a => a.Status == HttpStatusCode.OK);
        await Wait.UntilAsync(() => responses.Count(a => a.Status == HttpStatusCode.OK) >= acceptedBefore + 200);
        Volatile.Write(ref stop, true);
        await Task.WhenAll(senders);

        await venue.Host.WhenIdleAsync();
        responses.ShouldAllBe(a => a.Status == HttpStatusCode.OK || (a.Status == HttpStatusCode.ServiceUnavailable && a.RetryAfter == "5"));
        var venueData = (
            await venue.Owner.GetDataAsync(
                "query($venue: ID!) { venue(id: $venue) { transactions { totalCount } revenue(period: ALL) { total { amountMinor } } } }",
                new { venue = TestVenue.VenueId }
            )
        ).GetProperty("venue");
        venueData.At("transactions.totalCount").GetInt64().ShouldBe(sent);
        venueData.At("revenue.total.amountMinor").GetInt64().ShouldBe(100L * sent);
    }

    [Fact]
    public async Task Readiness_depends_on_the_database_and_liveness_does_not()
    {
        await using var postgres = await TestPostgres.StartDedicatedAsync();
        await using var venue = await TestVenue.CreateAsync(postgres.ConnectionString);
        var cancellationToken = TestContext.Current.CancellationToken;

        (await venue.Host.Http.GetAsync("/health/ready", cancellationToken)).StatusCode.ShouldBe(HttpStatusCode.OK);
        await postgres.StopAsync(immediate: true);
        (await venue.Host.Http.GetAsync("/health/ready", cancellationToken)).StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        (await venue.Host.Http.GetAsync("/health/live", cancellationToken)).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await venue.Owner.GetErrorCodeAsync("{ venues { nodes { id } } }")).ShouldBe("UNAVAILABLE");
        await postgres.RestartAsync();
        await Wait.UntilAsync(async () =>
            (await venue.Host.Http.GetAsync("/health/ready", cancellationToken)).StatusCode == HttpStatusCode.OK
        );
    }
}
