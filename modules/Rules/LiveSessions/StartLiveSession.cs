using GraphQL;
using Integrations.Contracts.Access;
using Integrations.Contracts.Venues;
using Microsoft.EntityFrameworkCore;
using NodaTime;
using PosModular.Kernel.Errors;
using PosModular.Kernel.Time;
using Rules.SpendRules;

namespace Rules.LiveSessions;

/// <summary>A session to start, or one that was.</summary>
internal sealed record StartLiveSessionInput
{
    /// <summary>Which venue.</summary>
    [Id]
    public required string VenueId { get; init; }

    /// <summary>Who is on stage: an id of yours.</summary>
    [Id]
    public required string PerformerId { get; init; }

    /// <summary>Now when left out.</summary>
    public Instant? StartedAt { get; init; }

    /// <summary>When its end is known already.</summary>
    public Instant? EndedAt { get; init; }
}

/// <summary>The session, or what was wrong.</summary>
/// <param name="Session">Null when there are errors.</param>
/// <param name="Errors">Empty when it went well.</param>
internal sealed record LiveSessionPayload(LiveSession? Session, IReadOnlyList<UserError> Errors)
{
    public static LiveSessionPayload Failed(UserError error) => new(null, [error]);
}

/// <summary>Puts a performer on stage. Sales count for it by their own time, so those that come in later count too. Owner or HEAD_MODERATOR.
/// Errors: INVALID_INPUT.</summary>
internal sealed class StartLiveSession(IDbContextFactory<RulesDb> dbFactory, IVenues venues, IClock clock)
{
    /// <param name="input">The session.</param>
    public async Task<LiveSessionPayload> HandleAsync(
        StartLiveSessionInput input,
        IResolveFieldContext context,
        CancellationToken cancellationToken
    )
    {
        var venue = await venues.DemandAsync(input.VenueId, Right.ManageMembers, context.Caller(), cancellationToken);
        if (SpendRuleValidator.CheckPerformer(input.PerformerId) is { } error)
            return LiveSessionPayload.Failed(error);
        var now = clock.Now();
        var session = new LiveSession
        {
            Id = now.NewId(),
            VenueId = venue.Id,
            PerformerId = input.PerformerId,
            StartedAt = input.StartedAt ?? now,
            EndedAt = input.EndedAt,
        };
        if (session.EndedAt <= session.StartedAt)
            return LiveSessionPayload.Failed(UserError.Invalid("A session ends after it has started.", "endedAt"));
        await using var db = await dbFactory.CreateDbContextAsync(cancellationToken);
        db.Add(session);
        await db.SaveChangesAsync(cancellationToken);
        return new LiveSessionPayload(session, []);
    }
}
