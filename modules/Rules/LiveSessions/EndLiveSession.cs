using GraphQL;
using Integrations.Contracts.Access;
using Integrations.Contracts.Venues;
using Microsoft.EntityFrameworkCore;
using NodaTime;
using PosModular.Kernel.Errors;
using PosModular.Kernel.Feed;
using PosModular.Kernel.Time;
using Rules.Reevaluations;

namespace Rules.LiveSessions;

/// <summary>The live session to end.</summary>
internal sealed record EndLiveSessionInput
{
    /// <summary>The id of the session.</summary>
    [Id]
    public required string SessionId { get; init; }

    /// <summary>When the session ended; the present moment when left out.</summary>
    public Instant? EndedAt { get; init; }
}

/// <summary>Ends a live session, or corrects when it ended; the change is recorded in the audit log. Requires an owner of the venue or
/// HEAD_MODERATOR. Errors: NOT_FOUND; INVALID_INPUT when the end is not after the start.</summary>
internal sealed class EndLiveSession(
    IDbContextFactory<RulesDb> dbFactory,
    IVenues venues,
    IAuditLog auditLog,
    FeedSignal signal,
    IClock clock
)
{
    private static readonly UserError SessionNotFound = new(
        ErrorCode.NotFound,
        "There is no such session. List them with venue { liveSessions { nodes { id } } }.",
        "sessionId"
    );

    /// <param name="input">The session to end.</param>
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
            return LiveSessionPayload.Failed(UserError.Invalid("The end must be after the start. Pass a later endedAt.", "endedAt"));
        // Only a later end can let a transaction meet a rule that it did not meet.
        if (session.EndedAt is { } earlierEnd && earlierEnd < endedAt)
            db.Add(ReevaluationRequests.OfSpan(venue.Id, earlierEnd, endedAt, clock.Now()));
        if (session.EndedAt == endedAt)
            return new LiveSessionPayload(session, []);
        var before = session.Describe();
        session.EndedAt = endedAt;
        await db.SaveAuditedAsync(
            auditLog,
            caller,
            venue.Id,
            "endLiveSession",
            session.Id.ToString(),
            $"{before} → {session.Describe()}",
            cancellationToken
        );
        signal.Raise(Reevaluator.Signal, [venue.Id]);
        return new LiveSessionPayload(session, []);
    }
}
