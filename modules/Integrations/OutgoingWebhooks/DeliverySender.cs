using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using Integrations.Credentials;
using NodaTime;
using PosModular.Kernel.Time;

namespace Integrations.OutgoingWebhooks;

/// <summary>Sends one delivery. The name of the endpoint's host is resolved for every connection, private addresses are dropped, and the
/// connection is opened to an address that was checked, so no later resolution can lead elsewhere. Redirects are not followed.</summary>
internal sealed class DeliverySender : IDisposable
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(5);
    private const int MaxAnswerBytes = 64 * 1024;
    private const int MaxAnswerCharacters = 1_000;

    private readonly IntegrationsSettings _settings;
    private readonly IClock _clock;
    private readonly TimeProvider _time;
    private readonly HttpClient _http;

    public DeliverySender(IntegrationsSettings settings, IClock clock, TimeProvider time)
    {
        (_settings, _clock, _time) = (settings, clock, time);
        _http = new HttpClient(
            new SocketsHttpHandler
            {
                AllowAutoRedirect = false,
                UseCookies = false,
                UseProxy = false, // a proxy would resolve the name itself
                ActivityHeadersPropagator = null,
                ConnectCallback = ConnectAsync,
                PooledConnectionLifetime = TimeSpan.FromMinutes(1),
                MaxConnectionsPerServer = DeliveryWorker.MaxPerEndpoint,
                MaxResponseHeadersLength = 16, // in kB
                MaxResponseDrainSize = 0,
            }
        )
        {
            Timeout = System.Threading.Timeout.InfiniteTimeSpan,
        };
    }

    public async Task<AttemptResult> SendAsync(ClaimedDelivery delivery, CancellationToken cancellationToken)
    {
        if (DecryptSecrets(delivery) is not { } secrets)
            return Failed("The secret of this endpoint cannot be decrypted. Rotate it: rotateWebhookEndpointSecret.");
        using var timer = new CancellationTokenSource(Timeout, _time);
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(timer.Token, cancellationToken);
        try
        {
            using var request = CreateRequest(delivery, secrets);
            using var response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, deadline.Token);
            var answer = $"{(int)response.StatusCode} {response.ReasonPhrase}\n{await ReadAsync(response, deadline.Token)}";
            return new AttemptResult(
                delivery,
                response.IsSuccessStatusCode,
                response.StatusCode == HttpStatusCode.Gone,
                answer.Replace('\0', '\uFFFD').Trim()
            );
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return Failed("No answer within 5 seconds.");
        }
        catch (Exception e) when (e is HttpRequestException or IOException or SocketException or UriFormatException)
        {
            return Failed(e.GetBaseException().Message);
        }

        AttemptResult Failed(string reason) => new(delivery, false, false, reason);
    }

    private HttpRequestMessage CreateRequest(ClaimedDelivery delivery, IEnumerable<string> secrets)
    {
        var (id, timestamp) = (delivery.Id.ToString(), WebhookSignature.Timestamp(_clock.Now()));
        var request = new HttpRequestMessage(HttpMethod.Post, delivery.Url)
        {
            Content = new ByteArrayContent(Encoding.UTF8.GetBytes(delivery.Payload))
            {
                Headers = { ContentType = new MediaTypeHeaderValue("application/json") },
            },
        };
        request.Headers.TryAddWithoutValidation("user-agent", "PosModular-Webhooks");
        request.Headers.TryAddWithoutValidation("webhook-id", id);
        request.Headers.TryAddWithoutValidation("webhook-timestamp", timestamp);
        request.Headers.TryAddWithoutValidation("webhook-signature", WebhookSignature.Sign(id, timestamp, delivery.Payload, secrets));
        return request;
    }

    // The present secret comes first. A previous one that cannot be decrypted any more is left out.
    private IReadOnlyList<string>? DecryptSecrets(ClaimedDelivery delivery)
    {
        var cipher = _settings.SecretCipher;
        var current = cipher.Decrypt(delivery.Secret, SecretPurpose.EndpointSecret(delivery.EndpointId));
        var previous = delivery.PreviousSecret is { } value
            ? cipher.Decrypt(value, SecretPurpose.PreviousEndpointSecret(delivery.EndpointId))
            : null;
        return current is null ? null : [.. new[] { current, previous }.OfType<string>()];
    }

    private async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        var addresses = (await Dns.GetHostAddressesAsync(context.DnsEndPoint.Host, cancellationToken))
            .Where(a => _settings.AllowsPrivateWebhookAddresses || PublicAddresses.Contains(a))
            .ToArray();
        if (addresses.Length == 0)
            throw new HttpRequestException($"{context.DnsEndPoint.Host} has no address on the public internet, so nothing was sent.");
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(addresses, context.DnsEndPoint.Port, cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Reads at most 64 kB and returns the first 1,000 characters. The status has decided already, so an answer that breaks off is
    /// returned as far as it came.</summary>
    private static async Task<string> ReadAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        var buffer = new byte[MaxAnswerBytes];
        var length = 0;
        try
        {
            await using var body = await response.Content.ReadAsStreamAsync(cancellationToken);
            int read;
            while (length < buffer.Length && (read = await body.ReadAsync(buffer.AsMemory(length), cancellationToken)) > 0)
                length += read;
        }
        catch (Exception e) when (e is OperationCanceledException or HttpRequestException or IOException) { }
        var text = Encoding.UTF8.GetString(buffer, 0, length);
        // PostgreSQL takes no half of a character.
        return text.Length <= MaxAnswerCharacters ? text
            : char.IsHighSurrogate(text[MaxAnswerCharacters - 1]) ? text[..(MaxAnswerCharacters - 1)]
            : text[..MaxAnswerCharacters];
    }

    public void Dispose() => _http.Dispose();
}
