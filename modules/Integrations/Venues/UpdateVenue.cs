using GraphQL;
using Integrations.Audit;
using Integrations.Contracts.Access;
using Integrations.Contracts.Venues;
using Microsoft.EntityFrameworkCore;
using NodaTime;
using PosModular.Kernel.Errors;
using PosModular.Kernel.Time;

namespace Integrations.Venues;

/// <summary>What to change of a venue; a field left out stays as it is.</summary>
internal sealed record UpdateVenueInput
{
    /// <summary>Which venue.</summary>
    [Id]
    public required string VenueId { get; init; }

    /// <summary>For people; 1 to 200 characters.</summary>
    public string? Name { get; init; }

    /// <summary>IANA, e.g. Europe/Berlin.</summary>
    public string? TimeZone { get; init; }

    /// <summary>The venue's day starts here; a multiple of 15 minutes.</summary>
    public LocalTime? DayCutoff { get; init; }

    /// <summary>Who may see the venue's sales; replaces the list.</summary>
    [Id]
    public IReadOnlyList<string>? OwnerUserIds { get; init; }

    /// <summary>From which state on a sale counts as lifetime spend.</summary>
    public CountFrom? RulesCountFrom { get; init; }

    /// <summary>What becomes of an unlock when a refund takes the spend below its threshold.</summary>
    public UnlockPolicy? UnlockPolicy { get; init; }
}

/// <summary>Changes a venue's settings; a change of owners is audited. HEAD_MODERATOR. Errors: NOT_FOUND, INVALID_INPUT.</summary>
internal sealed class UpdateVenue(IDbContextFactory<IntegrationsDb> dbFactory, VenueDirectory directory, IClock clock)
{
    /// <param name="input">What to change.</param>
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
                new UserError(ErrorCode.NotFound, "There is no such venue. List yours with venues { nodes { id } }.", "venueId")
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
        directory.Invalidate(venue.Id);
        return new VenuePayload(venue, []);
    }

    private static string Describe(object? value) => value is IEnumerable<string> list ? string.Join(", ", list) : value?.ToString() ?? "";
}
