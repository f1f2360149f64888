using Ingestion.Contracts;
using NodaTime;
using PosModular.Kernel.Schema;

namespace Analytics.Revenues;

/// <summary>Revenue by the performer who was on stage at the time of each transaction, the largest total first. The key is the performer's
/// id, or NONE while nobody was. A refund in refundsIssued belongs to the performer of the time at which it was given. It is added up from
/// the transactions themselves, so it may be ahead of total by pendingChanges. INVALID_INPUT when that takes longer than five
/// seconds.</summary>
internal sealed class RevenueByPerformer(ISalesHistory history, IStageTimes stageTimes)
{
    private const string Everything = "";
    private const string Nobody = "NONE";

    public async Task<IEnumerable<RevenueSlice>> ByPerformerAsync([Parent] Revenue revenue, CancellationToken cancellationToken)
    {
        var times = await stageTimes.ListAsync(revenue.Scope.Venue.Id, cancellationToken);
        var onStage = times
            .Select(t => (t.PerformerId, From: Later(t.From, revenue.From), To: Earlier(t.To, revenue.To)))
            .Where(t => t.To is not { } to || t.From < to)
            // A performer's id is never empty, so it differs from the key of everything.
            .Select(t => new SalesSpan(t.PerformerId, t.From, t.To));
        var sums = (
            await history.SumAsync(
                revenue.Scope.Venue.Id,
                [new SalesSpan(Everything, revenue.From, revenue.To), .. onStage],
                cancellationToken
            )
        ).Where(s => s.Currency == revenue.Currency);
        return RevenueSlices.Of(
            sums.SelectMany(s => s.Key == Everything ? [(Nobody, s.Figures)] : new[] { (s.Key, s.Figures), (Nobody, -s.Figures) }),
            revenue.Currency
        );
    }

    private static Instant Later(Instant a, Instant? b) => b is { } other && other > a ? other : a;

    private static Instant? Earlier(Instant? a, Instant? b) => a is { } one && b is { } other ? Instant.Min(one, other) : a ?? b;
}
