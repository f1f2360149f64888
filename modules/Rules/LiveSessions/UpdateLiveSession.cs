using GraphQL;
using Integrations.Contracts.Access;
using Integrations.Contracts.Venues;
using Microsoft.EntityFrameworkCore;
using NodaTime;
using PosModular.Kernel.Errors;
using PosModular.Kernel.Feed;
using PosModular.Kernel.Schema;
using PosModular.Kernel.Time;
using Rules.Reevaluations;
using Rules.SpendRules;

namespace Rules.LiveSessions;

/// <summary>The corrections to a live session. A field that is left out stays as it is.</summary>
internal sealed record UpdateLiveSessionInput : PartialInput
{
    /// <summary>The id of the session.</summary>
    [Id]
    public required string SessionId { get; init; }

    /// <summary>The performer who was on stage: an id of your application, 1 to 200 characters.</summary>
    [Id]
    public string? PerformerId { get; init; }

    /// <summary>When the session started, inclusive.</summary>
    public Instant? StartedAt { get; init; }

    /// <summary>When the session ended, exclusive; null when it still goes on.</summary>
    public Instant? EndedAt { get; init; }
}

/// <summary>Corrects the start, the end or the performer of a live session; the change is recorded in the audit log. The revenue of the
/// session and of performers follows at once. The rules that ask for a live session are tried again, in the background, on the
/// transactions of the span before and after the change. Unlocks that are there stay. Requires an owner of the venue or HEAD_MODERATOR.
/// Errors: NOT_FOUND; INVALID_INPUT, also when the end is not after the start.</summary>
internal sealed class UpdateLiveSession(
    IDbContextFactory<RulesDb> dbFactory,
    IVenues venues,
    IAuditLog auditLog,
    FeedSignal signal,
    IClock clock
)
{
    /// <param name="input">The session and its corrections.</param>
    public async Task<LiveSessionPayload> HandleAsync(
        UpdateLiveSessionInput input,
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
            return LiveSessionPayload.Failed(
                new UserError(
                    ErrorCode.NotFound,
                    "There is no such session. List them with venue { liveSessions { nodes { id } } }.",
                    "sessionId"
                )
            );
        caller.Demand(Right.ManageMembers, venue);
        if (SpendRuleValidator.CheckPerformer(input.PerformerId) is { } error)
            return LiveSessionPayload.Failed(error);
        var (before, startedAt, endedAt) = (session.Describe(), session.StartedAt, session.EndedAt);
        session.PerformerId = input.PerformerId ?? session.PerformerId;
        session.StartedAt = input.StartedAt ?? session.StartedAt;
        session.EndedAt = input.IsProvided("endedAt") ? input.EndedAt : session.EndedAt;
        if (session.EndedAt <= session.StartedAt)
            return LiveSessionPayload.Failed(
                UserError.Invalid("The end must be after the start. Pass a later endedAt or an earlier startedAt.", "endedAt")
            );
        if (before != session.Describe())
        {
            db.Add(
                ReevaluationRequests.OfSpan(
                    venue.Id,
                    Instant.Min(startedAt, session.StartedAt),
                    endedAt is { } end && session.EndedAt is { } newEnd ? Instant.Max(end, newEnd) : null,
                    clock.Now()
                )
            );
            await db.SaveAuditedAsync(
                auditLog,
                caller,
                venue.Id,
                "updateLiveSession",
                session.Id.ToString(),
                $"{before} → {session.Describe()}",
                cancellationToken
            );
            signal.Raise(Reevaluator.Signal, [venue.Id]);
        }
        return new LiveSessionPayload(session, []);
    }
}
