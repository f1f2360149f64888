using MediatR;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace PosModular.Kernel.Feed;

/// <summary>A module that follows a feed: where it stores its position, and the one handler to call.</summary>
/// <param name="Name">Its name in logs and metrics, e.g. <c>rules</c>.</param>
/// <param name="Source">The name of the feed.</param>
/// <param name="Schema">The schema of the module's <c>feed_positions</c> and <c>feed_dead_letters</c>.</param>
/// <param name="GetDbContext">Resolves the context that the handler uses too, so that effect and position are one commit.</param>
/// <param name="Handle">Calls this handler, and no other, in the given scope.</param>
/// <param name="FollowsChosenVenues">Whether it follows only the venues for which <see cref="FeedRelays.FollowAsync"/> was called, each
/// from the end of the feed at that moment, rather than all of them from the beginning.</param>
public sealed record FeedReader(
    string Name,
    string Source,
    string Schema,
    Func<IServiceProvider, DbContext> GetDbContext,
    Func<IServiceProvider, INotification, CancellationToken, Task> Handle,
    bool FollowsChosenVenues = false
);

public static class FeedRegistration
{
    public static IServiceCollection AddFeedSource(this IServiceCollection services, FeedSource source) => services.AddSingleton(source);

    /// <summary>Registers a feed that live subscribers follow with <see cref="LiveFeeds{TVenue,TEvent}"/>.</summary>
    public static IServiceCollection AddLiveFeed<TVenue, TEvent, TFeed>(this IServiceCollection services)
        where TVenue : class
        where TEvent : class
        where TFeed : class, ILiveFeed<TVenue, TEvent> =>
        services
            .AddSingleton<TFeed>()
            .AddSingleton<ILiveFeed<TVenue, TEvent>>(s => s.GetRequiredService<TFeed>())
            .AddSingleton<LiveFeeds<TVenue, TEvent>>();

    /// <summary>Registers a handler, to which a relay hands the changes of the feed.</summary>
    /// <param name="services">The services of the host.</param>
    /// <param name="source">The name of the feed.</param>
    /// <param name="schema">The schema of the module.</param>
    /// <param name="name">The name of the reader; the schema when left out.</param>
    /// <param name="followsChosenVenues">See <see cref="FeedReader.FollowsChosenVenues"/>.</param>
    public static IServiceCollection AddFeedReader<TNotification, TDb, THandler>(
        this IServiceCollection services,
        string source,
        string schema,
        string? name = null,
        bool followsChosenVenues = false
    )
        where TNotification : INotification
        where TDb : DbContext
        where THandler : class, INotificationHandler<TNotification>
    {
        services.TryAddScoped<THandler>();
        services.AddSingleton(
            new FeedReader(
                name ?? schema,
                source,
                schema,
                scope => scope.GetRequiredService<TDb>(),
                (scope, notification, cancellationToken) =>
                    scope.GetRequiredService<THandler>().Handle((TNotification)notification, cancellationToken),
                followsChosenVenues
            )
        );
        return services;
    }
}
