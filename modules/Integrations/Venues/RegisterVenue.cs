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

/// <summary>A new venue.</summary>
internal sealed record RegisterVenueInput
{
    /// <summary>Keep the one your application uses; made up when left out.</summary>
    [Id]
    public string? Id { get; init; }

    /// <summary>For people; 1 to 200 characters.</summary>
    public required string Name { get; init; }

    /// <summary>IANA, e.g. Europe/Berlin.</summary>
    public required string TimeZone { get; init; }

    /// <summary>ISO 4217; cannot be changed later.</summary>
    public required string Currency { get; init; }

    /// <summary>The venue's day starts here; a multiple of 15 minutes.</summary>
    [DefaultAstValue("\"06:00\"")]
    public LocalTime? DayCutoff { get; init; }

    /// <summary>Who may see the venue's sales: the sub claims of their tokens.</summary>
    [Id]
    public required IReadOnlyList<string> OwnerUserIds { get; init; }

    /// <summary>From which state on a sale counts as lifetime spend.</summary>
    [DefaultAstValue("AUTHORIZED")]
    public CountFrom? RulesCountFrom { get; init; }

    /// <summary>What becomes of an unlock when a refund takes the spend below its threshold.</summary>
    [DefaultAstValue("KEEP")]
    public UnlockPolicy? UnlockPolicy { get; init; }
}

/// <summary>The venue, or what was wrong.</summary>
/// <param name="Venue">Null when there are errors.</param>
/// <param name="Errors">Empty when it went well.</param>
internal sealed record VenuePayload(Venue? Venue, IReadOnlyList<UserError> Errors)
{
    public static VenuePayload Failed(params IReadOnlyList<UserError> errors) => new(null, errors);
}

/// <summary>Registers a venue. HEAD_MODERATOR. Errors: INVALID_INPUT; CONFLICT when the id is taken.</summary>
internal sealed class RegisterVenue(IDbContextFactory<IntegrationsDb> dbFactory, IClock clock)
{
    /// <param name="input">The new venue.</param>
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
                new UserError(ErrorCode.Conflict, "There is a venue with this id already. Use updateVenue, or another id.", "id")
            );
        }
        return new VenuePayload(venue, []);
    }
}
