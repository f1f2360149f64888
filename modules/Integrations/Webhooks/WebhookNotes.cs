using System.Collections.Concurrent;
using Integrations.Connections;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using NodaTime;
using Npgsql;
using NpgsqlTypes;
using PosModular.Kernel.Time;

namespace Integrations.Webhooks;

/// <summary>What came in at each connection's address: when the last genuine event, how many refused ones, and what the last of those looked like.
/// Counted in memory and written down about once a second for all at once, never one write per (perhaps forged) request.</summary>
internal sealed partial class WebhookNotes(NpgsqlDataSource database, IClock clock, TimeProvider time, ILogger<WebhookNotes> log)
    : BackgroundService
{
    private const string Sql = """
        update integrations.pos_connections c set refused_signatures = c.refused_signatures + n.refused, last_refusal = coalesce(n.refusal, c.last_refusal),
          last_event_at = greatest(c.last_event_at, n.last_event)
        from unnest($1::uuid[], $2::bigint[], $3::text[], $4::timestamptz[]) n(id, refused, refusal, last_event) where c.id = n.id
        """;

    private static readonly TimeSpan Breath = TimeSpan.FromSeconds(1);
    private readonly ConcurrentDictionary<Guid, Note> _notes = new();

    public void Heard(Guid connectionId) => Of(connectionId).Heard(clock.Now());

    /// <param name="connectionId">Whose address it came to.</param>
    /// <param name="looks">What it looked like; null when that was not looked into, because one just before was.</param>
    public void Refused(Guid connectionId, string? looks) => Of(connectionId).Refused(looks);

    /// <summary>What this host has not written down yet is told too.</summary>
    public TillConnection AddTo(TillConnection connection)
    {
        if (_notes.TryGetValue(connection.Id, out var note))
            note.AddTo(connection);
        return connection;
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            await time.DelayAsync(Breath, stoppingToken);
            try
            {
                // At the end once more, with what came while we were told to stop.
                await WriteAsync(CancellationToken.None);
            }
            catch (Exception e)
            {
                Unwritten(log, e.Message);
            }
        }
    }

    private async Task WriteAsync(CancellationToken cancellationToken)
    {
        var taken = _notes
            .Select(n => (n.Key, Note: n.Value, Taken: n.Value.Peek()))
            .Where(n => n.Taken is not null)
            .Select(n => (n.Key, n.Note, Taken: n.Taken!))
            .ToArray();
        if (taken.Length == 0)
            return;
        await using var command = database.CreateCommand(Sql);
        command.Parameters.Add(new() { Value = taken.Select(t => t.Key).ToArray() });
        command.Parameters.Add(new() { Value = taken.Select(t => t.Taken.Count).ToArray() });
        command.Parameters.Add(
            new() { Value = taken.Select(t => t.Taken.Refusal).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text }
        );
        command.Parameters.Add(
            new() { Value = taken.Select(t => t.Taken.LastEvent).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.TimestampTz }
        );
        await command.ExecuteNonQueryAsync(cancellationToken);
        foreach (var (_, note, written) in taken)
            note.Written(written);
    }

    private Note Of(Guid connectionId) => _notes.GetOrAdd(connectionId, static _ => new Note());

    [LoggerMessage(LogLevel.Information, "What came in at the webhook addresses could not be noted yet: {Reason}")]
    private static partial void Unwritten(ILogger log, string reason);

    private sealed record Pending(long Count, string? Refusal, Instant? LastEvent);

    private sealed class Note
    {
        private readonly Lock _gate = new();
        private Pending _pending = new(0, null, null);

        public void Heard(Instant at)
        {
            lock (_gate)
                _pending = _pending with { LastEvent = at };
        }

        public void Refused(string? looks)
        {
            lock (_gate)
                _pending = _pending with { Count = _pending.Count + 1, Refusal = looks ?? _pending.Refusal };
        }

        public Pending? Peek()
        {
            lock (_gate)
                return _pending is { Count: 0, LastEvent: null } ? null : _pending;
        }

        public void Written(Pending written)
        {
            lock (_gate)
                _pending = new Pending(
                    _pending.Count - written.Count,
                    _pending.Refusal == written.Refusal ? null : _pending.Refusal,
                    _pending.LastEvent == written.LastEvent ? null : _pending.LastEvent
                );
        }

        public void AddTo(TillConnection connection)
        {
            lock (_gate)
            {
                connection.RefusedSignatures += _pending.Count;
                connection.LastRefusal = _pending.Refusal ?? connection.LastRefusal;
                connection.LastEventAt = _pending.LastEvent ?? connection.LastEventAt;
            }
        }
    }
}
