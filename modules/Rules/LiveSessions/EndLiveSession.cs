using GraphQL;
using Integrations.Contracts.Access;
using Integrations.Contracts.Venues;
using Microsoft.EntityFrameworkCore;
using NodaTime;
using PosModular.Kernel.Errors;
using PosModular.Kernel.Time;

namespace Rules.LiveSessions;

/// <summary>Which session to end.</summary>
internal sealed record EndLiveSessionInput
{
    /// <summary>Which session.</summary>
    [Id]
    public required string SessionId { get; init; }

    /// <summary>Now when left out.</summary>
    public Instant? EndedAt { get; init; }
}

/// <summary>Takes a performer off stage, or corrects when that was. Owner or HEAD_MODERATOR. Errors: NOT_FOUND, INVALID_INPUT.</summary>
internal sealed class EndLiveSession(IDbContextFactory<RulesDb> dbFactory, IVenues venues, IClock clock)
{
    private static readonly UserError SessionNotFound = new(
        ErrorCode.NotFound,
        "There is no such session. List them with venue { liveSessions { nodes { id } } }.",
        "sessionId"
    );

    /// <param name="input">Which session.</param>
    public async Task<LiveSessionPayload> HandleAsync(
        EndLiveSessionInput input,
        IResolveFieldContext context,
        CancellationToken cancellationToken
    )
    {
        var caller = context.Caller();
        await using var db = await dbFactory.CreateDbContextAsync(cancellationToken);
        if (
            !Guid.TryParse(input.SessionId, out var id)
            || await db.LiveSessions.SingleOrDefaultAsync(s => s.Id == id, cancellationToken) is not { } session
            || await venues.FindAsync(session.VenueId, cancellationToken) is not { } venue
            || !caller.May(Right.ViewVenue, venue)
        )
            return LiveSessionPayload.Failed(SessionNotFound);
        caller.Demand(Right.ManageMembers, venue);
        var endedAt = input.EndedAt ?? clock.Now();
        if (endedAt <= session.StartedAt)
            return LiveSessionPayload.Failed(UserError.Invalid("A session ends after it has started.", "endedAt"));
        session.EndedAt = endedAt;
        await db.SaveChangesAsync(cancellationToken);
        return new LiveSessionPayload(session, []);
    }
}
