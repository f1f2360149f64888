using System.Data;
using System.Text;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;
using PosModular.Kernel.Data;
using PosModular.Kernel.Time;

namespace PosModular.Kernel.Feed;

/// <summary>Carries feed signals between hosts over PostgreSQL's LISTEN and NOTIFY.</summary>
/// <remarks>A NOTIFY payload must be shorter than 8,000 bytes (PostgreSQL docs, NOTIFY), so the venue ids are split over several
/// payloads, or replaced by "*" (all venues) when that would take too many.</remarks>
internal sealed partial class FeedListener(NpgsqlDataSource database, FeedSignal signal, TimeProvider time, ILogger<FeedListener> log)
    : BackgroundService
{
    private const string Channel = "pos_feed";
    private const int MaxPayloadBytes = 7_900;
    private const int MaxPayloads = 4;

    // There may be hundreds of commits a second; other hosts need one notification for many of them.
    private static readonly TimeSpan NotifyDebounce = TimeSpan.FromMilliseconds(10);
    private readonly string _hostId = Guid.NewGuid().ToString("N");

    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        Task.WhenAll(KeepRunningAsync(ListenAsync, stoppingToken), KeepRunningAsync(SendAsync, stoppingToken));

    private async Task KeepRunningAsync(Func<CancellationToken, Task> work, CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                await work(cancellationToken);
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                LogConnectionLost(log, e.Message);
                await time.DelayAsync(TimeSpan.FromSeconds(1), cancellationToken);
            }
        }
    }

    private async Task ListenAsync(CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        connection.Notification += (_, notification) => OnNotification(notification.Payload);
        await using (var listen = new NpgsqlCommand("listen " + Channel, connection))
            await listen.ExecuteNonQueryAsync(cancellationToken);
        signal.WakeAll(); // Signals may have been missed while there was no connection.
        try
        {
            while (true)
                await connection.WaitAsync(cancellationToken);
        }
        finally
        {
            // The connection must not go on listening in the pool. One that is lost is not taken back.
            if (connection.State == ConnectionState.Open)
            {
                await using var unlisten = new NpgsqlCommand("unlisten " + Channel, connection);
                await unlisten.ExecuteNonQueryAsync(CancellationToken.None);
            }
        }
    }

    private void OnNotification(string payload)
    {
        var parts = payload.Split('|', 3);
        if (parts.Length == 3 && parts[0] != _hostId)
            signal.RaiseLocally(parts[1], parts[2] == "*" ? null : parts[2].Split(','));
    }

    private async Task SendAsync(CancellationToken cancellationToken)
    {
        var pending = new Dictionary<string, HashSet<string>>();
        await foreach (var (source, venueId) in signal.Outgoing.Reader.ReadAllAsync(cancellationToken))
        {
            pending.Clear();
            Add(source, venueId);
            await time.DelayAsync(NotifyDebounce, cancellationToken);
            while (signal.Outgoing.Reader.TryRead(out var more))
                Add(more.Source, more.VenueId);
            await using var command = database
                .CreateCommand("select pg_notify('" + Channel + "', p) from unnest($1) p")
                .AddValues([pending.SelectMany(p => BuildPayloads(_hostId, p.Key, p.Value)).ToArray()]);
            await command.ExecuteNonQueryAsync(cancellationToken);
        }

        void Add(string source, string venueId)
        {
            if (!pending.TryGetValue(source, out var venueIds))
                pending[source] = venueIds = [];
            venueIds.Add(venueId);
        }
    }

    internal static IReadOnlyList<string> BuildPayloads(string hostId, string source, IReadOnlyCollection<string> venueIds)
    {
        var payloads = new List<string>();
        var payload = new StringBuilder();
        var prefix = $"{hostId}|{source}|";
        foreach (var venueId in venueIds)
        {
            if (payload.Length > 0 && Encoding.UTF8.GetByteCount(prefix) + payload.Length + 1 + venueId.Length > MaxPayloadBytes)
            {
                payloads.Add(prefix + payload);
                payload.Clear();
            }
            payload.Append(payload.Length == 0 ? "" : ",").Append(venueId);
        }
        payloads.Add(prefix + payload);
        return payloads.Count <= MaxPayloads ? payloads : [prefix + "*"];
    }

    [LoggerMessage(
        LogLevel.Warning,
        "The connection that carries feed signals between hosts is lost and opened again " + "in a second; until then hosts poll: {Reason}"
    )]
    private static partial void LogConnectionLost(ILogger log, string reason);
}
