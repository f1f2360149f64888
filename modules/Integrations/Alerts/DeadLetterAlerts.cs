using Integrations.Contracts.Venues;
using PosModular.Kernel.Feed;

namespace Integrations.Alerts;

/// <summary>Finds venues with changes that a module could not handle.</summary>
internal sealed class DeadLetterAlerts(FeedRelays relays) : IAlertSource
{
    public IReadOnlyList<string> Kinds { get; } = [AlertKinds.DeadLetters];

    public async Task<IReadOnlyList<FoundAlert>> FindAsync(CancellationToken cancellationToken) =>
        [
            .. (await relays.ListDeadLettersAsync(cancellationToken)).Select(d => new FoundAlert(
                d.VenueId,
                AlertKinds.DeadLetters,
                d.Reader,
                d.FirstFailedAt,
                $"{d.Count} changes could not be handled by {d.Reader} and are left out of its figures. They are tried again by "
                    + "themselves; when this lasts, the log of the host says why."
            )),
        ];
}
