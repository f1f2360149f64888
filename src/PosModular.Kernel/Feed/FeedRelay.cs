using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using NodaTime;
using Npgsql;
using PosModular.Kernel.Data;
using PosModular.Kernel.Time;

namespace PosModular.Kernel.Feed;

/// <summary>Brings one reader its feed, in order and exactly once: the effect and the reader's place are one commit.</summary>
/// <remarks>Hosts share the work by row locks on the positions. A batch that fails is halved until the culprit stands alone; that one is
/// tried again a few times, then parked, and the others go on. What fails for a passing reason (database away, deadlock) is simply
/// tried again.</remarks>
internal sealed partial class FeedRelay(
    FeedReader reader,
    FeedSource source,
    IServiceScopeFactory scopes,
    FeedSignal signal,
    IClock clock,
    TimeProvider time,
    ILogger<FeedRelay> log
)
{
    private const int MaxBatchSize = 1_000;
    private const int MaxIsolatedAttempts = 3;
    private const int MaxDeadLetterRetriesPerPoll = 20;
    private static readonly TimeSpan PollInterval = TimeSpan.FromSeconds(1);

    // A burst rings many times; a short breath turns it into few large batches (docs/adr/0004-the-feed.md).
    private static readonly TimeSpan SignalDebounce = TimeSpan.FromMilliseconds(25);

    private readonly FeedSql _sql = new(reader, source);
    private string _lastVenueId = "";
    private int _batchSize = MaxBatchSize;

    // How often a change has failed by itself.
    private readonly Dictionary<(string VenueId, long Seq), int> _isolatedFailures = [];

    // Venues with a change missing: they stand still, for a second at a time, and the others go on.
    private readonly HashSet<string> _venuesWithGap = [];

    // Venues that surely have a position: only spares the question, so it need not be complete.
    private readonly HashSet<string> _venuesWithPosition = [];

    public FeedReader Reader => reader;

    /// <summary>Rings after every step that moved something, for those who wait until the relay is idle.</summary>
    public string ProgressSignal => "moved:" + reader.Name;

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using var wakeup = signal.Listen(source.Name);
        wakeup.Set(null);
        long? lastPollAt = null;
        var deadLetterRetries = 0;
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                if (await wakeup.WaitAsync(PollInterval, time, cancellationToken))
                    await time.DelayAsync(SignalDebounce, cancellationToken);
                // Once a second everything is looked at, whether a bell rang or not: new venues get a position, parked changes a chance.
                string[]? venueIds = wakeup.TakeVenueIds();
                if (venueIds is null || !_venuesWithPosition.IsSupersetOf(venueIds))
                    await CreatePositionsAsync(cancellationToken);
                if (lastPollAt is null || time.GetElapsedTime(lastPollAt.Value) >= PollInterval)
                {
                    await CreatePositionsAsync(cancellationToken);
                    lastPollAt = time.GetTimestamp();
                    deadLetterRetries = MaxDeadLetterRetriesPerPoll;
                    venueIds = null;
                    _venuesWithGap.Clear();
                }
                _venuesWithPosition.UnionWith(venueIds ?? []);
                while (await RelayBatchAsync(venueIds, cancellationToken))
                {
                    // Some venues never rest; those that ring meanwhile, new ones and the housework have their turn.
                    var signalledVenueIds = wakeup.TakeVenueIds();
                    if (
                        signalledVenueIds is null
                        || !_venuesWithPosition.IsSupersetOf(signalledVenueIds)
                        || time.GetElapsedTime(lastPollAt.Value) >= PollInterval
                    )
                    {
                        wakeup.Set(null);
                        break;
                    }
                    venueIds = venueIds is null ? null : [.. venueIds.Union(signalledVenueIds)];
                }
                while (deadLetterRetries-- > 0 && await RetryDeadLetterAsync(cancellationToken)) { }
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e)
            {
                LogRelayFailed(log, reader.Name, e.Message);
                wakeup.Set(null);
                await time.DelayAsync(PollInterval, cancellationToken);
            }
        }
    }

    /// <summary>One commit: up to 1,000 changes. False when nothing was behind.</summary>
    private async Task<bool> RelayBatchAsync(string[]? venueIds, CancellationToken cancellationToken)
    {
        await using var scope = scopes.CreateAsyncScope();
        var (db, connection) = await OpenConnectionAsync(scope, cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        var batch = await ReadBatchAsync(
            _sql.ReadNext(connection, venueIds, _lastVenueId, _batchSize, [.. _venuesWithGap]),
            cancellationToken
        );
        if (batch.Positions.Count == 0)
            return false;
        IReadOnlyList<(string VenueId, long From, long To)> ranges;
        try
        {
            ranges = batch.SequenceRanges();
            if (batch.Notification is not null)
                await reader.Handle(scope.ServiceProvider, batch.Notification, cancellationToken);
            await using var advance = _sql.Advance(connection, ranges);
            await advance.ExecuteNonQueryAsync(cancellationToken);
            await transaction.CommitAsync(cancellationToken);
        }
        catch (FeedGapException e)
        {
            _venuesWithGap.Add(e.VenueId);
            LogRelayFailed(log, reader.Name, e.Message);
            return true;
        }
        catch (Exception e) when (e.IsTransient())
        {
            // It will pass; till then the venues after this one have their turn.
            _lastVenueId = batch.Positions[0].VenueId;
            _batchSize = Math.Max(1, batch.Positions.Count / 2);
            throw;
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            await transaction.RollbackAsync(cancellationToken);
            await IsolateFailureAsync(batch.Positions, e, cancellationToken);
            return true;
        }
        scope.ServiceProvider.GetRequiredService<AfterCommitActions>().RunAll();
        _batchSize = Math.Min(MaxBatchSize, _batchSize * 2);
        _lastVenueId = ranges[^1].VenueId;
        signal.RaiseLocally(ProgressSignal, null);
        return true;
    }

    /// <summary>Halves until the culprit stands alone; then the others go on before it is tried again, and after a few tries it is parked.</summary>
    private async Task IsolateFailureAsync(
        IReadOnlyList<FeedChangePosition> positions,
        Exception error,
        CancellationToken cancellationToken
    )
    {
        if (positions.Count > 1)
        {
            _batchSize = positions.Count / 2;
            return;
        }
        var position = positions[0];
        var attempts = _isolatedFailures.GetValueOrDefault((position.VenueId, position.Seq)) + 1;
        _isolatedFailures[(position.VenueId, position.Seq)] = attempts;
        _lastVenueId = position.VenueId;
        _batchSize = 1;
        if (attempts < MaxIsolatedAttempts)
            return;
        _isolatedFailures.Remove((position.VenueId, position.Seq));
        await AddDeadLetterAsync(position, error, cancellationToken);
    }

    private async Task AddDeadLetterAsync(FeedChangePosition position, Exception error, CancellationToken cancellationToken)
    {
        await using var scope = scopes.CreateAsyncScope();
        var (db, connection) = await OpenConnectionAsync(scope, cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        // Another host may have got through in between: then there is nothing to park.
        var batch = await ReadBatchAsync(_sql.ReadNext(connection, [position.VenueId], "", 1, []), cancellationToken);
        if (batch.Positions is not [var current] || current != position)
            return;
        var now = clock.Now();
        await using var addDeadLetter = _sql.AddDeadLetter(
            connection,
            position.VenueId,
            position.Seq,
            DescribeError(error),
            now,
            now + RetryDelay(1)
        );
        await addDeadLetter.ExecuteNonQueryAsync(cancellationToken);
        await using var advance = _sql.Advance(connection, [(position.VenueId, position.From, position.Seq)]);
        await advance.ExecuteNonQueryAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        LogDeadLettered(log, reader.Name, position.VenueId, position.Seq, DescribeError(error));
        signal.RaiseLocally(ProgressSignal, null);
    }

    /// <summary>Tries the parked change that is due longest; effect and unparking are one commit. False when none is due.</summary>
    private async Task<bool> RetryDeadLetterAsync(CancellationToken cancellationToken)
    {
        await using var scope = scopes.CreateAsyncScope();
        var (db, connection) = await OpenConnectionAsync(scope, cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        string venueId;
        long seq;
        int attempts;
        await using (var nextDeadLetter = _sql.NextDeadLetter(connection, clock.Now()))
        await using (var row = await nextDeadLetter.ExecuteReaderAsync(cancellationToken))
        {
            if (!await row.ReadAsync(cancellationToken))
                return false;
            (venueId, seq, attempts) = (row.GetString(0), row.GetInt64(1), row.GetInt32(2));
        }
        var batch = await ReadBatchAsync(_sql.ReadOne(connection, venueId, seq), cancellationToken);
        await transaction.CreateSavepointAsync("before", cancellationToken);
        try
        {
            if (batch.Positions is not [var position] || position.Seq != seq)
                throw new InvalidOperationException("The parked change is not in the feed.");
            if (batch.Notification is not null)
                await reader.Handle(scope.ServiceProvider, batch.Notification, cancellationToken);
            await using var removeDeadLetter = _sql.RemoveDeadLetter(connection, venueId, seq);
            await removeDeadLetter.ExecuteNonQueryAsync(cancellationToken);
        }
        catch (Exception e) when (e is not OperationCanceledException && (!e.IsTransient() || e.IsLockTimeout()))
        {
            await transaction.RollbackToSavepointAsync("before", cancellationToken);
            await using var postpone = _sql.PostponeDeadLetter(
                connection,
                venueId,
                seq,
                DescribeError(e),
                clock.Now() + RetryDelay(attempts + 1)
            );
            await postpone.ExecuteNonQueryAsync(cancellationToken);
        }
        await transaction.CommitAsync(cancellationToken);
        scope.ServiceProvider.GetRequiredService<AfterCommitActions>().RunAll();
        signal.RaiseLocally(ProgressSignal, null);
        return true;
    }

    private async Task CreatePositionsAsync(CancellationToken cancellationToken)
    {
        await using var scope = scopes.CreateAsyncScope();
        var (_, connection) = await OpenConnectionAsync(scope, cancellationToken);
        await using var createPositions = _sql.CreatePositions(connection);
        await createPositions.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Changes not yet handled, in one venue or in all, and changes parked.</summary>
    public async Task<(long Behind, long Parked)> GetLagAsync(string? venueId, CancellationToken cancellationToken)
    {
        await using var scope = scopes.CreateAsyncScope();
        var (_, connection) = await OpenConnectionAsync(scope, cancellationToken);
        await using var lag = _sql.Lag(connection, venueId);
        await using var row = await lag.ExecuteReaderAsync(cancellationToken);
        await row.ReadAsync(cancellationToken);
        return (row.GetInt64(0), row.GetInt64(1));
    }

    private async Task<(DbContext Db, NpgsqlConnection Connection)> OpenConnectionAsync(
        AsyncServiceScope scope,
        CancellationToken cancellationToken
    )
    {
        var db = reader.GetDbContext(scope.ServiceProvider);
        await db.Database.OpenConnectionAsync(cancellationToken);
        return (db, (NpgsqlConnection)db.Database.GetDbConnection());
    }

    private async Task<FeedBatch> ReadBatchAsync(NpgsqlBatch query, CancellationToken cancellationToken)
    {
        await using (query)
        {
            await using var rows = await query.ExecuteReaderAsync(cancellationToken);
            return await source.ReadAsync(rows, 1, cancellationToken);
        }
    }

    // One minute, then twice as long each time, at most a day.
    private static Duration RetryDelay(int attempts) => Duration.FromMinutes(Math.Min(24 * 60, Math.Pow(2, Math.Min(attempts, 11) - 1)));

    // The exception's own words only: the data of a failing row stays out of tables and logs.
    private static string DescribeError(Exception error) =>
        error.GetBaseException() is PostgresException p
            ? $"{p.SqlState}: {p.MessageText}"
            : $"{error.GetBaseException().GetType().Name}: {error.GetBaseException().Message}";

    [LoggerMessage(LogLevel.Warning, "The relay of {Reader} stumbled and tries again: {Reason}")]
    private static partial void LogRelayFailed(ILogger log, string reader, string reason);

    [LoggerMessage(
        LogLevel.Error,
        "{Reader} could not handle change {Seq} of venue {Venue}; it is parked and will be tried again: {Reason}"
    )]
    private static partial void LogDeadLettered(ILogger log, string reader, string venue, long seq, string reason);
}
