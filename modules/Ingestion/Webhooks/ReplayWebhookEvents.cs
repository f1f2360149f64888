using GraphQL;
using Integrations.Contracts.Access;
using Integrations.Contracts.Venues;
using Microsoft.EntityFrameworkCore;
using NodaTime;
using PosModular.Kernel.Errors;

namespace Ingestion.Webhooks;

/// <summary>Which events are to be read again; all conditions must hold.</summary>
internal sealed record ReplayWebhookEventsInput
{
    /// <summary>Which venue.</summary>
    [Id]
    public required string VenueId { get; init; }

    /// <summary>WebhookEvent.id, at most 10,000, whatever their status; also of unrouted events whose till belongs to this venue by now. Left out:
    /// all that failed or were ignored.</summary>
    [Id]
    public IReadOnlyList<string>? EventIds { get; init; }

    /// <summary>Only those that are so; PROCESSED only together with eventIds.</summary>
    public WebhookEventStatus? Status { get; init; }

    /// <summary>Received at or after.</summary>
    public Instant? From { get; init; }

    /// <summary>Received before.</summary>
    public Instant? To { get; init; }
}

/// <summary>What replaying did, or what was wrong.</summary>
/// <param name="Replayed">Events that were read again.</param>
/// <param name="Errors">Empty when it went well.</param>
internal sealed record ReplayWebhookEventsPayload(int Replayed, IReadOnlyList<UserError> Errors)
{
    public static ReplayWebhookEventsPayload Failed(UserError error) => new(0, [error]);
}

/// <summary>Reads stored events again with what is known by now (a till connected since, a kind of event used since) and takes them in as if they
/// came now; what is known already changes nothing, so it may be done as often as one likes. HEAD_MODERATOR. Errors: NOT_FOUND, INVALID_INPUT.</summary>
internal sealed class ReplayWebhookEvents(IDbContextFactory<IngestionDb> dbFactory, EventReplay replay, IVenues venues)
{
    private const int MaxEventIds = 10_000;

    /// <param name="input">Which events.</param>
    public async Task<ReplayWebhookEventsPayload> HandleAsync(
        ReplayWebhookEventsInput input,
        IResolveFieldContext context,
        CancellationToken cancellationToken
    )
    {
        var venue = await venues.DemandAsync(input.VenueId, Right.ManageConnections, context.Caller(), cancellationToken);
        if (input.EventIds is null && input.Status is WebhookEventStatus.Processed or WebhookEventStatus.Pending)
            return ReplayWebhookEventsPayload.Failed(
                UserError.Invalid(
                    "Name the events by eventIds: those that were processed are not replayed in bulk. Or pass FAILED or IGNORED.",
                    "status"
                )
            );
        if (input.From >= input.To)
            return ReplayWebhookEventsPayload.Failed(UserError.Invalid("to lies after from.", "to"));
        Guid[]? ids = null;
        if (input.EventIds is { } given)
        {
            if (given.Count > MaxEventIds || given.Any(id => !Guid.TryParse(id, out _)))
                return ReplayWebhookEventsPayload.Failed(
                    UserError.Invalid($"Pass WebhookEvent.id, at most {MaxEventIds} of them.", "eventIds")
                );
            ids = [.. given.Select(Guid.Parse).Distinct()];
            await using var db = await dbFactory.CreateDbContextAsync(cancellationToken);
            if (
                await db.WebhookEvents.CountAsync(
                    e => (e.VenueId == venue.Id || e.VenueId == WebhookEventRow.UnroutedVenueId) && ids.Contains(e.Id),
                    cancellationToken
                ) < ids.Length
            )
                return ReplayWebhookEventsPayload.Failed(
                    new UserError(
                        ErrorCode.NotFound,
                        "Not all of these events are this venue's or unrouted. Pass WebhookEvent.id; old events are deleted after a while.",
                        "eventIds"
                    )
                );
        }
        WebhookEventStatus[]? statuses =
            input.Status is { } status ? [status]
            : ids is null ? [WebhookEventStatus.Failed, WebhookEventStatus.Ignored]
            : null;
        var selection = new ReplaySelection(ids, statuses, input.From, input.To);
        var (replayed, refusal) = await replay.RunAsync(venue.Id, selection, cancellationToken);
        return new ReplayWebhookEventsPayload(
            replayed,
            refusal is null
                ? []
                :
                [
                    new UserError(
                        ErrorCode.Conflict,
                        $"The database refused all further events, so its tables may have changed ({refusal}). They stay as they were. "
                            + "Replay them again once every host runs the same version."
                    ),
                ]
        );
    }
}
