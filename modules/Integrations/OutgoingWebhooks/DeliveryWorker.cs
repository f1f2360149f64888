using System.Threading.Channels;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using PosModular.Kernel.Time;

namespace Integrations.OutgoingWebhooks;

/// <summary>Wakes this host's <see cref="DeliveryWorker"/>. Other hosts look for due deliveries once a second.</summary>
internal sealed class DeliverySignal : WakeupSignal;

/// <summary>Sends due deliveries, up to 64 at a time and up to 16 to one endpoint. Many are claimed in one statement and many results are
/// stored in one. What a host that dies was sending, another one sends again when its lease has run out.</summary>
internal sealed partial class DeliveryWorker(
    DeliveryQueue queue,
    DeliverySender sender,
    DeliverySignal signal,
    IntegrationsSettings settings,
    TimeProvider time,
    ILogger<DeliveryWorker> log
) : BackgroundService
{
    /// <summary>How many deliveries of one endpoint are under way at a time on this host.</summary>
    public const int MaxPerEndpoint = 16;

    private const int MaxInFlight = 64;
    private const int MaxResultsPerCommit = 200;
    private const int MaxAttemptsToSave = 5;
    private static readonly TimeSpan PollInterval = TimeSpan.FromSeconds(1);
    private readonly Channel<AttemptResult> _results = Channel.CreateUnbounded<AttemptResult>(
        new UnboundedChannelOptions { SingleReader = true }
    );
    private readonly Lock _lock = new();
    private readonly Dictionary<Guid, int> _inFlight = [];

    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        settings.SendsWebhooks ? Task.WhenAll(ClaimAllAsync(stoppingToken), SaveAllAsync(stoppingToken)) : Task.CompletedTask;

    private async Task ClaimAllAsync(CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                while (await ClaimAsync(cancellationToken)) { }
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                LogClaimFailed(log, e.Message);
                await time.DelayAsync(PollInterval, cancellationToken);
            }
            catch (OperationCanceledException)
            {
                return;
            }
            try
            {
                await signal.WaitAsync(PollInterval, time, cancellationToken);
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }

    /// <summary>Claims and starts what there is room for; returns whether there was anything.</summary>
    private async Task<bool> ClaimAsync(CancellationToken cancellationToken)
    {
        Guid[] busy;
        int room;
        lock (_lock)
        {
            busy = [.. _inFlight.Where(e => e.Value > MaxPerEndpoint / 2).Select(e => e.Key)];
            room = MaxInFlight - _inFlight.Values.Sum();
        }
        if (room <= 0)
            return false;
        var claimed = await queue.ClaimAsync(busy, MaxPerEndpoint / 2, room, cancellationToken);
        foreach (var delivery in claimed)
        {
            Count(delivery.EndpointId, +1);
            _ = SendAsync(delivery, cancellationToken);
        }
        return claimed.Count > 0;
    }

    private async Task SendAsync(ClaimedDelivery delivery, CancellationToken cancellationToken)
    {
        try
        {
            _results.Writer.TryWrite(await sender.SendAsync(delivery, cancellationToken));
        }
        catch (Exception e)
        {
            // The host stops, or something is wrong with it: the lease runs out, and the delivery is sent again.
            if (!cancellationToken.IsCancellationRequested)
                LogSendFailed(log, delivery.Id, e.Message);
            Count(delivery.EndpointId, -1);
        }
    }

    private async Task SaveAllAsync(CancellationToken cancellationToken)
    {
        var results = new List<AttemptResult>();
        try
        {
            while (await _results.Reader.WaitToReadAsync(cancellationToken))
            {
                results.Clear();
                while (results.Count < MaxResultsPerCommit && _results.Reader.TryRead(out var result))
                    results.Add(result);
                await SaveAsync(results, cancellationToken);
                foreach (var result in results)
                    Count(result.Delivery.EndpointId, -1);
                signal.Set();
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested) { }
    }

    // A result that cannot be saved is lost: the lease runs out, and the delivery is sent again.
    private async Task SaveAsync(List<AttemptResult> results, CancellationToken cancellationToken)
    {
        for (var attempt = 1; attempt <= MaxAttemptsToSave; attempt++)
        {
            try
            {
                await queue.CompleteAsync(results, cancellationToken);
                return;
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                LogSaveFailed(log, results.Count, e.Message);
                await time.DelayAsync(PollInterval, cancellationToken);
            }
        }
    }

    private void Count(Guid endpointId, int difference)
    {
        lock (_lock)
        {
            var count = _inFlight.GetValueOrDefault(endpointId) + difference;
            if (count == 0)
                _inFlight.Remove(endpointId);
            else
                _inFlight[endpointId] = count;
        }
    }

    [LoggerMessage(LogLevel.Warning, "Due deliveries of outgoing webhooks could not be claimed; the next attempt is in a second: {Reason}")]
    private static partial void LogClaimFailed(ILogger log, string reason);

    [LoggerMessage(LogLevel.Warning, "Delivery {Delivery} could not be sent; it is sent again within a minute: {Reason}")]
    private static partial void LogSendFailed(ILogger log, Guid delivery, string reason);

    [LoggerMessage(LogLevel.Warning, "The results of {Count} deliveries could not be saved; the next attempt is in a second: {Reason}")]
    private static partial void LogSaveFailed(ILogger log, int count, string reason);
}
