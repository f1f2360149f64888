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
internal sealed partial class WebhookWriteQueue(Func<BatchWriter> writers, TimeProvider time, ILogger<WebhookWriteQueue> log)
    : BackgroundService
{
    private const int MaxEventsPerCommit = 512;
    private const int MaxQueuedEvents = 20_000;
    private const long MaxQueuedBytes = 64 * 1024 * 1024;
    private static readonly TimeSpan MaxWait = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan RetryDelay = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan LockedVenuePause = TimeSpan.FromSeconds(2);

    private readonly Channel<PendingEvent> _queue = Channel.CreateBounded<PendingEvent>(
        new BoundedChannelOptions(MaxQueuedEvents) { SingleReader = true }
    );
    private readonly Dictionary<string, long> _lockedVenues = [];
    private long _queuedBytes;

    /// <summary>True when it is stored; false when it could not be in time, and the sender must send it again.</summary>
    /// <param name="item">With its raw event.</param>
    /// <param name="timeout">How long its sender waits for the answer; null for one that waits longer than we try.</param>
    public Task<bool> EnqueueAsync(BatchItem item, TimeSpan? timeout = null)
    {
        var size = item.Event!.Payload.Length;
        var pending = new PendingEvent(item, time.GetTimestamp(), timeout ?? MaxWait);
        if (Interlocked.Add(ref _queuedBytes, size) <= MaxQueuedBytes && _queue.Writer.TryWrite(pending))
            return timeout is { } longest ? WaitWithTimeoutAsync(pending, longest) : pending.Completion;
        Interlocked.Add(ref _queuedBytes, -size);
        return Task.FromResult(false);
    }

    // It may still be stored afterwards; when it comes again it is a duplicate.
    private async Task<bool> WaitWithTimeoutAsync(PendingEvent pending, TimeSpan timeout)
    {
        try
        {
            return await pending.Completion.WaitAsync(timeout, time);
        }
        catch (TimeoutException)
        {
            return false;
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await using var writer = writers();
        var batch = new List<PendingEvent>(MaxEventsPerCommit);
        try
        {
            while (await _queue.Reader.WaitToReadAsync(stoppingToken))
            {
                batch.Clear();
                while (batch.Count < MaxEventsPerCommit && _queue.Reader.TryRead(out var next))
                    batch.Add(next);
                await WriteBatchAsync(writer, batch, stoppingToken);
                Interlocked.Add(ref _queuedBytes, -batch.Sum(w => (long)w.Item.Event!.Payload.Length));
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // What waits gets a 503 and comes again.
            _queue.Writer.TryComplete();
            foreach (var left in batch)
                left.Complete(false);
            while (_queue.Reader.TryRead(out var left))
                left.Complete(false);
        }
    }

    /// <summary>Stores the batch; answers everybody in it.</summary>
    private async Task WriteBatchAsync(BatchWriter writer, IReadOnlyList<PendingEvent> batch, CancellationToken cancellationToken)
    {
        var suspects = new List<(PendingEvent Waiting, string Reason)>();
        var stored = await TryStoreAsync(writer, RejectLockedVenues(batch), suspects, cancellationToken);
        // What breaks a rule of the table is at fault itself only if others got through; else the table has changed under us, and it must come again.
        foreach (var (suspect, reason) in suspects)
        {
            if (stored)
                await StoreAsFailedAsync(writer, suspect, reason, cancellationToken);
            else
                suspect.Complete(false);
        }
    }

    /// <summary>Tries, halves, tries again; says whether anything was stored.</summary>
    private async Task<bool> TryStoreAsync(
        BatchWriter writer,
        IReadOnlyList<PendingEvent> batch,
        List<(PendingEvent Waiting, string Reason)> suspects,
        CancellationToken cancellationToken
    )
    {
        var stored = false;
        while (batch.Count > 0)
        {
            try
            {
                await writer.WriteAsync([.. batch.Select(w => w.Item)], cancellationToken);
                foreach (var waiting in batch)
                    waiting.Complete(true);
                return true;
            }
            catch (Exception e) when (e.IsDataError() || e.IsIntegrityViolation())
            {
                if (batch.Count == 1)
                {
                    if (e.IsIntegrityViolation())
                        suspects.Add((batch[0], DescribeError(e)));
                    else
                        await StoreAsFailedAsync(writer, batch[0], DescribeError(e), cancellationToken);
                    return stored;
                }
                stored |= await TryStoreAsync(writer, [.. batch.Take(batch.Count / 2)], suspects, cancellationToken);
                batch = [.. batch.Skip(batch.Count / 2)];
            }
            catch (Exception e) when (e.IsLockTimeout())
            {
                // One venue's feed is held by somebody: the others must not wait for it.
                foreach (var venue in batch.GroupBy(w => w.Item.VenueId).ToArray() is { Length: > 1 } venues ? venues : [])
                    stored |= await TryStoreAsync(writer, [.. venue], suspects, cancellationToken);
                if (batch.Select(w => w.Item.VenueId).Distinct().Count() == 1)
                {
                    LogRetry(log, e.Message);
                    _lockedVenues[batch[0].Item.VenueId] = time.GetTimestamp();
                    foreach (var waiting in batch)
                        waiting.Complete(false);
                }
                return stored;
            }
            catch (Exception e) when (e is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
            {
                // Whatever else it is, it is not the events' fault: they are tried until they are too old, and come again.
                LogRetry(log, e.Message);
                if (!e.IsContention())
                    await time.DelayAsync(RetryDelay, cancellationToken);
                batch = RejectExpired(batch);
            }
        }
        return stored;
    }

    /// <summary>Keeps an event that cannot be used: FAILED, with its bytes.</summary>
    private async Task StoreAsFailedAsync(BatchWriter writer, PendingEvent pending, string reason, CancellationToken cancellationToken)
    {
        LogStoredAsFailed(log, pending.Item.Event!.Id, reason);
        try
        {
            await writer.WriteAsync([BatchItem.EventOnly(UnusableEvent.ToFailedRow(pending.Item.Event!, reason))], cancellationToken);
            pending.Complete(true);
        }
        catch (Exception e) when (e is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
        {
            // Not even the bare bytes: the sender keeps it, and tries again.
            LogNotStored(log, pending.Item.Event!.Id, DescribeError(e));
            pending.Complete(false);
        }
    }

    // A venue whose lock was not to be had a moment ago is not waited for again by everybody.
    private List<PendingEvent> RejectLockedVenues(IReadOnlyList<PendingEvent> batch)
    {
        if (_lockedVenues.Count == 0)
            return [.. batch];
        foreach (var (venue, at) in _lockedVenues.ToArray())
            if (time.GetElapsedTime(at) > LockedVenuePause)
                _lockedVenues.Remove(venue);
        foreach (var waiting in batch.Where(w => _lockedVenues.ContainsKey(w.Item.VenueId)))
            waiting.Complete(false);
        return [.. batch.Where(w => !_lockedVenues.ContainsKey(w.Item.VenueId))];
    }

    private List<PendingEvent> RejectExpired(IReadOnlyList<PendingEvent> batch)
    {
        var young = new List<PendingEvent>(batch.Count);
        foreach (var waiting in batch)
        {
            if (time.GetElapsedTime(waiting.EnqueuedAt) < waiting.Timeout)
                young.Add(waiting);
            else
                waiting.Complete(false);
        }
        return young;
    }

    // The error's own words, never the row's data.
    private static string DescribeError(Exception e) => e is PostgresException p ? $"{p.SqlState}: {p.MessageText}" : e.GetType().Name;

    [LoggerMessage(LogLevel.Warning, "A batch of webhooks could not be stored yet and is tried again: {Reason}")]
    private static partial void LogRetry(ILogger log, string reason);

    [LoggerMessage(LogLevel.Error, "Webhook event {Event} cannot be used and is kept as FAILED: {Reason}")]
    private static partial void LogStoredAsFailed(ILogger log, Guid @event, string reason);

    [LoggerMessage(LogLevel.Error, "Webhook event {Event} cannot even be kept; its sender is asked to send it again: {Reason}")]
    private static partial void LogNotStored(ILogger log, Guid @event, string reason);

    private sealed class PendingEvent(BatchItem item, long enqueuedAt, TimeSpan timeout)
    {
        private readonly TaskCompletionSource<bool> _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public BatchItem Item => item;
        public long EnqueuedAt => enqueuedAt;
        public TimeSpan Timeout => timeout;
        public Task<bool> Completion => _completion.Task;

        public void Complete(bool stored) => _completion.TrySetResult(stored);
    }
}
