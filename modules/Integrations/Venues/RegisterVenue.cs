using GraphQL;
using Integrations.Audit;
using Integrations.Contracts.Access;
using Integrations.Contracts.Venues;
using Microsoft.EntityFrameworkCore;
using NodaTime;
using Npgsql;
using PosModular.Kernel.Errors;
using PosModular.Kernel.Time;

namespace Integrations.Venues;

/// <summary>The venue to register.</summary>
internal sealed record RegisterVenueInput
{
    /// <summary>The id that your application uses for this venue; generated when null.</summary>
    [Id]
    public string? Id { get; init; }

    /// <summary>The display name, 1 to 200 characters.</summary>
    public required string Name { get; init; }

    /// <summary>The IANA time zone, e.g. Europe/Berlin.</summary>
    public required string TimeZone { get; init; }

    /// <summary>The venue's currency, ISO 4217. It cannot be changed later.</summary>
    public required string Currency { get; init; }

    /// <summary>The local time at which the venue's business date starts; a multiple of 15 minutes.</summary>
    [DefaultAstValue("\"06:00\"")]
    public LocalTime? DayCutoff { get; init; }

    /// <summary>The users who may see the venue's transactions: the sub claims of their tokens.</summary>
    [Id]
    public required IReadOnlyList<string> OwnerUserIds { get; init; }

    /// <summary>The state from which a transaction counts towards lifetime spend.</summary>
    [DefaultAstValue("AUTHORIZED")]
    public CountFrom? RulesCountFrom { get; init; }

    /// <summary>What happens to an unlock when a refund takes the lifetime spend below its threshold.</summary>
    [DefaultAstValue("KEEP")]
    public UnlockPolicy? UnlockPolicy { get; init; }
}

/// <summary>The result of registering or changing a venue.</summary>
/// <param name="Venue">The venue; null when there are errors.</param>
/// <param name="Errors">What was wrong with the input; empty on success.</param>
internal sealed record VenuePayload(Venue? Venue, IReadOnlyList<UserError> Errors)
{
    public static VenuePayload Failed(params IReadOnlyList<UserError> errors) => new(null, errors);
}

/// <summary>Registers a venue. Requires HEAD_MODERATOR. Errors: INVALID_INPUT; CONFLICT when the id is taken.</summary>
internal sealed class RegisterVenue(IDbContextFactory<IntegrationsDb> dbFactory, IClock clock)
{
    /// <param name="input">The venue to register.</param>
    public async Task<VenuePayload> HandleAsync(RegisterVenueInput input, IResolveFieldContext context, CancellationToken cancellationToken)
    {
        var caller = context.Caller();
        caller.Demand(Right.ManageConnections);
        var cutoff = input.DayCutoff ?? new LocalTime(6, 0);
        UserError?[] checks =
        [
            input.Id is null ? null : VenueValidator.CheckId(input.Id),
            VenueValidator.CheckName(input.Name),
            VenueValidator.CheckTimeZone(input.TimeZone),
            VenueValidator.CheckCurrency(input.Currency),
            VenueValidator.CheckDayCutoff(cutoff),
            VenueValidator.CheckOwners(input.OwnerUserIds),
        ];
        if (checks.OfType<UserError>().ToArray() is { Length: > 0 } errors)
            return VenuePayload.Failed(errors);

        var now = clock.Now();
        var venue = new Venue
        {
            Id = input.Id ?? now.NewId().ToString(),
            Name = input.Name.Trim(),
            TimeZone = input.TimeZone,
            Currency = input.Currency,
            DayCutoff = cutoff,
            RulesCountFrom = input.RulesCountFrom ?? CountFrom.Authorized,
            UnlockPolicy = input.UnlockPolicy ?? UnlockPolicy.Keep,
            OwnerUserIds = [.. input.OwnerUserIds.Select(o => o.Trim()).Distinct()],
            CreatedAt = now,
        };
        await using var db = await dbFactory.CreateDbContextAsync(cancellationToken);
        db.Add(venue);
        db.Add(AuditEntry.Of(now, caller, venue.Id, "registerVenue", venue.Id, "owners: " + string.Join(", ", venue.OwnerUserIds)));
        try
        {
            await db.SaveChangesAsync(cancellationToken);
        }
        catch (DbUpdateException e) when (e.InnerException is PostgresException { SqlState: PostgresErrorCodes.UniqueViolation })
        {
            return VenuePayload.Failed(
                new UserError(
                    ErrorCode.Conflict,
                    "A venue with this id already exists. Change it with updateVenue, or register this one under another id.",
                    "id"
                )
            );
        }
        return new VenuePayload(venue, []);
    }
}
