using System.Diagnostics;
using System.Security.Cryptography;
using Npgsql;
using PosModular.Simulator;
using PosModular.Simulator.Payments;

namespace PosModular.Benchmarks;

/// <summary>A host as a process of its own on a database of its own, with venues whose guests pay with cards that are theirs, and with rules.</summary>
internal sealed class BenchHost : IAsyncDisposable
{
    // Ready for this many a second; more than that are made as they are sent.
    private const int PreparedRequestsPerSecond = 9_000;

    private readonly RunningProgram _host;
    private readonly RunningSimulator _simulator;
    private readonly NpgsqlDataSource _database;
    private readonly int _cardsPerVenue;
    private readonly bool _hasOrders;
    private readonly string _runId = Guid.NewGuid().ToString("N")[..8];
    private ConnectedLocation[] _locations = [];
    private long _nextNumber;

    private BenchHost(RunningProgram host, RunningSimulator simulator, Uri address, string database, BenchSettings settings, bool hasReaders) =>
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

    public async Task<TimeSpan> PostgresProcessorTimeAsync() =>
        PostgresProcessorTime.Read(PostgresProcessorTime.ParentProcessId(await QueryScalarAsync<int>("select pg_backend_pid()")));

    public static async Task<BenchHost> StartAsync(string database, RunningSimulator simulator, BenchSettings settings, bool hasReaders)
    {
        var address = RunningProgram.FreeAddress();
        var program = RunningProgram.Start(
            "dotnet",
            [Path.Combine(Repository.Root, "src/PosModular.Host/bin/Release/net10.0/PosModular.Host.dll")],
            new Dictionary<string, string>
            {
                ["ASPNETCORE_ENVIRONMENT"] = "Production",
                ["ASPNETCORE_URLS"] = address.ToString(),
                ["ConnectionStrings__Pos"] = database,
                ["POS_ENCRYPTION_KEY"] = Convert.ToHexString(RandomNumberGenerator.GetBytes(32)),
                ["Auth__Jwt__SigningKey"] = BenchApi.SigningKey,
                ["Pos__PublicBaseUrl"] = "https://pos.example.test",
                ["Pos__Square__BaseUrls__Sandbox"] = simulator.Address.ToString(),
                ["Pos__Square__CallsPer10Seconds"] = "0",
                ["Pos__Relays"] = hasReaders ? "true" : "false",
            }
        );
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

    private async Task CreateVenuesAsync(int venues)
    {
        using var api = new BenchApi(Address);
        var tills = new List<ConnectedLocation>();
        while (tills.Count < venues)
            tills.Add(await api.CreateVenueAsync(_simulator, $"venue-{tills.Count}"));
        _locations = [.. tills];
        await LinkCardsAsync(api);
    }

    // A card is known by the token of a first sale; then all of them get their guests at once.
    private async Task LinkCardsAsync(BenchApi api)
    {
        await Parallel.ForEachAsync(
            _locations.SelectMany(t => Enumerable.Range(0, _cardsPerVenue).Select(c => (t, c))),
            new ParallelOptions { MaxDegreeOfParallelism = 16 },
            async (of, _) =>
                await api.PostWebhookAsync(
                    of.t,
                    Webhook.PaymentBody($"{_runId}-first-{of.c}", $"{_runId}-{of.t.VenueId}-first-{of.c}", of.t.LocationId, CardName(of.c), hasOrder: false)
                )
        );
        await using var tie = _database.CreateCommand(
            """
            insert into ingestion.card_links (venue_id, card_token, user_id, linked_at)
            select venue_id, card_token, 'guest-' || row_number() over (partition by venue_id order by card_token), now() from ingestion.transactions
            """
        );
        await tie.ExecuteNonQueryAsync();
    }

    /// <summary>Requests for a load of that length. Made and signed beforehand: what the till's provider spends on that is not ours, and shares our processors here.</summary>
    public Func<int, byte[]> PrepareRequests(TimeSpan duration)
    {
        var ready = new byte[(int)(duration.TotalSeconds * PreparedRequestsPerSecond)][];
        var first = _nextNumber;
        _nextNumber += 1_000_000_000;
        Parallel.For(0, ready.Length, i => ready[i] = CreateRequest(first + i));
        return i =>
        {
            if (_hasOrders)
                AddSale(first + i);
            return i < ready.Length ? ready[i] : CreateRequest(first + i);
        };
    }

    // The till knows the order that the host will ask for.
    private void AddSale(long i)
    {
        var id = $"{_runId}-{i:D12}";
        _simulator.Ledger.AddSale(
            new Sale
            {
                LocationId = _locations[i % _locations.Length].LocationId,
                Amount = 1000,
                Captured = true,
                PaymentId = id,
                OrderId = Webhook.OrderIdOf(id),
                Announce = false,
            }
        );
    }

    // Seven of ten pay with a card that is some guest's, each card as often as any other; the others with cards never seen before.
    private byte[] CreateRequest(long i)
    {
        var (till, sale) = (_locations[i % _locations.Length], i / _locations.Length);
        var card = sale % 10 < 7 ? CardName((sale / 10 * 7 + sale % 10) % _cardsPerVenue) : $"new-{i:D12}";
        return Webhook.Request(
            new Uri(till.Url).AbsolutePath,
            Webhook.PaymentBody($"{_runId}-{i:D12}", $"{_runId}-{i:D12}", till.LocationId, card, _hasOrders),
            till.Url,
            till.Key
        );
    }

    public static string CardName(long number) => $"card-{number:D7}";

    /// <summary>How far rules and analytics together are behind, and how long they take to have nothing to do.</summary>
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
        using var breath = new PeriodicTimer(TimeSpan.FromMilliseconds(10)); // asking costs the database, too
        for (var left = behind; left > 0; left = await QueryScalarAsync<long>(sql))
            await breath.WaitForNextTickAsync();
        return (behind, Stopwatch.GetElapsedTime(began));
    }

    /// <summary>Whether every webhook answered 200 is a sale and, with readers, revenue, spend and unlocks are what the sales come to.</summary>
    public async Task<bool> VerifyAsync(long answered, string description = "answered")
    {
        // Sales that were put in beforehand have no connection.
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
                  (select count(*) from rules.unlocks) = (select count(*) from rules.spend_rules r join rules.lifetime_spend s using (venue_id) where s.captured_minor >= r.threshold_minor),
                  (select count(*) from rules.feed_dead_letters) + (select count(*) from analytics.feed_dead_letters) = 0)
                """
            );
        var unlocks = await QueryScalarAsync<long>("select count(*) from rules.unlocks");
        var proved = sales == answered && !sums.Contains('f');
        Console.WriteLine(
            $"   {(HasReaders ? "with" : "without")} readers: {answered:N0} {description}, {sales:N0} sales{(HasReaders ? $", {unlocks:N0} unlocks; revenue, spend and unlocks equal what the sales come to: {(sums.Contains('f') ? $"NO ({sums})" : "yes")}" : "")}"
        );
        return proved;
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
