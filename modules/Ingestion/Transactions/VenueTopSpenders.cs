using GraphQL;
using Ingestion.Contracts;
using Integrations.Contracts.Access;
using Integrations.Contracts.Calendar;
using Integrations.Contracts.Venues;
using Microsoft.EntityFrameworkCore;
using NodaTime;
using PosModular.Kernel.Amounts;
using PosModular.Kernel.Data;
using PosModular.Kernel.Paging;
using PosModular.Kernel.Schema;
using PosModular.Kernel.Time;

namespace Ingestion.Transactions;

/// <summary>One of the users who spent most in a period.</summary>
internal sealed class TopSpender(string venueId, string userId, Money total, long count) : ITopSpender
{
    [Ignore]
    public string VenueId => venueId;

    /// <summary>The user's id: the sub claim of their token.</summary>
    [Id]
    public string UserId => userId;

    /// <summary>What the user paid in captured transactions of the period in the venue's currency, tips included; refunds are not
    /// subtracted.</summary>
    public Money Total => total;

    /// <summary>The number of these transactions.</summary>
    public long Count => count;
}

/// <summary>The users who spent most in a period, in the venue's currency, the largest total first. For owners of the venue; INVALID_INPUT
/// for a day out of range and when the sums take longer than five seconds.</summary>
internal sealed class VenueTopSpenders(IDbContextFactory<IngestionDb> dbFactory, IClock clock)
{
    private static readonly TransactionStatus[] Captured = [.. Enum.GetValues<TransactionStatus>().Where(s => s.IsCaptured())];

    /// <param name="period">The day, ISO week, month or year that contains the date on; ALL ignores the date.</param>
    /// <param name="on">A business date in the period; the venue's current business date if omitted.</param>
    /// <param name="first">How many to return, 1 to 200.</param>
    public async Task<IEnumerable<TopSpender>> TopSpendersAsync(
        [Parent] IVenue venue,
        RevenuePeriod period,
        IResolveFieldContext context,
        CancellationToken cancellationToken,
        LocalDate? on = null,
        [DefaultAstValue("10")] int? first = 10
    )
    {
        context.Caller().Demand(Right.ViewTransactions, venue);
        var count = Page.Of(first, null, defaultSize: 10).First;
        await using var db = await dbFactory.CreateDbContextAsync(cancellationToken);
        var rows = db
            .Transactions.AsNoTracking()
            .Where(t => t.VenueId == venue.Id && t.Currency == venue.Currency && t.UserId != null && Captured.Contains(t.Status))
            // A refund whose payment is unknown is no purchase.
            .Where(t => t.TotalMinor > 0 || t.Status != TransactionStatus.Refunded);
        if (venue.SpanOf(period, on ?? venue.BusinessDateOf(clock.Now())) is var (from, to))
            rows = rows.Where(t => t.OccurredAt >= from && t.OccurredAt < to);
        var sums = await db.BoundedAsync("Ask for a shorter period.", () => rows.GroupBy(t => t.UserId!)
                .Select(g => new
                {
                    UserId = g.Key,
                    Total = g.Sum(t => t.TotalMinor),
                    Count = g.LongCount(),
                })
                .OrderByDescending(s => s.Total)
                .ThenBy(s => s.UserId)
                .Take(count)
                .ToListAsync(cancellationToken));
        return sums.ConvertAll(s => new TopSpender(venue.Id, s.UserId, new Money(s.Total, venue.Currency), s.Count));
    }
}
