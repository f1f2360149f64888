using System.Diagnostics;
using System.Security.Cryptography;
using Npgsql;
using PosModular.Benchmarks.Intake;
using PosModular.Simulator;
using PosModular.Simulator.Payments;

namespace PosModular.Benchmarks;

/// <summary>A host in its own process with its own database, with connected venues, linked cards and spend rules.</summary>
internal sealed class BenchHost : IAsyncDisposable
{
    // Requests are prepared for up to this rate; beyond it they are created while sending.
    private const int PreparedRequestsPerSecond = 9_000;

    private const int HotCard = 0;
    private const int HotGuestFirstNumber = 100_000_000;
    private static readonly TimeSpan MaxOrderWait = TimeSpan.FromMinutes(2);

    // At most twenty of each kind, because a fault in the rules may concern every guest.
    private const string DescribeUnlockDifferences = """
        select coalesce(string_agg(line, E'\n'), '   every unlock that is due was given once, and no other')
        from (
          (select format('   missing: %s in %s, threshold %s, spend %s', s.user_id, s.venue_id, r.threshold_minor, s.captured_minor) as line
           from rules.spend_rules r join rules.lifetime_spend s using (venue_id)
           where s.captured_minor >= r.threshold_minor
             and not exists (select from rules.unlocks u where u.venue_id = s.venue_id and u.user_id = s.user_id and u.rule_id = r.id)
           limit 20)
          union all
          (select format('   not due: %s in %s, threshold %s, spend %s', u.user_id, u.venue_id, u.threshold_minor, s.captured_minor)
           from rules.unlocks u left join rules.lifetime_spend s using (venue_id, user_id)
           where s.captured_minor is null or s.captured_minor < u.threshold_minor
           limit 20)
          union all
          (select format('   given %s times: %s in %s by rule %s', count(*), user_id, venue_id, rule_id)
           from rules.unlocks group by venue_id, user_id, rule_id having count(*) > 1
           limit 20)) differences
        """;

    // All hosts of a run have the same key, as several hosts of one database must.
    private static readonly string EncryptionKey = Convert.ToHexString(RandomNumberGenerator.GetBytes(32));

    private readonly RunningProgram _host;
    private readonly RunningSimulator _simulator;
    private readonly NpgsqlDataSource _database;
    private readonly int _cardsPerVenue;
    private readonly bool _hasOrders;
    private readonly string _runId = Guid.NewGuid().ToString("N")[..8];
    private ConnectedLocation[] _locations = [];
    private long _nextNumber;

    private BenchHost(
        RunningProgram host,
        RunningSimulator simulator,
        Uri address,
        string database,
        BenchSettings settings,
        bool hasReaders
    ) =>
        (_host, _simulator, Address, _database, _cardsPerVenue, _hasOrders, HasReaders) = (
            host,
            simulator,
            address,
            NpgsqlDataSource.Create(database),
            settings.CardsPerVenue,
            settings.HasOrders,
            hasReaders
        );

    public Uri Address { get; }

    public bool HasReaders { get; }

    public NpgsqlDataSource Database => _database;

    public ConnectedLocation FirstLocation => _locations[0];

    public TimeSpan ProcessorTime => _host.ProcessorTime;

    public long ResidentBytes => _host.ResidentBytes;

    public long PeakResidentBytes => _host.PeakResidentBytes;

    /// <summary>What every external id of a payment begins with; its number in twelve digits follows.</summary>
    public string PaymentIdPrefix => $"{_runId}-";

    /// <summary>The number of the first payment that <see cref="PrepareRequests(int, RequestMix?)"/> will prepare.</summary>
    public long NextNumber => _nextNumber;

    public async Task<TimeSpan> PostgresProcessorTimeAsync() =>
        PostgresProcessorTime.Read(PostgresProcessorTime.ParentProcessId(await QueryScalarAsync<int>("select pg_backend_pid()")));

