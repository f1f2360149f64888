using System.Collections.Concurrent;

namespace PosModular.IntegrationTests.Fixtures;

/// <summary>Sends many webhooks in parallel and, like a provider, repeats each until it gets a 200.</summary>
internal static class WebhookLoad
{
    private const int SenderCount = 16;

    /// <param name="venue">The venue whose connection the events belong to.</param>
    /// <param name="events">The bodies of the events; they are signed here.</param>
    /// <param name="addressOfSender">The address that sender number n calls; evaluated for every attempt.</param>
    /// <param name="timeout">The time after which it fails.</param>
    public static async Task SendAsync(TestVenue venue, IEnumerable<byte[]> events, Func<int, Uri> addressOfSender, TimeSpan timeout)
    {
        using var http = new HttpClient { Timeout = TimeSpan.FromSeconds(30) };
        using var cancellation = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        cancellation.CancelAfter(timeout);
        var pending = new ConcurrentQueue<byte[]>(events);
        var path = new Uri(venue.NotificationUrl).AbsolutePath;
        await Task.WhenAll(
            Enumerable
                .Range(0, SenderCount)
                .Select(sender =>
                    Task.Run(
                        async () =>
                        {
                            // Retries without a pause would keep a host from starting.
                            using var retryTimer = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
                            while (pending.TryDequeue(out var body))
                            while (!await IsStoredAsync(body, new Uri(addressOfSender(sender), path)))
                                await retryTimer.WaitForNextTickAsync(cancellation.Token);
                        },
                        cancellation.Token
                    )
                )
        );

        async Task<bool> IsStoredAsync(byte[] body, Uri url)
        {
            try
            {
                using var request = new HttpRequestMessage(HttpMethod.Post, url) { Content = new ByteArrayContent(body) };
                request.Headers.TryAddWithoutValidation(
                    "x-square-hmacsha256-signature",
                    TestVenue.Sign(body, venue.NotificationUrl, venue.SignatureKey)
                );
                using var response = await http.SendAsync(request, cancellation.Token);
                return response.IsSuccessStatusCode;
            }
            catch (HttpRequestException)
            {
                return false; // no host listens at the moment
            }
        }
    }
}
