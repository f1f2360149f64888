using System.Globalization;
using GraphQL;
using Integrations.Contracts.Access;
using Integrations.Contracts.Venues;
using Npgsql;
using PosModular.Kernel.Errors;

namespace Ingestion.Rebuilds;

/// <summary>The venue to recompute.</summary>
internal sealed record RebuildVenueInput
{
    /// <summary>The id of the venue.</summary>
    [Id]
    public required string VenueId { get; init; }

    /// <summary>True compares only and changes nothing.</summary>
    [DefaultAstValue("false")]
    public bool? DryRun { get; init; }
}

/// <summary>What differed from the transactions.</summary>
/// <param name="Differences">One sentence for each difference; empty when everything fits. For a caller who may not see the venue's
/// transactions, one sentence with the number of differences for each kind.</param>
/// <param name="Errors">What was wrong with the input; empty on success.</param>
internal sealed record RebuildVenuePayload(IReadOnlyList<string> Differences, IReadOnlyList<UserError> Errors);

/// <summary>Recomputes spend, tiers and revenue of a venue from its transactions, corrects what differs and says what differed; dryRun only
/// compares. Webhooks are taken meanwhile: the comparison is exact at one moment, and what arrives later is added up afterwards. Where
/// corrected spend reaches a rule, the rule unlocks; where it falls below a threshold, the venue's unlock policy decides. Grants and
/// revocations by hand stay. It is recorded in the audit log. For owners of the venue and HEAD_MODERATOR. Errors: CONFLICT when changes
/// that have not been added up yet hinder the comparison.</summary>
internal sealed class RebuildVenue(NpgsqlDataSource database, VenueRebuilds rebuilds, IVenues venues, IAuditLog auditLog)
{
    /// <param name="input">The venue to recompute.</param>
    public async Task<RebuildVenuePayload> HandleAsync(
        RebuildVenueInput input,
        IResolveFieldContext context,
        CancellationToken cancellationToken
    )
    {
        var caller = context.Caller();
        var venue = await venues.DemandAsync(input.VenueId, Right.ManageMembers, caller, cancellationToken);
        var dryRun = input.DryRun ?? false;
        // The entry comes first, so nothing is corrected without one.
        await using (var connection = await database.OpenConnectionAsync(cancellationToken))
            await auditLog.RecordAsync(
                connection,
                caller,
                venue.Id,
                "rebuildVenue",
                venue.Id,
                dryRun ? "compared only" : "compared and corrected",
                cancellationToken
            );
        var (differences, isComplete) = await rebuilds.RunAsync(venue.Id, dryRun, cancellationToken);
        return new RebuildVenuePayload(
            caller.May(Right.ViewTransactions, venue)
                ? [.. differences.Select(d => d.Text)]
                : [.. differences.CountBy(d => d.Kind).Select(k => $"{k.Value.ToString(CultureInfo.InvariantCulture)} × {k.Key}")],
            isComplete
                ? []
                :
                [
                    new UserError(
                        ErrorCode.Conflict,
                        "Some figures could not be compared, because changes are still to be added up. Try again in a minute.",
                        "venueId"
                    ),
                ]
        );
    }
}
