using PosModular.Kernel.Schema;

namespace Analytics.Revenues;

/// <summary>Revenue of the period before, in the same currency; null for ALL. While the period runs, the one before is added up only up to
/// the same point, which its to names: the same local time a day, a week, a month or a year before.</summary>
internal sealed class RevenuePrevious(RevenueReader reader)
{
    public async Task<Revenue?> PreviousAsync([Parent] Revenue revenue, CancellationToken cancellationToken)
    {
        var scope = revenue.Scope;
        if (scope.Span is not { } span)
            return null;
        var (from, to, point) = PreviousPeriod.Of(scope.Venue, revenue.Period, span, scope.ReachesTo);
        var previous = await reader.ReadAsync(scope.Venue, revenue.Period, (from, to), point, cancellationToken);
        return previous.In(revenue.Currency);
    }
}