    public static async Task<BenchHost> StartAsync(string database, RunningSimulator simulator, BenchSettings settings, bool hasReaders)
    {
        var address = RunningProgram.FreeAddress();
        var program = StartProcess(database, address, simulator.Address, hasReaders);
        var host = new BenchHost(program, simulator, address, database, settings, hasReaders);
        try
        {
            await RunningProgram.WaitUntilListeningAsync(address);
            await host.CreateVenuesAsync(settings.Venues);
            return host;
        }
        catch
        {
            await host.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts a host, which migrates the database first.</summary>
    /// <param name="database">The connection string.</param>
    /// <param name="address">Where it listens.</param>
    /// <param name="squareAddress">Where it calls Square; null for a host that calls nobody.</param>
    /// <param name="hasReaders">Whether rules and analytics run.</param>
    public static RunningProgram StartProcess(string database, Uri address, Uri? squareAddress, bool hasReaders) =>
        RunningProgram.Start(
            "dotnet",
            [Path.Combine(Repository.Root, "src/PosModular.Host/bin/Release/net10.0/PosModular.Host.dll")],
            new Dictionary<string, string>
            {
                ["ASPNETCORE_ENVIRONMENT"] = "Production",
                ["ASPNETCORE_URLS"] = address.ToString(),
                ["ConnectionStrings__Pos"] = database,
                ["POS_ENCRYPTION_KEY"] = EncryptionKey,
                ["Auth__Jwt__SigningKey"] = BenchApi.SigningKey,
                ["Pos__PublicBaseUrl"] = "https://pos.example.test",
                ["Pos__Square__BaseUrls__Sandbox"] = (squareAddress ?? new Uri("http://127.0.0.1:9")).ToString(),
                ["Pos__Square__CallsPer10Seconds"] = "0",
                ["Pos__Relays"] = hasReaders ? "true" : "false",
            }
        );

    private async Task CreateVenuesAsync(int venues)
    {
        using var api = new BenchApi(Address);
        var locations = new List<ConnectedLocation>();
        while (locations.Count < venues)
            locations.Add(await api.CreateVenueAsync(_simulator, $"venue-{locations.Count}"));
        _locations = [.. locations];
        await LinkCardsAsync(api);
    }

    // One payment for each card makes its token known; then all cards are linked to guests with one statement.
    private async Task LinkCardsAsync(BenchApi api)
    {
        await Parallel.ForEachAsync(
            _locations.SelectMany(t => Enumerable.Range(0, _cardsPerVenue).Select(c => (t, c))),
            new ParallelOptions { MaxDegreeOfParallelism = 16 },
            async (of, _) =>
                await api.PostWebhookAsync(
                    of.t,
                    Webhook.PaymentBody(
                        $"{_runId}-first-{of.c}",
                        $"{_runId}-{of.t.VenueId}-first-{of.c}",
                        of.t.LocationId,
                        CardName(of.c),
                        hasOrder: false
                    )
                )
        );
        await using var tie = _database.CreateCommand(
            """
            insert into ingestion.card_links (venue_id, card_token, user_id, linked_at)
            select venue_id, card_token, 'guest-' || row_number() over (partition by venue_id order by card_token), now()
            from ingestion.transactions
            """
        );
        await tie.ExecuteNonQueryAsync();
    }

    /// <summary>
    /// Prepares and signs the requests of a load of this duration beforehand, because that is the provider's work and would compete for the
    /// host's processors here.
    /// </summary>
    public Func<int, byte[]> PrepareRequests(TimeSpan duration) =>
        PrepareRequests((int)(duration.TotalSeconds * PreparedRequestsPerSecond));

    /// <summary>Prepares and signs this many requests; those after them are created while sending.</summary>
    public Func<int, byte[]> PrepareRequests(int count, RequestMix? mix = null)
    {
        mix ??= new RequestMix(_hasOrders);
        var ready = new byte[count][];
        var first = _nextNumber;
        _nextNumber += 1_000_000_000;
        Parallel.For(0, ready.Length, i => ready[i] = CreateRequest(first, i, mix));
        return i =>
        {
            if (mix.HasOrders && mix.OriginalOf(i) == i)
                AddSale(first, i, mix);
            return i < ready.Length ? ready[i] : CreateRequest(first, i, mix);
        };
    }

    // The simulator must know the order that the host will fetch.
    private void AddSale(long first, int i, RequestMix mix)
    {
        var id = $"{_runId}-{first + i:D12}";
        _simulator.Ledger.AddSale(
            new Sale
            {
                LocationId = LocationOf(first + i, i, mix).LocationId,
                Amount = 1000,
                Captured = true,
                PaymentId = id,
                OrderId = Webhook.OrderIdOf(id),
                Announce = false,
            }
        );
    }

    private ConnectedLocation LocationOf(long number, int i, RequestMix mix) =>
        mix.IsOfHotGuest(i) ? FirstLocation : _locations[number % _locations.Length];

    // Seven of ten payments use linked cards, each equally often; the others use new cards.
    private byte[] CreateRequest(long first, int i, RequestMix mix)
    {
        i = mix.OriginalOf(i);
        var number = first + i;
        var (location, sale) = (LocationOf(number, i, mix), number / _locations.Length);
        var card =
            mix.IsOfHotGuest(i) ? CardName(HotCard)
            : sale % 10 < 7 ? CardName((sale / 10 * 7 + sale % 10) % _cardsPerVenue)
            : $"new-{number:D12}";
        return Webhook.Request(
            new Uri(location.Url).AbsolutePath,
            Webhook.PaymentBody($"{_runId}-{number:D12}", $"{_runId}-{number:D12}", location.LocationId, card, mix.HasOrders),
            location.Url,
            location.Key
        );
    }

    /// <summary>Gives many past transactions to the guest of the first venue whom <see cref="RequestMix.HasHotGuest"/> means.</summary>
    public async Task AddHotGuestAsync(int transactions)
    {
        var user = await QueryScalarAsync<string>(
            $"""
            select l.user_id from ingestion.card_links l join ingestion.transactions t using (venue_id, card_token)
            where t.venue_id = '{FirstLocation.VenueId}' and t.external_id = '{_runId}-{FirstLocation.VenueId}-first-{HotCard}'
            """
        );
        await ExistingTransactions.InsertAsync(_database, transactions, HotGuestFirstNumber, user);
    }

    /// <summary>Waits until no order is left to be fetched.</summary>
    public async Task WaitForOrdersAsync()
    {
        var began = Stopwatch.GetTimestamp();
        using var pollTimer = new PeriodicTimer(TimeSpan.FromMilliseconds(20)); // polling without a pause would load the database
        while (await QueryScalarAsync<long>("select count(*) from ingestion.order_fetches") is > 0 and var left)
        {
            if (Stopwatch.GetElapsedTime(began) > MaxOrderWait)
                throw new InvalidOperationException($"{left} orders are not fetched after {MaxOrderWait.TotalSeconds:N0} s.");
            await pollTimer.WaitForNextTickAsync();
        }
    }

    public static string CardName(long number) => $"card-{number:D7}";

    /// <summary>The number of changes that rules and analytics have not applied yet, and how long they take to apply them.</summary>
    public async Task<(long Behind, TimeSpan Took)> WaitForReadersAsync()
    {
        const string sql = """
            select coalesce(sum(h.seq - coalesce(a.seq, 0) + h.seq - coalesce(r.seq, 0)), 0)::bigint from ingestion.feed_heads h
            left join analytics.feed_positions a using (venue_id) left join rules.feed_positions r using (venue_id)
            """;
        if (!HasReaders)
            return default;
        var began = Stopwatch.GetTimestamp();
        var behind = await QueryScalarAsync<long>(sql);
        using var pollTimer = new PeriodicTimer(TimeSpan.FromMilliseconds(10)); // polling without a pause would load the database
        for (var left = behind; left > 0; left = await QueryScalarAsync<long>(sql))
            await pollTimer.WaitForNextTickAsync();
        return (behind, Stopwatch.GetElapsedTime(began));
    }

    /// <summary>
    /// Whether every webhook answered 200 is a transaction and, with readers, revenue, spend and unlocks match the transactions.
    /// </summary>
    public async Task<bool> VerifyAsync(long answered, string description = "answered")
    {
        // Transactions inserted beforehand have no connection.
        const string ours = "ingestion.transactions where connection_id <> '00000000-0000-0000-0000-000000000000'";
        var sales = await QueryScalarAsync<long>($"select count(*) from {ours}") - _locations.Length * _cardsPerVenue;
        var sums = !HasReaders
            ? ""
            : await QueryScalarAsync<string>(
                $"""
                select concat_ws(' ',
                  (select sum(count) from analytics.revenue_buckets) = (select count(*) from {ours}),
                  (select sum(total_minor) from analytics.revenue_buckets) = (select sum(total_minor) from {ours}),
                  (select sum(captured_minor) from rules.lifetime_spend) = (select sum(total_minor) from {ours} and user_id is not null),
                  (select count(*) from rules.unlocks)
                    = (select count(*) from rules.spend_rules r join rules.lifetime_spend s using (venue_id)
                       where s.captured_minor >= r.threshold_minor),
                  (select count(*) from rules.feed_dead_letters) + (select count(*) from analytics.feed_dead_letters) = 0)
                """
            );
        var unlocks = await QueryScalarAsync<long>("select count(*) from rules.unlocks");
        if (sums.Contains('f'))
            Console.WriteLine(await QueryScalarAsync<string>(DescribeUnlockDifferences));
        var verified = sales == answered && !sums.Contains('f');
        var comparison = HasReaders
            ? $", {unlocks:N0} unlocks; revenue, spend and unlocks match the transactions: {(sums.Contains('f') ? $"NO ({sums})" : "yes")}"
            : "";
        Console.WriteLine(
            $"   {(HasReaders ? "with" : "without")} readers: {answered:N0} {description}, {sales:N0} transactions{comparison}"
        );
        return verified;
    }

    public async Task<T> QueryScalarAsync<T>(string sql)
    {
        await using var command = _database.CreateCommand(sql);
        command.CommandTimeout = 0;
        return (T)(await command.ExecuteScalarAsync())!;
    }

    public async ValueTask DisposeAsync()
    {
        await _database.DisposeAsync();
        await _host.DisposeAsync();
    }
}
