using System.Text;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace PosModular.Kernel.Feed;

/// <summary>Carries the bell between hosts over PostgreSQL's LISTEN and NOTIFY.</summary>
/// <remarks>A NOTIFY payload must be under 8,000 bytes (PostgreSQL docs, NOTIFY), so venue ids are packed into as many as it takes, or
/// into one that says "all of them" when there are too many.</remarks>
internal sealed partial class BellTower(NpgsqlDataSource database, FeedBell bell, TimeProvider time, ILogger<BellTower> log) : BackgroundService
{
    private const string Channel = "pos_feed";
    private const int LargestPayload = 7_900;
    private const int MostPayloads = 4;

    // Commits come by the hundred in a second; the other hosts need not hear of each by itself.
    private static readonly TimeSpan Breath = TimeSpan.FromMilliseconds(10);
    private readonly string _host = Guid.NewGuid().ToString("N");

    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        Task.WhenAll(Keep(ListenAsync, stoppingToken), Keep(SendAsync, stoppingToken));

    private async Task Keep(Func<CancellationToken, Task> work, CancellationToken ct)
    {
        while (!ct.IsCancellationRequested)
        {
            try
            {
                await work(ct);
            }
            catch (OperationCanceledException) when (ct.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                Lost(log, e.Message);
                await time.WaitAsync(TimeSpan.FromSeconds(1), ct);
            }
        }
    }

    private async Task ListenAsync(CancellationToken ct)
    {
        await using var connection = await database.OpenConnectionAsync(ct);
        connection.Notification += (_, notification) => Heard(notification.Payload);
        await using (var listen = new NpgsqlCommand("listen " + Channel, connection))
            await listen.ExecuteNonQueryAsync(ct);
        bell.RingAll(); // whatever was rung while nobody listened
        while (true)
            await connection.WaitAsync(ct);
    }

    private void Heard(string payload)
    {
        var parts = payload.Split('|', 3);
        if (parts.Length == 3 && parts[0] != _host)
            bell.RingHere(parts[1], parts[2] == "*" ? null : parts[2].Split(','));
    }

    private async Task SendAsync(CancellationToken ct)
    {
        var pending = new Dictionary<string, HashSet<string>>();
        await foreach (var (source, venue) in bell.Outgoing.Reader.ReadAllAsync(ct))
        {
            pending.Clear();
            Add(source, venue);
            await time.WaitAsync(Breath, ct);
            while (bell.Outgoing.Reader.TryRead(out var more))
                Add(more.Source, more.VenueId);
            await using var command = database.CreateCommand("select pg_notify('" + Channel + "', p) from unnest($1) p");
            command.Parameters.Add(new() { Value = pending.SelectMany(p => Payloads(_host, p.Key, p.Value)).ToArray() });
            await command.ExecuteNonQueryAsync(ct);
        }

        void Add(string source, string venue)
        {
            if (!pending.TryGetValue(source, out var venues))
                pending[source] = venues = [];
            venues.Add(venue);
        }
    }

    internal static IReadOnlyList<string> Payloads(string host, string source, IReadOnlyCollection<string> venues)
    {
        var payloads = new List<string>();
        var payload = new StringBuilder();
        var start = $"{host}|{source}|";
        foreach (var venue in venues)
        {
            if (payload.Length > 0 && Encoding.UTF8.GetByteCount(start) + payload.Length + 1 + venue.Length > LargestPayload)
            {
                payloads.Add(start + payload);
                payload.Clear();
            }
            payload.Append(payload.Length == 0 ? "" : ",").Append(venue);
        }
        payloads.Add(start + payload);
        return payloads.Count <= MostPayloads ? payloads : [start + "*"];
    }

    [LoggerMessage(LogLevel.Warning, "The bell between hosts is silent for a moment: {Reason}")]
    private static partial void Lost(ILogger log, string reason);
}
