using GraphQL;
using Ingestion.Contracts;
using Integrations.Contracts.Access;
using Integrations.Contracts.Calendar;
using Integrations.Contracts.Connections;
using Integrations.Contracts.Venues;
using Microsoft.EntityFrameworkCore;
using NodaTime;
using NodaTime.Text;
using Npgsql;
using PosModular.Kernel.Errors;
using PosModular.Kernel.Time;

namespace Analytics.Reconciliations;

/// <summary>The date to reconcile.</summary>
internal sealed record ReconcileDayInput
{
    /// <summary>The venue.</summary>
    [Id]
    public required string VenueId { get; init; }

    /// <summary>A business date that has ended, not before 2009.</summary>
    public required LocalDate BusinessDate { get; init; }

    /// <summary>The connection to compare with; all connections of the venue if omitted.</summary>
    [Id]
    public string? ConnectionId { get; init; }
}

/// <summary>The result of requesting a reconciliation.</summary>
/// <param name="Reconciliation">The reconciliation as it is now; null on failure.</param>
/// <param name="Errors">What was wrong with the input; empty on success.</param>
internal sealed record ReconciliationPayload(Reconciliation? Reconciliation, IReadOnlyList<UserError> Errors)
{
    public static ReconciliationPayload Failed(UserError error) => new(null, [error]);
}

/// <summary>Compares a business date with the providers now, repairs what differs and compares once more. Returns as soon as the run is
/// requested, with the state RUNNING; the request is recorded in the audit log. For owners of the venue and HEAD_MODERATOR. Errors:
/// INVALID_INPUT, also for a date that has not ended and for a connection of another venue; NOT_FOUND when no such connection
/// exists.</summary>
internal sealed class ReconcileDay(
    IDbContextFactory<AnalyticsDb> dbFactory,
    IVenues venues,
    IPosConnections connections,
    IProviderComparison comparison,
    IAuditLog auditLog,
    ReconciliationReader reader,
    ReconciliationSignal signal,
    IClock clock
)
{
    private static readonly LocalDate MinDate = new(2009, 1, 1);

    /// <param name="input">The date to reconcile.</param>
    public async Task<ReconciliationPayload> HandleAsync(
        ReconcileDayInput input,
        IResolveFieldContext context,
        CancellationToken cancellationToken
    )
    {
        var caller = context.Caller();
        var venue = await venues.DemandAsync(input.VenueId, Right.StartSyncs, caller, cancellationToken);
        var (date, now) = (input.BusinessDate, clock.Now());
        if (date < MinDate || date >= venue.BusinessDateOf(now))
            return ReconciliationPayload.Failed(
                UserError.Invalid("The business date must have ended and not lie before 2009. Pass an earlier date.", "businessDate")
            );
        if (await IsOfAnotherVenueAsync(input.ConnectionId, venue, caller, cancellationToken))
            return ReconciliationPayload.Failed(
                UserError.Invalid(
                    "This connection belongs to another venue. Pass its own venueId, or a connection of this venue.",
                    "connectionId"
                )
            );
        Guid[] chosen =
        [
            .. (await connections.ListConnectedAsync(venue.Id, cancellationToken))
                .Where(c => comparison.IsSupported(c.Details.Provider))
                .Select(c => c.Details.ConnectionId)
                .Where(id => input.ConnectionId is null || id.ToString() == input.ConnectionId),
        ];
        if (chosen.Length == 0)
            return ReconciliationPayload.Failed(
                new UserError(
                    ErrorCode.NotFound,
                    "The venue has no such connection. List them with venue { posConnections { id status } }.",
                    "connectionId"
                )
            );
        await RequestAsync(venue, date, chosen, caller, now, cancellationToken);
        signal.Set();
        signal.RaiseProgress(venue.Id);
        return new ReconciliationPayload((await reader.ReadAsync(venue, date, date, cancellationToken)).Single(), []);
    }

    private async Task RequestAsync(
        IVenue venue,
        LocalDate date,
        Guid[] chosen,
        Caller caller,
        Instant now,
        CancellationToken cancellationToken
    )
    {
        await using var db = await dbFactory.CreateDbContextAsync(cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        var connection = (NpgsqlConnection)db.Database.GetDbConnection();
        await ReconciliationSql.RequestAsync(connection, venue.Id, date, chosen, now, cancellationToken);
        await auditLog.RecordAsync(
            connection,
            caller,
            venue.Id,
            "reconcileDay",
            LocalDatePattern.Iso.Format(date),
            $"connections {string.Join(", ", chosen)}",
            cancellationToken
        );
        await transaction.CommitAsync(cancellationToken);
    }

    // To other callers a connection of a venue that they may not see is as unknown as one that does not exist.
    private async ValueTask<bool> IsOfAnotherVenueAsync(
        string? connectionId,
        IVenue venue,
        Caller caller,
        CancellationToken cancellationToken
    ) =>
        Guid.TryParse(connectionId, out var id)
        && await connections.FindAsync(id, cancellationToken) is { } connection
        && connection.VenueId != venue.Id
        && await venues.FindAsync(connection.VenueId, cancellationToken) is { } other
        && caller.May(Right.ViewVenue, other);
}
