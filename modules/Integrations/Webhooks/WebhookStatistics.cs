using System.Collections.Concurrent;
using Integrations.Connections;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using NodaTime;
using Npgsql;
using NpgsqlTypes;
using PosModular.Kernel.Data;
using PosModular.Kernel.Time;

namespace Integrations.Webhooks;

/// <summary>Counts what arrives at each connection's webhook URL: the time of the last genuine event, the number of rejected requests and
/// a description of the last one. The counts are collected in memory and written about once a second in one statement, because a write
/// per request would let forged requests load the database.</summary>
internal sealed partial class WebhookStatistics(NpgsqlDataSource database, IClock clock, TimeProvider time, ILogger<WebhookStatistics> log)
    : BackgroundService
{
    private const string UpdateSql = """
        update integrations.pos_connections c set refused_signatures = c.refused_signatures + n.refused,
          last_refusal = coalesce(n.refusal, c.last_refusal),
          last_event_at = greatest(c.last_event_at, n.last_event)
        from unnest($1::uuid[], $2::bigint[], $3::text[], $4::timestamptz[]) n(id, refused, refusal, last_event) where c.id = n.id
        """;

    private static readonly TimeSpan FlushInterval = TimeSpan.FromSeconds(1);
    private readonly ConcurrentDictionary<Guid, ConnectionCounter> _counters = new();

    public void RecordAccepted(Guid connectionId) => CounterOf(connectionId).RecordAccepted(clock.Now());

    /// <param name="connectionId">The connection whose URL received the request.</param>
    /// <param name="description">A description of the request; null when it was not examined because another one was examined shortly
    /// before.</param>
    public void RecordRejected(Guid connectionId, string? description) => CounterOf(connectionId).RecordRejected(description);

    /// <summary>Adds the counts that this host has not written yet.</summary>
    public PosConnectionRow AddPendingTo(PosConnectionRow connection)
    {
        if (_counters.TryGetValue(connection.Id, out var counter))
            counter.AddPendingTo(connection);
        return connection;
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            await time.DelayAsync(FlushInterval, stoppingToken);
            try
            {
                // Not cancellable, so that the counts collected until shutdown are written too.
                await FlushAsync(CancellationToken.None);
            }
            catch (Exception e)
            {
                LogFlushFailed(log, e.Message);
            }
        }
    }

    private async Task FlushAsync(CancellationToken cancellationToken)
    {
        var pending = _counters
            .Select(n => (n.Key, Note: n.Value, Taken: n.Value.GetPending()))
            .Where(n => n.Taken is not null)
            .Select(n => (n.Key, n.Note, Taken: n.Taken!))
            .ToArray();
        if (pending.Length == 0)
            return;
        await using var command = database
            .CreateCommand(UpdateSql)
            .AddValues(
                pending.Select(t => t.Key).ToArray(),
                pending.Select(t => t.Taken.RefusedCount).ToArray(),
                SqlParameters.NullableArray(NpgsqlDbType.Text, pending.Select(t => t.Taken.LastRefusal).ToArray()),
                SqlParameters.NullableArray(NpgsqlDbType.TimestampTz, pending.Select(t => t.Taken.LastEventAt).ToArray())
            );
        await command.ExecuteNonQueryAsync(cancellationToken);
        foreach (var (_, counter, written) in pending)
            counter.MarkWritten(written);
    }

    private ConnectionCounter CounterOf(Guid connectionId) => _counters.GetOrAdd(connectionId, static _ => new ConnectionCounter());

    [LoggerMessage(LogLevel.Information, "Webhook statistics could not be written and are kept for the next attempt: {Reason}")]
    private static partial void LogFlushFailed(ILogger log, string reason);

    private sealed record PendingCounts(long RefusedCount, string? LastRefusal, Instant? LastEventAt);

    private sealed class ConnectionCounter
    {
        private readonly Lock _lock = new();
        private PendingCounts _pending = new(0, null, null);

        public void RecordAccepted(Instant at)
        {
            lock (_lock)
                _pending = _pending with { LastEventAt = at };
        }

        public void RecordRejected(string? description)
        {
            lock (_lock)
                _pending = _pending with { RefusedCount = _pending.RefusedCount + 1, LastRefusal = description ?? _pending.LastRefusal };
        }

        public PendingCounts? GetPending()
        {
            lock (_lock)
                return _pending is { RefusedCount: 0, LastEventAt: null } ? null : _pending;
        }

        public void MarkWritten(PendingCounts written)
        {
            lock (_lock)
                _pending = new PendingCounts(
                    _pending.RefusedCount - written.RefusedCount,
                    _pending.LastRefusal == written.LastRefusal ? null : _pending.LastRefusal,
                    _pending.LastEventAt == written.LastEventAt ? null : _pending.LastEventAt
                );
        }

        public void AddPendingTo(PosConnectionRow connection)
        {
            lock (_lock)
            {
                connection.RefusedSignatures += _pending.RefusedCount;
                connection.LastRefusal = _pending.LastRefusal ?? connection.LastRefusal;
                connection.LastEventAt = _pending.LastEventAt ?? connection.LastEventAt;
            }
        }
    }
}
