using System.Collections.Concurrent;

namespace PosModular.IntegrationTests.House;

/// <summary>Many webhooks from many senders; each keeps an event until it is answered 200, as a till's provider does.</summary>
internal static class Storm
{
    private const int Senders = 16;

    /// <param name="bar">Whose events they are.</param>
    /// <param name="events">Their bodies; they are signed here.</param>
    /// <param name="address">Where a sender knocks; asked anew for each knock.</param>
    /// <param name="longest">When it fails.</param>
    public static async Task SendAsync(Bar bar, IEnumerable<byte[]> events, Func<int, Uri> address, TimeSpan longest)
    {
        using var http = new HttpClient { Timeout = TimeSpan.FromSeconds(30) };
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        patience.CancelAfter(longest);
        var waiting = new ConcurrentQueue<byte[]>(events);
        var path = new Uri(bar.NotificationUrl).AbsolutePath;
        await Task.WhenAll(
            Enumerable
                .Range(0, Senders)
                .Select(sender =>
                    Task.Run(
                        async () =>
                        {
                            using var breath = new PeriodicTimer(TimeSpan.FromMilliseconds(20)); // what knocks without pause keeps the host from starting
                            while (waiting.TryDequeue(out var body))
                            while (!await IsStoredAsync(body, new Uri(address(sender), path)))
                                await breath.WaitForNextTickAsync(patience.Token);
                        },
                        patience.Token
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
                    Bar.Sign(body, bar.NotificationUrl, bar.SignatureKey)
                );
                using var answer = await http.SendAsync(request, patience.Token);
                return answer.IsSuccessStatusCode;
            }
            catch (HttpRequestException)
            {
                return false; // nobody there
            }
        }
    }
}
