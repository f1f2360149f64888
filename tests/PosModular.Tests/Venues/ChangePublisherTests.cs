using Integrations;
using Integrations.Contracts.Venues;
using MediatR;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using PosModular.Kernel.Feed;
using Shouldly;
using Xunit;

namespace PosModular.Tests.Venues;

/// <summary>A change reaches every handler in this process and, by the feed signal, every host.</summary>
public sealed class ChangePublisherTests
{
    private readonly FeedSignal _signal = new();

    private sealed class FailingHandler : INotificationHandler<VenueChanged>
    {
        public Task Handle(VenueChanged notification, CancellationToken cancellationToken) => throw new InvalidOperationException("broken");
    }

    private sealed class RecordingHandler : INotificationHandler<VenueChanged>
    {
        public List<string?> VenueIds { get; } = [];

        public Task Handle(VenueChanged notification, CancellationToken cancellationToken)
        {
            lock (VenueIds)
                VenueIds.Add(notification.VenueId);
            return Task.CompletedTask;
        }
    }

    private (ChangePublisher Publisher, RecordingHandler Handler) Create()
    {
        var handler = new RecordingHandler();
        var services = new ServiceCollection()
            .AddSingleton<INotificationHandler<VenueChanged>, FailingHandler>()
            .AddSingleton<INotificationHandler<VenueChanged>>(handler)
            .BuildServiceProvider();
        return (
            new ChangePublisher(
                services.GetRequiredService<IServiceScopeFactory>(),
                _signal,
                TimeProvider.System,
                NullLogger<ChangePublisher>.Instance
            ),
            handler
        );
    }

    [Fact]
    public async Task A_change_is_handled_before_the_call_returns_even_when_another_handler_fails()
    {
        var (publisher, handler) = Create();

        await publisher.VenueChangedAsync("v1");

        handler.VenueIds.ShouldBe(["v1"]);
    }

    [Fact]
    public async Task A_change_on_another_host_is_handled_when_its_signal_arrives()
    {
        var (publisher, handler) = Create();
        await publisher.StartAsync(TestContext.Current.CancellationToken);

        // The signal of another host can arrive before this one listens, so it is raised until it has been handled.
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        timeout.CancelAfter(TimeSpan.FromSeconds(20));
        while (handler.VenueIds.Count == 0)
        {
            _signal.Raise(VenueChanged.Signal, ["v2"]);
            await Task.Delay(10, timeout.Token);
        }

        handler.VenueIds.ShouldAllBe(id => id == "v2");
        await publisher.StopAsync(TestContext.Current.CancellationToken);
    }
}
