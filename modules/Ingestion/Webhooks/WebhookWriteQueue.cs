using System.Threading.Channels;
using Ingestion.Ledger;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using PosModular.Kernel.Data;
using PosModular.Kernel.Time;

namespace Ingestion.Webhooks;

/// <summary>The group commit: all events that have arrived go into one transaction, and their senders are answered after it. No event is
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

    /// <summary>Returns true when the event is stored. Returns false when it could not be stored in time, so that the sender has to send
    /// it again.</summary>
    /// <param name="item">The item with its raw event.</param>
    /// <param name="timeout">How long the sender waits for the answer; null when that is longer than an event may wait here (5
    /// s).</param>
    public Task<bool> EnqueueAsync(BatchItem item, TimeSpan? timeout = null)
    {
        var size = item.Event!.Payload.Length;
        var pending = new PendingEvent(item, time.GetTimestamp(), timeout ?? MaxWait);
        if (Interlocked.Add(ref _queuedBytes, size) <= MaxQueuedBytes && _queue.Writer.TryWrite(pending))
            return timeout is { } longest ? WaitWithTimeoutAsync(pending, longest) : pending.Completion;
        Interlocked.Add(ref _queuedBytes, -size);
        return Task.FromResult(false);
    }

    // The event may still be stored afterwards. When it is sent again, it is a duplicate.
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
            // The senders of waiting events get a 503 and send them again.
            _queue.Writer.TryComplete();
            foreach (var pending in batch)
                pending.Complete(false);
            while (_queue.Reader.TryRead(out var pending))
                pending.Complete(false);
        }
    }

    /// <summary>Stores the batch and answers every sender in it.</summary>
    private async Task WriteBatchAsync(BatchWriter writer, IReadOnlyList<PendingEvent> batch, CancellationToken cancellationToken)
    {
        for (var waiting = RejectLockedVenues(batch); waiting.Count > 0; )
        {
            var (retries, fault) = (new List<PendingEvent>(), (Exception?)null);
            var outcomes = IsolatingWriter.WriteAsync(
                waiting,
                e => e.Item.VenueId,
                part => writer.WriteAsync([.. part.Select(e => e.Item)], cancellationToken),
                cancellationToken
            );
            await foreach (var outcome in outcomes)
            {
                if (outcome.Status == WriteStatus.Stored)
                    outcome.Item.Complete(true);
                else if (outcome.Status == WriteStatus.Rejected)
                    await StoreAsFailedAsync(writer, outcome.Item, outcome.Reason, cancellationToken);
                else if (outcome.IsRefused) // the table has changed, and it may be changed back before the event is sent again
                    outcome.Item.Complete(false);
                else if (outcome.Error!.IsLockTimeout())
                {
                    _lockedVenues[outcome.Item.Item.VenueId] = time.GetTimestamp();
                    LogVenueLocked(log, outcome.Item.Item.VenueId);
                    outcome.Item.Complete(false);
                }
                else
                {
                    retries.Add(outcome.Item);
                    fault = outcome.Error;
                }
            }
            // The events are not at fault: they are tried again until they have waited too long.
            if (fault is not null)
                LogRetry(log, fault.Message);
            if (fault?.IsContention() == false)
                await time.DelayAsync(RetryDelay, cancellationToken);
            waiting = RejectExpired(retries);
        }
    }

    /// <summary>Stores an event that cannot be used: as FAILED, with its bytes.</summary>
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
            // Not even the bytes can be stored, so the sender keeps them and sends them again.
            LogNotStored(log, pending.Item.Event!.Id, e.Message);
            pending.Complete(false);
        }
    }

    // The lock of such a venue was not granted a moment ago. Waiting for it again would delay every other venue.
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
        var current = new List<PendingEvent>(batch.Count);
        foreach (var waiting in batch)
        {
            if (time.GetElapsedTime(waiting.EnqueuedAt) < waiting.Timeout)
                current.Add(waiting);
            else
                waiting.Complete(false);
        }
        return current;
    }

    [LoggerMessage(LogLevel.Warning, "A batch of webhook events could not be stored and is tried again: {Reason}")]
    private static partial void LogRetry(ILogger log, string reason);

    [LoggerMessage(
        LogLevel.Warning,
        "The feed of venue {Venue} has been locked for a second; its senders are asked to send their events again"
    )]
    private static partial void LogVenueLocked(ILogger log, string venue);

    [LoggerMessage(LogLevel.Error, "Webhook event {Event} cannot be used and is stored as FAILED: {Reason}")]
    private static partial void LogStoredAsFailed(ILogger log, Guid @event, string reason);

    [LoggerMessage(LogLevel.Error, "Webhook event {Event} cannot even be stored as FAILED; its sender is asked to send it again: {Reason}")]
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
