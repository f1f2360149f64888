using Integrations.Contracts.Connections;
using Integrations.Contracts.Venues;
using MediatR;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using PosModular.Kernel.Feed;

namespace Integrations;

/// <summary>Publishes <see cref="VenueChanged"/> and <see cref="ConnectionChanged"/> to every handler: in this process before the call
/// returns, and on all hosts through the feed signal. This process receives its own signal too, so its handlers run twice.</summary>
internal sealed partial class ChangePublisher(
    IServiceScopeFactory scopes,
    FeedSignal signal,
    TimeProvider time,
    ILogger<ChangePublisher> log
) : BackgroundService
{
    /// <summary>The name of the feed signal that is raised at the same time as <see cref="ConnectionChanged"/>.</summary>
    public const string ConnectionSource = "integrations.connections";

    /// <summary>To be called after the commit. A handler that fails is logged and does not affect the caller.</summary>
    public Task VenueChangedAsync(string venueId) => PublishAsync(VenueChanged.Signal, venueId, new VenueChanged(venueId));

    /// <summary>To be called after the commit. A handler that fails is logged and does not affect the caller.</summary>
    public Task ConnectionChangedAsync(string venueId) => PublishAsync(ConnectionSource, venueId, new ConnectionChanged(venueId));

    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        Task.WhenAll(
            FollowAsync(VenueChanged.Signal, venueId => new VenueChanged(venueId), stoppingToken),
            FollowAsync(ConnectionSource, venueId => new ConnectionChanged(venueId), stoppingToken)
        );

    private async Task PublishAsync<TNotification>(string source, string venueId, TNotification notification)
        where TNotification : INotification
    {
        // Not cancellable: the change is committed, so its handlers must learn of it.
        await HandleAsync(notification, CancellationToken.None);
        signal.Raise(source, [venueId]);
    }

    private async Task FollowAsync<TNotification>(string source, Func<string?, TNotification> create, CancellationToken cancellationToken)
        where TNotification : INotification
    {
        using var listener = signal.Listen(source);
        while (!cancellationToken.IsCancellationRequested)
        {
            await listener.WaitAsync(TimeSpan.FromMinutes(1), time, cancellationToken);
            foreach (var venueId in (string?[]?)listener.TakeVenueIds() ?? [null])
                await HandleAsync(create(venueId), cancellationToken);
        }
    }

    private async Task HandleAsync<TNotification>(TNotification notification, CancellationToken cancellationToken)
        where TNotification : INotification
    {
        await using var scope = scopes.CreateAsyncScope();
        foreach (var handler in scope.ServiceProvider.GetServices<INotificationHandler<TNotification>>())
        {
            try
            {
                await handler.Handle(notification, cancellationToken);
            }
            catch (Exception e) when (e is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
            {
                LogHandlerFailed(log, handler.GetType().Name, typeof(TNotification).Name, e.Message);
            }
        }
    }

    [LoggerMessage(LogLevel.Warning, "{Handler} failed on {Notification}; its cache may be out of date until it expires: {Reason}")]
    private static partial void LogHandlerFailed(ILogger log, string handler, string notification, string reason);
}
