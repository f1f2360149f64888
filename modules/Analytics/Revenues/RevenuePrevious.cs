using GraphQL;
using GraphQL.DataLoader;
using PosModular.Kernel.Batching;
using PosModular.Kernel.Schema;

namespace Analytics.Revenues;

/// <summary>Revenue of the period before, in the same currency; null for ALL. While the period runs, the one before is added up only up to
/// the same point, which its to names: the same local time a day, a week, a month or a year before.</summary>
internal sealed class RevenuePrevious(RevenueReader reader)
{
    public IDataLoaderResult<Revenue?> Previous([Parent] Revenue revenue, IResolveFieldContext context) =>
        BatchLoaders.Load<(RevenueRequest? Request, string Currency), Revenue?>(
            context,
            typeof(RevenuePrevious),
            (RequestOf(revenue), revenue.Currency),
            async (keys, cancellationToken) =>
            {
                var requests = keys.Select(k => k.Request).OfType<RevenueRequest>().Distinct().ToArray();
                if (requests.Length == 0)
                    return new Dictionary<(RevenueRequest?, string), Revenue?>();
                var previous = await reader.ReadAsync(requests, cancellationToken);
                return keys.Where(k => k.Request is not null).ToDictionary(k => k, k => (Revenue?)previous[k.Request!].In(k.Currency));
            },
            null
        );

    private static RevenueRequest? RequestOf(Revenue revenue)
    {
        if (revenue.Scope.Span is not { } span)
            return null;
        var (from, to, point) = PreviousPeriod.Of(revenue.Scope.Venue, revenue.Period, span, revenue.Scope.ReachesTo);
        return new RevenueRequest(revenue.Scope.Venue, revenue.Period, (from, to), point);
    }
}
