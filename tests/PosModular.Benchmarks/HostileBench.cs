using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using PosModular.Host.Development.Postgres;
using PosModular.Simulator;

namespace PosModular.Benchmarks;

/// <summary>
/// Sends an honest stream of webhooks, first alone and then beside a signed-in user without rights and anonymous clients who send the
/// costliest requests they can think of. The honest sender's p99 may at most double, none of its webhooks may be refused, and the host's
/// memory may grow by at most 200 MB.
/// </summary>
internal static class HostileBench
{
    private const int HonestPerSecond = 50;
    private const int EachPerSecond = 10;
    private const long MaxGrowth = 200 * 1024 * 1024;

    // Below this many milliseconds a ratio of latencies compares the noise of the machine.
    private const double SmallestP99 = 25;

    public static async Task<int> RunAsync(BenchSettings settings)
    {
        var directory = Path.Combine(Path.GetTempPath(), $"posmodular-bench-{Environment.ProcessId}");
        await using var postgres = await EmbeddedPostgres.StartAsync(
            directory,
            isTemporary: true,
            NullLogger.Instance,
            CancellationToken.None
        );
        await using var square = await PosSimulator.StartAsync();
        await using var host = await BenchHost.StartAsync(
            postgres.ConnectionString,
            square,
            settings with
            {
                Venues = 2,
                CardsPerVenue = 10,
            },
            settings.HasReaders
        );
        Console.WriteLine(
            $"{HonestPerSecond} honest webhooks a second, {settings.Measured.TotalSeconds:N0} s alone and "
                + $"{settings.Measured.TotalSeconds:N0} s beside {EachPerSecond} hostile requests of each kind a second"
        );
        var requests = host.PrepareRequests(TimeSpan.FromSeconds(1));
        var next = 0;
        Task<LoadResult> SendHonestlyAsync(string name, TimeSpan duration) =>
            SteadyLoad.RunAsync(name, host.Address, HonestPerSecond, (int)(HonestPerSecond * duration.TotalSeconds), _ =>
                requests(Interlocked.Increment(ref next))
            );

        // Both are warmed up, or the attack would be the first to have its code compiled, at the cost of the webhooks beside it.
        using (var early = new HostileClients(host))
            await Task.WhenAll(early.RunAsync(settings.WarmUp), SendHonestlyAsync("warm-up", settings.WarmUp));
        var alone = await SendHonestlyAsync("honest webhooks, alone", settings.Measured);
        Console.WriteLine(alone);

        var before = host.ResidentBytes;
        using var hostile = new HostileClients(host);
        using var over = new CancellationTokenSource();
        var watching = WatchMemoryAsync(host, over.Token);
        var attack = hostile.RunAsync(settings.Measured);
        var beside = await SendHonestlyAsync("honest webhooks, beside hostile clients", settings.Measured);
        await attack;
        await over.CancelAsync();
        var growth = await watching - before;
        Console.WriteLine(beside);
        hostile.Print();

        var allowed = 2 * Math.Max(alone.P99.TotalMilliseconds, SmallestP99);
        Console.WriteLine(
            $"p99 {beside.P99 / alone.P99:N2} times that of alone   refused {beside.Refused}   host's memory {before / 1e6:N0} MB, "
                + $"at most {growth / 1e6:N0} MB more"
        );
        return beside.Refused == 0 && beside.P99.TotalMilliseconds <= allowed && growth <= MaxGrowth ? 0 : 1;
    }

    private static async Task<long> WatchMemoryAsync(BenchHost host, CancellationToken cancellationToken)
    {
        var highest = host.ResidentBytes;
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(100));
        try
        {
            while (await timer.WaitForNextTickAsync(cancellationToken))
                highest = Math.Max(highest, host.ResidentBytes);
        }
        catch (OperationCanceledException) { }

