using GraphQL;
using Integrations.Contracts.Access;
using Integrations.Contracts.Venues;
using Microsoft.EntityFrameworkCore;
using NodaTime;
using PosModular.Kernel.Errors;
using PosModular.Kernel.Feed;
using PosModular.Kernel.Time;
using Rules.Reevaluations;
using Rules.SpendRules;

namespace Rules.LiveSessions;

/// <summary>A live session to start, or a past one to record.</summary>
internal sealed record StartLiveSessionInput
{
    /// <summary>The id of the venue.</summary>
    [Id]
    public required string VenueId { get; init; }

    /// <summary>The performer on stage: an id of your application, 1 to 200 characters.</summary>
    [Id]
    public required string PerformerId { get; init; }

    /// <summary>When the session starts; the present moment when left out.</summary>
    public Instant? StartedAt { get; init; }

    /// <summary>When the session ends; left out while that is not known.</summary>
    public Instant? EndedAt { get; init; }
}

/// <summary>The live session, or why it could not be saved.</summary>
/// <param name="Session">The session as it is now; null when there are errors.</param>
/// <param name="Errors">What was wrong with the input; empty on success.</param>
internal sealed record LiveSessionPayload(LiveSession? Session, IReadOnlyList<UserError> Errors)
{
    public static LiveSessionPayload Failed(UserError error) => new(null, [error]);
}

/// <summary>Starts a live session. A transaction belongs to it by the transaction's own time, so those that arrive later count too, and
/// the rules are tried again, in the background, on transactions since a start in the past. It is recorded in the audit log. Requires an
/// owner of the venue or HEAD_MODERATOR. Errors: INVALID_INPUT.</summary>
internal sealed class StartLiveSession(
    IDbContextFactory<RulesDb> dbFactory,
    IVenues venues,
    IAuditLog auditLog,
    FeedSignal signal,
    IClock clock
)
{
    /// <param name="input">The session to start.</param>
    public async Task<LiveSessionPayload> HandleAsync(
        StartLiveSessionInput input,
        IResolveFieldContext context,
        CancellationToken cancellationToken
    )
    {
        var caller = context.Caller();
        var venue = await venues.DemandAsync(input.VenueId, Right.ManageMembers, caller, cancellationToken);
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
            return LiveSessionPayload.Failed(
                UserError.Invalid("The end must be after the start. Pass a later endedAt or none.", "endedAt")
            );
        await using var db = await dbFactory.CreateDbContextAsync(cancellationToken);
        db.Add(session);
        if (session.StartedAt < now)
            db.Add(ReevaluationRequests.OfSpan(venue.Id, session.StartedAt, session.EndedAt, now));
        await db.SaveAuditedAsync(
            auditLog,
            caller,
            venue.Id,
            "startLiveSession",
            session.Id.ToString(),
            session.Describe(),
            cancellationToken
        );
        signal.Raise(Reevaluator.Signal, [venue.Id]);
        return new LiveSessionPayload(session, []);
    }
}
