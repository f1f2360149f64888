using System.Globalization;
using Integrations.Contracts.Venues;
using Microsoft.EntityFrameworkCore;
using NodaTime;
using NodaTime.Text;
using PosModular.Kernel.Errors;
using PosModular.Kernel.Time;

namespace Analytics.Reconciliations;

/// <summary>Finds business dates whose figures still differ from the provider's after the repair, among those that are compared by
/// themselves. A date that is compared once more keeps its alert until the comparison has ended.</summary>
internal sealed class ReconciliationAlerts(IDbContextFactory<AnalyticsDb> dbFactory, IClock clock) : IAlertSource
{
    public IReadOnlyList<string> Kinds { get; } = [AlertKinds.ReconciliationDiffers];

    public async Task<IReadOnlyList<FoundAlert>> FindAsync(CancellationToken cancellationToken)
    {
        // The date of a venue west of UTC may be a day behind.
        var since = clock.Now().InUtc().Date.PlusDays(-ReconciliationSchedule.MaxDays - 1);
        await using var db = await dbFactory.CreateDbContextAsync(cancellationToken);
        var rows = await db.Set<ReconciliationRow>()
            .AsNoTracking()
            .Where(r => r.BusinessDate >= since && r.CheckedAt != null)
            .Where(r =>
                r.State == ReconciliationState.Differs || (r.State == ReconciliationState.Running && r.ReasonCode == ErrorCode.Conflict)
            )
            .ToListAsync(cancellationToken);
        return rows.ConvertAll(r =>
        {
            var date = LocalDatePattern.Iso.Format(r.BusinessDate);
            return new FoundAlert(
                r.VenueId,
                AlertKinds.ReconciliationDiffers,
                string.Create(CultureInfo.InvariantCulture, $"{date} {r.ConnectionId}"),
                r.CheckedAt,
                $"The figures of {date} differ from the provider's: {r.ReasonMessage} See reconciliation(businessDate: \"{date}\"), and "
                    + "run reconcileDay when the reason is gone."
            )
            {
                ConnectionId = r.ConnectionId,
                BusinessDate = r.BusinessDate,
            };
        });
    }
}