        return highest;
    }

    /// <summary>One client for each kind of request.</summary>
    private sealed class HostileClients : IDisposable
    {
        private readonly BenchHost _host;
        private readonly HttpClient _http;
        private readonly string _token = BenchApi.CreateToken("stranger");
        private readonly ConcurrentBag<IDisposable> _unread = [];
        private readonly ConcurrentDictionary<string, ConcurrentBag<TimeSpan>> _times = new();
        private readonly ConcurrentDictionary<string, int> _outcomes = new();

        public HostileClients(BenchHost host)
        {
            _host = host;
            _http = new HttpClient(new SocketsHttpHandler { MaxConnectionsPerServer = 512 })
            {
                BaseAddress = host.Address,
                Timeout = TimeSpan.FromMinutes(2),
            };
        }

        private Dictionary<string, Func<Task>> Kinds
        {
            get
            {
                var megabyte = new byte[1_000_000];
                var unknown = $"/api/pos/webhooks/square/{Guid.NewGuid()}";
                return new()
                {
                    ["990 fields in conflict"] = Query("{" + Repeat(990, i => $"a:venue(id:\"{i}\"){{id}}") + "}"),
                    ["990 fields in conflict, deeper"] = Query(
                        "{venue(id:\"x\"){" + Repeat(990, i => $"a:member(userId:\"{i}\"){{tier}}") + "}}"
                    ),
                    ["5,000 directives"] = Query("{viewer{userId" + Repeat(5_000, _ => "@include(if:true)") + "}}"),
                    ["an id of 1,000,000 digits"] = Post(
                        "{\"query\":\"query($id:ID!){venue(id:$id){id}}\",\"variables\":{\"id\":" + new string('7', 999_000) + "}}"
                    ),
                    ["an id with NUL"] = Post("""{"query":"query($id:ID!){venue(id:$id){id}}","variables":{"id":"a\u0000"}}"""),
                    ["1,000 aliases of the viewer"] = Query("{" + Repeat(1_000, i => $"a{i}:viewer{{ownedVenueIds}} ") + "}"),
                    ["50 aliases of the viewer"] = Query(
                        "{" + Repeat(50, i => $"a{i}:viewer{{ownedVenueIds memberships{{venueId}}}} ") + "}"
                    ),
                    ["330 introspections, not read"] = Unread("{" + Repeat(330, i => $"a{i}:__schema{{types{{name description}}}} ") + "}"),
                    ["3 introspections, not read"] = Unread(
                        "{" + Repeat(3, i => $"a{i}:__schema{{types{{name description fields{{name description}}}}}} ") + "}"
                    ),
                    ["a socket with 150 operations, not read"] = SocketAsync,
                    ["a socket that does not say who it is"] = AnonymousSocketAsync,
                    ["an unsigned webhook of 1 MB"] = Webhook(unknown, null, megabyte),
                    ["a forged webhook of 1 MB"] = Webhook(new Uri(_host.FirstLocation.Url).AbsolutePath, "AAAA", megabyte),
                };
            }
        }

        public async Task RunAsync(TimeSpan duration)
        {
            // The kinds take turns at a steady pace, as the requests of strangers do who know nothing of each other.
            var sending = new List<Task>();
            var kinds = Kinds.ToArray();
            using var pace = new PeriodicTimer(TimeSpan.FromSeconds(1.0 / (EachPerSecond * kinds.Length)));
            var started = Stopwatch.GetTimestamp();
            for (var i = 0; Stopwatch.GetElapsedTime(started) < duration; i++)
            {
                await pace.WaitForNextTickAsync();
                var (name, send) = kinds[i % kinds.Length];
                sending.Add(Task.Run(() => TimeAsync(name, send)));
            }

            await Task.WhenAll(sending);
        }

        public void Print()
        {
            foreach (var (name, times) in _times.OrderBy(kind => kind.Key, StringComparer.Ordinal))
            {
                var sorted = times.Order().ToArray();
                Console.WriteLine(
                    $"   {name, -42} {sorted.Length, 5} sent, median {sorted[sorted.Length / 2].TotalMilliseconds, 7:N1} ms, "
                        + $"slowest {sorted[^1].TotalMilliseconds, 8:N1} ms"
                );
            }

            Console.WriteLine(
                "   " + string.Join(", ", _outcomes.OrderBy(o => o.Key, StringComparer.Ordinal).Select(o => $"{o.Key}: {o.Value:N0}"))
            );
        }

        private async Task TimeAsync(string name, Func<Task> send)
        {
            var began = Stopwatch.GetTimestamp();
            try
            {
                await send();
            }
            catch (Exception e)
                when (e is HttpRequestException or IOException or SocketException or WebSocketException or OperationCanceledException)
            {
                Count("connection refused or cut");
            }

            _times.GetOrAdd(name, _ => []).Add(Stopwatch.GetElapsedTime(began));
        }

        private Func<Task> Query(string query) => Post(JsonSerializer.Serialize(new { query }));

        private Func<Task> Post(string body)
        {
            var bytes = Encoding.UTF8.GetBytes(body);
            return async () =>
            {
                using var request = new HttpRequestMessage(HttpMethod.Post, "/graphql") { Content = new ByteArrayContent(bytes) };
                request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
                request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", _token);
                using var response = await _http.SendAsync(request);
                var answer = await response.Content.ReadAsByteArrayAsync();
                Count(
                    answer.AsSpan().IndexOf("INVALID_INPUT"u8) >= 0 ? "INVALID_INPUT"
                    : answer.AsSpan().IndexOf("UNAVAILABLE"u8) >= 0 ? "UNAVAILABLE"
                    : answer.AsSpan().IndexOf("INTERNAL"u8) >= 0 ? "INTERNAL"
                    : ((int)response.StatusCode).ToString(CultureInfo.InvariantCulture)
                );
            };
        }

        private Func<Task> Webhook(string path, string? signature, byte[] body) =>
            async () =>
            {
                using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = new ByteArrayContent(body) };
                if (signature is not null)
                    request.Headers.TryAddWithoutValidation("x-square-hmacsha256-signature", signature);
                using var response = await _http.SendAsync(request);
                Count(((int)response.StatusCode).ToString(CultureInfo.InvariantCulture));
            };

        /// <summary>Sends a request and keeps its connection open without reading the response.</summary>
        private Func<Task> Unread(string query)
        {
            var body = JsonSerializer.Serialize(new { query });
            var request = Encoding.UTF8.GetBytes(
                $"POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nAuthorization: Bearer {_token}\r\n"
                    + $"Content-Length: {Encoding.UTF8.GetByteCount(body)}\r\n\r\n{body}"
            );
            return async () =>
            {
                var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { ReceiveBufferSize = 4096 };
                _unread.Add(socket);
                await socket.ConnectAsync(new IPEndPoint(IPAddress.Loopback, _host.Address.Port));
                await socket.SendAsync(request);
            };
        }

        private async Task SocketAsync()
        {
            var socket = await ConnectAsync();
            await SendAsync(socket, $$$"""{"type":"connection_init","payload":{"authorization":"Bearer {{{_token}}}"}}""");
            for (var i = 0; i < 150 && socket.State == WebSocketState.Open; i++)
                await SendAsync(
                    socket,
                    """{"id":"ID","type":"subscribe","payload":{"query":"{__schema{types{name description}}}"}}""".Replace(
                        "ID",
                        i.ToString(CultureInfo.InvariantCulture),
                        StringComparison.Ordinal
                    )
                );
        }

        private async Task AnonymousSocketAsync()
        {
            var socket = await ConnectAsync();
            await socket.SendAsync(new byte[900_000], WebSocketMessageType.Text, endOfMessage: false, CancellationToken.None);
        }

        private async Task<ClientWebSocket> ConnectAsync()
        {
            var socket = new ClientWebSocket();
            _unread.Add(socket);
            socket.Options.AddSubProtocol("graphql-transport-ws");
            await socket.ConnectAsync(new UriBuilder(_host.Address) { Scheme = "ws", Path = "/graphql" }.Uri, CancellationToken.None);
            return socket;
        }

        private static Task SendAsync(ClientWebSocket socket, string text) =>
            socket.SendAsync(Encoding.UTF8.GetBytes(text), WebSocketMessageType.Text, endOfMessage: true, CancellationToken.None);

        private void Count(string outcome) => _outcomes.AddOrUpdate(outcome, 1, (_, count) => count + 1);

        private static string Repeat(int count, Func<int, string> text) => string.Concat(Enumerable.Range(0, count).Select(text));

        public void Dispose()
        {
            foreach (var connection in _unread)
                connection.Dispose();
            _http.Dispose();
        }
    }
}
