using System.Collections.Concurrent;

namespace PosModular.IntegrationTests.Fixtures;

/// <summary>Many webhooks from many senders; each keeps an event until it is answered 200, as a till's provider does.</summary>
internal static class WebhookLoad
{
    private const int SenderCount = 16;

    /// <param name="venue">Whose events they are.</param>
    /// <param name="events">Their bodies; they are signed here.</param>
    /// <param name="addressOfSender">Where a sender knocks; asked anew for each knock.</param>
    /// <param name="timeout">When it fails.</param>
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
                            using var retryTimer = new PeriodicTimer(TimeSpan.FromMilliseconds(20)); // what knocks without pause keeps the host from starting
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
                return false; // nobody there
            }
        }
    }
}
