using GraphQL;
using Integrations.Audit;
using Integrations.Contracts.Access;
using Integrations.Contracts.Venues;
using Microsoft.EntityFrameworkCore;
using NodaTime;
using PosModular.Kernel.Errors;
using PosModular.Kernel.Time;

namespace Integrations.Venues;

/// <summary>The changes to a venue. A null field leaves the value unchanged.</summary>
internal sealed record UpdateVenueInput
{
    /// <summary>The id of the venue.</summary>
    [Id]
    public required string VenueId { get; init; }

    /// <summary>The display name, 1 to 200 characters.</summary>
    public string? Name { get; init; }

    /// <summary>The IANA time zone, e.g. Europe/Berlin.</summary>
    public string? TimeZone { get; init; }

    /// <summary>The local time at which the venue's business date starts; a multiple of 15 minutes.</summary>
    public LocalTime? DayCutoff { get; init; }

    /// <summary>The users who may see the venue's transactions: the sub claims of their tokens. The list replaces the previous
    /// one.</summary>
    [Id]
    public IReadOnlyList<string>? OwnerUserIds { get; init; }

    /// <summary>The state from which a transaction counts towards lifetime spend.</summary>
    public CountFrom? RulesCountFrom { get; init; }

    /// <summary>What happens to an unlock when a refund takes the lifetime spend below its threshold.</summary>
    public UnlockPolicy? UnlockPolicy { get; init; }
}

/// <summary>Changes a venue's settings; each change is recorded in the audit log. Requires HEAD_MODERATOR. Errors: NOT_FOUND,
/// INVALID_INPUT.</summary>
internal sealed class UpdateVenue(IDbContextFactory<IntegrationsDb> dbFactory, ChangePublisher publisher, IClock clock)
{
    /// <param name="input">The changes to make.</param>
    public async Task<VenuePayload> HandleAsync(UpdateVenueInput input, IResolveFieldContext context, CancellationToken cancellationToken)
    {
        var caller = context.Caller();
        caller.Demand(Right.ManageConnections);
        UserError?[] checks =
        [
            input.Name is null ? null : VenueValidator.CheckName(input.Name),
            input.TimeZone is null ? null : VenueValidator.CheckTimeZone(input.TimeZone),
            input.DayCutoff is null ? null : VenueValidator.CheckDayCutoff(input.DayCutoff.Value),
            input.OwnerUserIds is null ? null : VenueValidator.CheckOwners(input.OwnerUserIds),
        ];
        if (checks.OfType<UserError>().ToArray() is { Length: > 0 } errors)
            return VenuePayload.Failed(errors);

        await using var db = await dbFactory.CreateDbContextAsync(cancellationToken);
        var venue = await db.Venues.SingleOrDefaultAsync(v => v.Id == input.VenueId, cancellationToken);
        if (venue is null)
            return VenuePayload.Failed(
                new UserError(
                    ErrorCode.NotFound,
                    "There is no venue with this id. List your venues with venues { nodes { id } }.",
                    "venueId"
                )
            );

        venue.Name = input.Name?.Trim() ?? venue.Name;
        venue.TimeZone = input.TimeZone ?? venue.TimeZone;
        venue.DayCutoff = input.DayCutoff ?? venue.DayCutoff;
        venue.RulesCountFrom = input.RulesCountFrom ?? venue.RulesCountFrom;
        venue.UnlockPolicy = input.UnlockPolicy ?? venue.UnlockPolicy;
        venue.OwnerUserIds = input.OwnerUserIds?.Select(o => o.Trim()).Distinct().ToArray() ?? venue.OwnerUserIds;
        var changes = db.Entry(venue)
            .Properties.Where(p => p.IsModified)
            .Select(p => $"{p.Metadata.Name}: {Describe(p.OriginalValue)} → {Describe(p.CurrentValue)}")
            .ToArray();
        if (changes.Length > 0)
            db.Add(AuditEntry.Of(clock.Now(), caller, venue.Id, "updateVenue", venue.Id, string.Join("; ", changes)));
        await db.SaveChangesAsync(cancellationToken);
        await publisher.VenueChangedAsync(venue.Id);
        return new VenuePayload(venue, []);
    }

    private static string Describe(object? value) => value is IEnumerable<string> list ? string.Join(", ", list) : value?.ToString() ?? "";
}
