using GraphQL;
using GraphQL.DataLoader;
using Ingestion.Contracts;
using Integrations.Contracts.Access;
using Integrations.Contracts.Calendar;
using Integrations.Contracts.Venues;
using NodaTime;
using PosModular.Kernel.Batching;
using PosModular.Kernel.Schema;
using PosModular.Kernel.Time;
using Rules.Contracts;

namespace Analytics.Revenues;

/// <summary>Revenue of the session's span, added up from the transactions themselves; its period is ALL, and from and to are those of the
/// session. A transaction during two sessions counts in both. For owners of the venue; FORBIDDEN otherwise, INVALID_INPUT when it takes
/// longer than five seconds.</summary>
internal sealed class LiveSessionRevenue(ISalesHistory history, IVenues venues, IClock clock)
{
    public async Task<IDataLoaderResult<Revenue>> RevenueAsync(
        [Parent] ILiveSession session,
        IResolveFieldContext context,
        CancellationToken cancellationToken
    )
    {
        var venue = await venues.DemandAsync(session.VenueId, Right.ViewTransactions, context.Caller(), cancellationToken);
        return BatchLoaders.Load<ILiveSession, Revenue>(
            context,
            (typeof(LiveSessionRevenue), session.VenueId),
            session,
            async (sessions, token) =>
            {
                var now = clock.Now();
                var spans = sessions.Select(s => new SalesSpan(s.Id.ToString(), s.StartedAt, s.EndedAt)).Distinct().ToArray();
                var sums = (await history.SumAsync(venue.Id, spans, token)).ToLookup(s => s.Key);
                return sessions.ToDictionary(
                    s => s,
                    s =>
                        Revenue.Of(
                            [.. sums[s.Id.ToString()].Select(RevenueSum.Of)],
                            RevenuePeriod.All,
                            s.StartedAt,
                            s.EndedAt,
                            new RevenueScope(venue, null, now),
                            now,
                            pendingChanges: 0
                        )
                );
            },
            null!
        );
    }
}
