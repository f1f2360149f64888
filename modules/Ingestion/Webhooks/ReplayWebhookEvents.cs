using System.Globalization;
using GraphQL;
using Integrations.Contracts.Access;
using Integrations.Contracts.Venues;
using Microsoft.EntityFrameworkCore;
using NodaTime;
using NodaTime.Text;
using Npgsql;
using PosModular.Kernel.Errors;

namespace Ingestion.Webhooks;

/// <summary>Selects the events to replay. All conditions must hold.</summary>
internal sealed record ReplayWebhookEventsInput
{
    /// <summary>The venue.</summary>
    [Id]
    public required string VenueId { get; init; }

    /// <summary>Ids of the events, WebhookEvent.id, at most 10,000, whatever their status. Unrouted events whose connection now belongs to
    /// this venue may be among them. If omitted, all events that failed or were ignored are replayed.</summary>
    [Id]
    public IReadOnlyList<string>? EventIds { get; init; }

    /// <summary>Replays only events with this status. PROCESSED is allowed only together with eventIds.</summary>
    public WebhookEventStatus? Status { get; init; }

    /// <summary>Replays only events received at or after this instant.</summary>
    public Instant? From { get; init; }

    /// <summary>Replays only events received before this instant.</summary>
    public Instant? To { get; init; }
}

/// <summary>The result of replaying events.</summary>
/// <param name="Replayed">How many events were replayed.</param>
/// <param name="Errors">What was wrong with the input; empty on success.</param>
internal sealed record ReplayWebhookEventsPayload(int Replayed, IReadOnlyList<UserError> Errors)
{
    public static ReplayWebhookEventsPayload Failed(UserError error) => new(0, [error]);
}

/// <summary>Replays stored webhook events as if they arrived now, for example after their connection was made or a new event type is
/// supported. What is already stored does not change, so replaying again is safe. The request is recorded in the audit log. For
/// HEAD_MODERATOR. Errors: NOT_FOUND; INVALID_INPUT; CONFLICT when the database refuses all events.</summary>
internal sealed class ReplayWebhookEvents(
    IDbContextFactory<IngestionDb> dbFactory,
    NpgsqlDataSource database,
    EventReplay replay,
    IVenues venues,
    IAuditLog auditLog
)
{
    private const int MaxEventIds = 10_000;

    /// <param name="input">The events to replay.</param>
    public async Task<ReplayWebhookEventsPayload> HandleAsync(
        ReplayWebhookEventsInput input,
        IResolveFieldContext context,
        CancellationToken cancellationToken
    )
    {
        var caller = context.Caller();
        var venue = await venues.DemandAsync(input.VenueId, Right.ManageConnections, caller, cancellationToken);
        if (input.EventIds is null && input.Status is WebhookEventStatus.Processed)
            return ReplayWebhookEventsPayload.Failed(
                UserError.Invalid("Processed events are not replayed in bulk. Pass eventIds, or the status FAILED or IGNORED.", "status")
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
        // The entry comes first, so no event is replayed without one.
        await using (var connection = await database.OpenConnectionAsync(cancellationToken))
            await auditLog.RecordAsync(
                connection,
                caller,
                venue.Id,
                "replayWebhookEvents",
                ids is [var only] ? only.ToString() : venue.Id,
                Describe(selection),
                cancellationToken
            );
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

    private static string Describe(ReplaySelection selection)
    {
        var parts = new List<string>();
        if (selection.Ids is { } ids)
            parts.Add(string.Create(CultureInfo.InvariantCulture, $"{ids.Length} chosen events"));
        if (selection.Statuses is { } statuses)
            parts.Add("status " + string.Join(" or ", statuses.Select(s => s.ToString().ToUpperInvariant())));
        if (selection.From is { } from)
            parts.Add("from " + InstantPattern.ExtendedIso.Format(from));
        if (selection.To is { } to)
            parts.Add("to " + InstantPattern.ExtendedIso.Format(to));
        return string.Join(", ", parts);
    }
}
