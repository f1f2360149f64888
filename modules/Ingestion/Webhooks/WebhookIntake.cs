using System.Threading.Channels;
using Ingestion.Ledger;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;
using PosModular.Kernel.Data;
using PosModular.Kernel.Time;

namespace Ingestion.Webhooks;

/// <summary>Group commit: everything that has arrived goes into one transaction, and its senders are answered after the commit. Nothing is
/// acknowledged before it is durable.</summary>
internal sealed partial class WebhookIntake(Func<BatchWriter> writers, TimeProvider time, ILogger<WebhookIntake> log) : BackgroundService
{
    private const int MostEvents = 512;
    private const int MostWaiting = 20_000;
    private const long MostBytes = 64 * 1024 * 1024;
    private static readonly TimeSpan Oldest = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Breath = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan StuckFor = TimeSpan.FromSeconds(2);

    private readonly Channel<Waiting> _waiting = Channel.CreateBounded<Waiting>(
        new BoundedChannelOptions(MostWaiting) { SingleReader = true }
    );
    private readonly Dictionary<string, long> _stuck = [];
    private long _bytes;

    /// <summary>True when it is stored; false when it could not be in time, and the sender must send it again.</summary>
    /// <param name="intake">With its raw event.</param>
    /// <param name="patience">How long its sender waits for the answer; null for one that waits longer than we try.</param>
    public Task<bool> TakeInAsync(Intake intake, TimeSpan? patience = null)
    {
        var size = intake.Event!.Payload.Length;
        var waiting = new Waiting(intake, time.GetTimestamp(), patience ?? Oldest);
        if (Interlocked.Add(ref _bytes, size) <= MostBytes && _waiting.Writer.TryWrite(waiting))
            return patience is { } longest ? InTimeAsync(waiting, longest) : waiting.Stored;
        Interlocked.Add(ref _bytes, -size);
        return Task.FromResult(false);
    }

    // It may still be stored afterwards; when it comes again it is a duplicate.
    private async Task<bool> InTimeAsync(Waiting waiting, TimeSpan longest)
    {
        try
        {
            return await waiting.Stored.WaitAsync(longest, time);
        }
        catch (TimeoutException)
        {
            return false;
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await using var writer = writers();
        var batch = new List<Waiting>(MostEvents);
        try
        {
            while (await _waiting.Reader.WaitToReadAsync(stoppingToken))
            {
                batch.Clear();
                while (batch.Count < MostEvents && _waiting.Reader.TryRead(out var next))
                    batch.Add(next);
                await SettleAsync(writer, batch, stoppingToken);
                Interlocked.Add(ref _bytes, -batch.Sum(w => (long)w.Intake.Event!.Payload.Length));
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

    /// <summary>Stores the batch; answers everybody in it.</summary>
    private async Task SettleAsync(BatchWriter writer, IReadOnlyList<Waiting> batch, CancellationToken cancellationToken)
    {
        var suspects = new List<(Waiting Waiting, string Reason)>();
        var stored = await StoreAsync(writer, TurnAwayStuck(batch), suspects, cancellationToken);
        // What breaks a rule of the table is at fault itself only if others got through; else the table has changed under us, and it must come again.
        foreach (var (suspect, reason) in suspects)
        {
            if (stored)
                await KeepAsync(writer, suspect, reason, cancellationToken);
            else
                suspect.Answer(false);
        }
    }

    /// <summary>Tries, halves, tries again; says whether anything was stored.</summary>
    private async Task<bool> StoreAsync(
        BatchWriter writer,
        IReadOnlyList<Waiting> batch,
        List<(Waiting Waiting, string Reason)> suspects,
        CancellationToken cancellationToken
    )
    {
        var stored = false;
        while (batch.Count > 0)
        {
            try
            {
                await writer.WriteAsync([.. batch.Select(w => w.Intake)], cancellationToken);
                foreach (var waiting in batch)
                    waiting.Answer(true);
                return true;
            }
            catch (Exception e) when (e.IsDataError() || e.IsIntegrityViolation())
            {
                if (batch.Count == 1)
                {
                    if (e.IsIntegrityViolation())
                        suspects.Add((batch[0], Reason(e)));
                    else
                        await KeepAsync(writer, batch[0], Reason(e), cancellationToken);
                    return stored;
                }
                stored |= await StoreAsync(writer, [.. batch.Take(batch.Count / 2)], suspects, cancellationToken);
                batch = [.. batch.Skip(batch.Count / 2)];
            }
            catch (Exception e) when (e.IsLockTimeout())
            {
                // One venue's feed is held by somebody: the others must not wait for it.
                foreach (var venue in batch.GroupBy(w => w.Intake.VenueId).ToArray() is { Length: > 1 } venues ? venues : [])
                    stored |= await StoreAsync(writer, [.. venue], suspects, cancellationToken);
                if (batch.Select(w => w.Intake.VenueId).Distinct().Count() == 1)
                {
                    Stumbled(log, e.Message);
                    _stuck[batch[0].Intake.VenueId] = time.GetTimestamp();
                    foreach (var waiting in batch)
                        waiting.Answer(false);
                }
                return stored;
            }
            catch (Exception e) when (e is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
            {
                // Whatever else it is, it is not the events' fault: they are tried until they are too old, and come again.
                Stumbled(log, e.Message);
                if (!e.IsContention())
                    await time.DelayAsync(Breath, cancellationToken);
                batch = DropOld(batch);
            }
        }
        return stored;
    }

    /// <summary>Keeps an event that cannot be used: FAILED, with its bytes.</summary>
    private async Task KeepAsync(BatchWriter writer, Waiting waiting, string reason, CancellationToken cancellationToken)
    {
        Poisonous(log, waiting.Intake.Event!.Id, reason);
        try
        {
            await writer.WriteAsync([Intake.Bare(Poison.Keep(waiting.Intake.Event!, reason))], cancellationToken);
            waiting.Answer(true);
        }
        catch (Exception e) when (e is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
        {
            // Not even the bare bytes: the sender keeps it, and tries again.
            Refused(log, waiting.Intake.Event!.Id, Reason(e));
            waiting.Answer(false);
        }
    }

    // A venue whose lock was not to be had a moment ago is not waited for again by everybody.
    private List<Waiting> TurnAwayStuck(IReadOnlyList<Waiting> batch)
    {
        if (_stuck.Count == 0)
            return [.. batch];
        foreach (var (venue, at) in _stuck.ToArray())
            if (time.GetElapsedTime(at) > StuckFor)
                _stuck.Remove(venue);
        foreach (var waiting in batch.Where(w => _stuck.ContainsKey(w.Intake.VenueId)))
            waiting.Answer(false);
        return [.. batch.Where(w => !_stuck.ContainsKey(w.Intake.VenueId))];
    }

    private List<Waiting> DropOld(IReadOnlyList<Waiting> batch)
    {
        var young = new List<Waiting>(batch.Count);
        foreach (var waiting in batch)
        {
            if (time.GetElapsedTime(waiting.Since) < waiting.Patience)
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

    private sealed class Waiting(Intake intake, long since, TimeSpan patience)
    {
        private readonly TaskCompletionSource<bool> _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Intake Intake => intake;
        public long Since => since;
        public TimeSpan Patience => patience;
        public Task<bool> Stored => _answer.Task;

        public void Answer(bool stored) => _answer.TrySetResult(stored);
    }
}
