using System.Globalization;
using System.Runtime.ExceptionServices;
using Ingestion.Contracts;
using Ingestion.Ledger;
using Ingestion.Syncs;
using Ingestion.Transactions;
using Integrations.Contracts.Connections;
using Microsoft.EntityFrameworkCore;
using NodaTime;
using Npgsql;
using PosModular.Kernel.Errors;
using PosModular.Kernel.Time;

namespace Ingestion.Reconciliations;

/// <summary>Reads a business date from the provider into temporary tables and compares it there with the ledger. What the list does not
/// contain, although it is stored for that date, is asked for by its id. With a repair, everything that is read is also written to the
/// ledger as the page of a sync is, before the comparison.</summary>
internal sealed class ProviderComparison(
    NpgsqlDataSource database,
    IDbContextFactory<IngestionDb> dbFactory,
    IPosConnections connections,
    Func<BatchWriter> writers,
    IClock clock,
    TimeProvider time
) : IProviderComparison
{
    private static readonly Duration MaxGivingWay = Duration.FromMinutes(1);
    private static readonly TimeSpan GivingWayInterval = TimeSpan.FromMilliseconds(200);
    private const int MaxRewinds = 5;

    // So many payments that the provider does not list are a question of their own, which no single call answers.
    private const int MaxAskedById = 200;

    private const int MaxMissingFromList = 2_000;

    private static readonly LocalDate AnyDate = new(2026, 1, 1);

    public bool IsSupported(Provider provider) => connections.DayStreams(provider, AnyDate).Count > 0;

    public async Task<ProviderResult<ComparedDay>> CompareAsync(DayToCompare day, CancellationToken cancellationToken)
    {
        if (await connections.FindAsync(day.ConnectionId, cancellationToken) is not { } details)
            return new ProviderFault(new UserError(ErrorCode.NotFound, "The connection does not exist any more."))
            {
                IsDisconnected = true,
            };
        await using var listed = await ListedDay.OpenAsync(database, details, day, cancellationToken);
        await using var writer = writers();
        if (await ReadListAsync(details, day, listed, writer, cancellationToken) is { } fault)
            return fault;
        if (await ReadMissingFromListAsync(details, day, listed, writer, cancellationToken) is { } gap)
            return gap;
        if (await AskByIdAsync(details, day, listed, writer, cancellationToken) is { } refusal)
            return refusal;
        return ProviderResult.Success(await listed.CompareAsync(cancellationToken));
    }

    public async Task<IReadOnlyDictionary<string, Guid>> FindTransactionsAsync(
        Guid connectionId,
        IReadOnlyCollection<string> externalIds,
        CancellationToken cancellationToken
    )
    {
        if (await connections.FindAsync(connectionId, cancellationToken) is not { } details)
            return new Dictionary<string, Guid>();
        await using var db = await dbFactory.CreateDbContextAsync(cancellationToken);
        return await db
            .Transactions.AsNoTracking()
            .Where(t => t.VenueId == details.VenueId && t.Provider == details.Provider && externalIds.Contains(t.ExternalId))
            .ToDictionaryAsync(t => t.ExternalId, t => t.Id, cancellationToken);
    }

    private async Task<ProviderFault?> ReadListAsync(
        PosConnectionDetails details,
        DayToCompare day,
        ListedDay listed,
        BatchWriter writer,
        CancellationToken cancellationToken
    )
    {
        var (streams, maxWindow) = (connections.DayStreams(details.Provider, day.BusinessDate), connections.MaxQuerySpan(details.Provider));
        var position = new SyncPosition(SyncTrigger.Manual, day.To, 0, day.From, null, null, 0, PassFoundChanges: false);
        var (rewinds, pages, skipped, givingWayUntil) = (0, 0, new List<SkippedItem>(), clock.Now() + MaxGivingWay);
        while (!position.IsDone(streams.Count))
        {
            await GiveWayAsync(details.ConnectionId, givingWayUntil, cancellationToken);
            var request = position.Request(streams, maxWindow) with { WithOrders = day.RepairId is not null };
            var fetched = await connections.FetchPageAsync(details.ConnectionId, request, cancellationToken);
            if (fetched.Fault is { CursorExpired: true } && rewinds++ < MaxRewinds)
            {
                position = position.Rewound();
                continue;
            }
            if (fetched.Value is not { } page)
                return fetched.Fault;
            if (position.FindRepetition(page) is { } repetition)
                return Unreadable($"{details.Provider} does not come to an end: {repetition}.");
            if (++pages > SyncPosition.MaxPages(streams.Count, day.From, day.To))
                return Unreadable($"{details.Provider} lists more pages than a day can have.");
            skipped.AddRange(page.SkippedItems.Where(s => s.Kind != SkippedKind.Order));
            if (day.RepairId is { } repairId)
                await WriteAsync(details, page.Observations, repairId, writer, cancellationToken);
            await listed.AddAsync(page.Observations, cancellationToken);
            // A listing that shifts while it is read is not read again: what it lacks is found by its id.
            position = position.After(page, foundChanges: false, day.From, maxWindow);
        }
        return skipped is [var first, ..]
            ? Unreadable(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{skipped.Count:N0} payments or refunds of the day could not be read; the first: {first.Reason}."
                )
            )
            : null;
    }

    // At Toast a payment of the day can belong to an order of another day, and so can a refund.
    private async Task<ProviderFault?> ReadMissingFromListAsync(
        PosConnectionDetails details,
        DayToCompare day,
        ListedDay listed,
        BatchWriter writer,
        CancellationToken cancellationToken
    )
    {
        var all = await connections.ListDayPaymentIdsAsync(details.ConnectionId, day.From, day.To, cancellationToken);
        if (all.Value is not { } ids)
            return all.Fault;
        if (ids.Count == 0)
            return null;
        var missing = await listed.SelectMissingAsync([.. ids], cancellationToken);
        if (missing.Count > MaxMissingFromList)
            return Unreadable($"{details.Provider} lists {missing.Count} payments of the day without their orders.");
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var id in missing)
        {
            if (seen.Contains(id))
                continue;
            var asked = await connections.FetchOneAsync(details.ConnectionId, id, isRefund: false, cancellationToken);
            if (asked.Value is not { } found)
                return asked.Fault;
            seen.UnionWith(found.Payments.Select(p => p.ExternalId));
            if (day.RepairId is { } repairId)
                await WriteAsync(details, found, repairId, writer, cancellationToken);
            await listed.AddAsync(found, cancellationToken);
        }
        return null;
    }

    private async Task<ProviderFault?> AskByIdAsync(
        PosConnectionDetails details,
        DayToCompare day,
        ListedDay listed,
        BatchWriter writer,
        CancellationToken cancellationToken
    )
    {
        foreach (var (id, isRefund) in await listed.ReadUnlistedAsync(MaxAskedById, cancellationToken))
        {
            var asked = await connections.FetchOneAsync(details.ConnectionId, id, isRefund, cancellationToken);
            if (asked.Value is not { } found)
                return asked.Fault;
            if (isRefund ? found.Refunds.All(r => r.ExternalId != id) : found.Payments.All(p => p.ExternalId != id))
            {
                listed.MarkUnknown(id, isRefund);
                continue;
            }
            if (day.RepairId is { } repairId)
                await WriteAsync(details, found, repairId, writer, cancellationToken);
            await listed.AddAsync(found, cancellationToken);
        }
        return null;
    }

    // A row that the database refuses stays different, and the comparison names it.
    private static async Task WriteAsync(
        PosConnectionDetails details,
        PosObservations observations,
        string repairId,
        BatchWriter writer,
        CancellationToken cancellationToken
    )
    {
        var items = BatchItem.Of(details, observations, VersionCause.Reconciliation, repairId).Split();
        var outcomes = IsolatingWriter.WriteAsync(
            items,
            i => i.VenueId,
            part => writer.WriteAsync(part, cancellationToken),
            cancellationToken
        );
        await foreach (var outcome in outcomes)
            if (outcome is { Status: WriteStatus.Retry, Error: { } error })
                ExceptionDispatchInfo.Throw(error);
    }

    // A sync brings what guests pay now; a reconciliation can wait.
    private async Task GiveWayAsync(Guid connectionId, Instant until, CancellationToken cancellationToken)
    {
        while (clock.Now() < until && await SyncSql.IsDueAsync(database, connectionId, clock.Now(), cancellationToken))
        {
            await time.DelayAsync(GivingWayInterval, cancellationToken);
            cancellationToken.ThrowIfCancellationRequested();
        }
    }

    private static ProviderFault Unreadable(string what) =>
        new(new UserError(ErrorCode.SyncFailed, $"{what} The day is compared again later; nothing is taken as equal."))
        {
            IsUnreadable = true,
        };
}
