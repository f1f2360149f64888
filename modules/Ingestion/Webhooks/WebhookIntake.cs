using System.Threading.Channels;
using Ingestion.Ledger;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using NodaTime;
using Npgsql;
using PosModular.Kernel;
using PosModular.Kernel.Data;
using PosModular.Kernel.Feed;

namespace Ingestion.Webhooks;

/// <summary>Group commit: everything that has arrived goes into one transaction, and its senders are answered after the commit. Nothing is
/// acknowledged before it is durable.</summary>
internal sealed partial class WebhookIntake(
    NpgsqlDataSource database, FeedBell bell, IClock clock, PlanRefresh plans, TimeProvider time, ILogger<WebhookIntake> log) : BackgroundService
{
    private const int MostEvents = 512;
    private const int MostWaiting = 20_000;
    private const long MostBytes = 64 * 1024 * 1024;
    private static readonly TimeSpan Oldest = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Breath = TimeSpan.FromMilliseconds(200);

    private readonly Channel<Waiting> _waiting = Channel.CreateBounded<Waiting>(new BoundedChannelOptions(MostWaiting) { SingleReader = true });
    private long _bytes;

    /// <summary>True when it is stored; false when it could not be within five seconds, and the sender must send it again.</summary>
    public Task<bool> TakeInAsync(Intake intake)
    {
        var size = intake.Event.Payload.Length;
        var waiting = new Waiting(intake, time.GetTimestamp());
        if (Interlocked.Add(ref _bytes, size) <= MostBytes && _waiting.Writer.TryWrite(waiting))
            return waiting.Stored;
        Interlocked.Add(ref _bytes, -size);
        return Task.FromResult(false);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await using var writer = new BatchWriter(database, bell, clock, plans);
        var batch = new List<Waiting>(MostEvents);
        try
        {
            while (await _waiting.Reader.WaitToReadAsync(stoppingToken))
            {
                batch.Clear();
                while (batch.Count < MostEvents && _waiting.Reader.TryRead(out var next))
                    batch.Add(next);
                await SettleAsync(writer, batch, stoppingToken);
                Interlocked.Add(ref _bytes, -batch.Sum(w => (long)w.Intake.Event.Payload.Length));
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // What waits gets a 503 and comes again.
            _waiting.Writer.TryComplete();
            foreach (var left in batch)
                left.Answer(false);
            while (_waiting.Reader.TryRead(out var left))
                left.Answer(false);
        }
    }

    /// <summary>Stores the batch or finds the culprit by halving; answers everybody.</summary>
    private async Task SettleAsync(BatchWriter writer, IReadOnlyList<Waiting> batch, CancellationToken ct)
    {
        while (batch.Count > 0)
        {
            try
            {
                await writer.WriteAsync([.. batch.Select(w => w.Intake)], ct);
                foreach (var waiting in batch)
                    waiting.Answer(true);
                return;
            }
            catch (Exception e) when (e.IsTransient())
            {
                Stumbled(log, e.Message);
                if (!e.IsContention())
                    await time.WaitAsync(Breath, ct);
                batch = DropOld(batch);
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                if (batch.Count > 1)
                {
                    await SettleAsync(writer, [.. batch.Take(batch.Count / 2)], ct);
                    batch = [.. batch.Skip(batch.Count / 2)];
                }
                else if (batch[0].Intake is { Event.Status: not WebhookEventStatus.Failed } or { Sighting: not null })
                {
                    Poisonous(log, batch[0].Intake.Event.Id, Reason(e));
                    batch = [batch[0].Kept(Poison.Keep(batch[0].Intake.Event, Reason(e)))];
                }
                else
                {
                    // Not even the bare bytes can be kept: the sender keeps them, and tries again.
                    Refused(log, batch[0].Intake.Event.Id, Reason(e));
                    batch[0].Answer(false);
                    return;
                }
            }
        }
    }

    private List<Waiting> DropOld(IReadOnlyList<Waiting> batch)
    {
        var young = new List<Waiting>(batch.Count);
        foreach (var waiting in batch)
        {
            if (time.GetElapsedTime(waiting.Since) < Oldest)
                young.Add(waiting);
            else
                waiting.Answer(false);
        }
        return young;
    }

    // The error's own words, never the row's data.
    private static string Reason(Exception e) => e is PostgresException p ? $"{p.SqlState}: {p.MessageText}" : e.GetType().Name;

    [LoggerMessage(LogLevel.Warning, "A batch of webhooks could not be stored yet and is tried again: {Reason}")]
    private static partial void Stumbled(ILogger log, string reason);

    [LoggerMessage(LogLevel.Error, "Webhook event {Event} cannot be used and is kept as FAILED: {Reason}")]
    private static partial void Poisonous(ILogger log, Guid @event, string reason);

    [LoggerMessage(LogLevel.Error, "Webhook event {Event} cannot even be kept; its sender is asked to send it again: {Reason}")]
    private static partial void Refused(ILogger log, Guid @event, string reason);

    private sealed class Waiting(Intake intake, long since, TaskCompletionSource<bool>? answer = null)
    {
        private readonly TaskCompletionSource<bool> _answer = answer ?? new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Intake Intake => intake;
        public long Since => since;
        public Task<bool> Stored => _answer.Task;

        public void Answer(bool stored) => _answer.TrySetResult(stored);

        public Waiting Kept(WebhookEventRow bare) => new(new Intake(bare, null), since, _answer);
    }
}
