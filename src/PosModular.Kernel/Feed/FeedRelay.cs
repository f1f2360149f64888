using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using NodaTime;
using Npgsql;
using PosModular.Kernel.Data;
using PosModular.Kernel.Time;

namespace PosModular.Kernel.Feed;

/// <summary>Hands one reader the changes of its feed, in order and exactly once: the effect and the reader's position are one
/// commit.</summary>
/// <remarks>Hosts share the work by row locks on the positions. A batch that fails is split until the faulty change stands alone; after a
/// few attempts it becomes a dead letter, so that the changes behind it can proceed. A transient failure, such as an unreachable database
/// or a deadlock, is only retried.</remarks>
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
    private const int LargeBatch = 200;
    private const int MaxIsolatedAttempts = 3;
    private const int MaxDeadLetterRetriesPerPoll = 20;
    private static readonly TimeSpan PollInterval = TimeSpan.FromSeconds(1);

    // During a burst there is a signal for each commit; waiting a little turns them into few large batches (docs/adr/0004-the-feed.md).
    private static readonly TimeSpan SignalDebounce = TimeSpan.FromMilliseconds(25);

    private readonly FeedSql _sql = new(reader, source);
    private string _lastVenueId = "";
    private int _batchSize = MaxBatchSize;
    private int _lastBatchCount;

    // How often a change has failed in a batch of its own.
    private readonly Dictionary<(string VenueId, long Seq), int> _isolatedFailures = [];

    // Venues in whose feed a change is missing. They are skipped until the next poll.
    private readonly HashSet<string> _venuesWithGap = [];

    // Venues known to have a position. It only saves queries, so it may be incomplete. A reader that follows chosen venues reads them
    // once a second, so that signals of the others cost nothing.
    private readonly HashSet<string> _venuesWithPosition = [];

    public FeedReader Reader => reader;

    /// <summary>The signal raised in this process after each commit, for callers that wait until the relay is idle.</summary>
    public string ProgressSignal => "progress:" + reader.Name;

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using var wakeup = signal.Listen(source.Signal);
        wakeup.Set(null);
        long? lastPollAt = null;
        var deadLetterRetries = 0;
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                if (await wakeup.WaitAsync(PollInterval, time, cancellationToken))
                    await time.DelayAsync(SignalDebounce, cancellationToken);
                // Once a second, with or without a signal, new venues get a position and due dead letters are retried.
                string[]? venueIds = wakeup.TakeVenueIds();
                if (!reader.FollowsChosenVenues && (venueIds is null || !_venuesWithPosition.IsSupersetOf(venueIds)))
                    await CreatePositionsAsync(cancellationToken);
                if (lastPollAt is null || time.GetElapsedTime(lastPollAt.Value) >= PollInterval)
                {
                    await CreatePositionsAsync(cancellationToken);
                    lastPollAt = time.GetTimestamp();
                    deadLetterRetries = MaxDeadLetterRetriesPerPoll;
                    venueIds = null;
                    _venuesWithGap.Clear();
                }
                if (reader.FollowsChosenVenues)
                    venueIds = [.. _venuesWithPosition.Where(v => venueIds?.Contains(v) ?? true)];
                else
                    _venuesWithPosition.UnionWith(venueIds ?? []);
                while (venueIds is not [] && await RelayBatchAsync(venueIds, cancellationToken))
                {
                    // Under load, changes arrive during each batch. The price of a batch hardly depends on its size.
                    if (_lastBatchCount < LargeBatch && wakeup.IsSet)
                    {
                        wakeup.Reset();
                        await time.DelayAsync(SignalDebounce, cancellationToken);
                    }
                    // Busy venues may keep this loop running forever; venues signalled meanwhile, new venues and the poll get their turn.
                    var signalledVenueIds = wakeup.TakeVenueIds();
                    if (reader.FollowsChosenVenues)
                        signalledVenueIds = signalledVenueIds?.Intersect(_venuesWithPosition).ToArray();
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

    /// <summary>Relays up to 1,000 changes in one commit; false when the reader has handled everything.</summary>
    private async Task<bool> RelayBatchAsync(string[]? venueIds, CancellationToken cancellationToken)
    {
        await using var scope = scopes.CreateAsyncScope();
        var (db, connection) = await OpenConnectionAsync(scope, cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        var batch = await ReadBatchAsync(
            _sql.ReadNext(connection, venueIds, _lastVenueId, _batchSize, [.. _venuesWithGap]),
            cancellationToken
        );
        _lastBatchCount = batch.Positions.Count;
        if (_lastBatchCount == 0)
            return false;
        IReadOnlyList<(string VenueId, long Seq)> ends;
        try
        {
            ends = batch.LastSequences();
            if (batch.Notification is not null)
                await reader.Handle(scope.ServiceProvider, batch.Notification, cancellationToken);
            await ExecuteAsync(_sql.Advance(connection, ends), cancellationToken);
            await transaction.CommitAsync(cancellationToken);
        }
        catch (FeedGapException e)
        {
            _venuesWithGap.Add(e.VenueId);
            LogGap(log, reader.Name, e.Message);
            return true;
        }
        catch (Exception e) when (e.IsTransient())
        {
            // Until it passes, the venues after this one get their turn.
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
        _lastVenueId = ends[^1].VenueId;
        signal.RaiseLocally(ProgressSignal, null);
        return true;
    }

    /// <summary>Halves the batch until the faulty change stands alone. Other venues proceed between its attempts; after a few of them it
    /// becomes a dead letter.</summary>
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
        // Another host may have handled the change in the meantime.
        var batch = await ReadBatchAsync(_sql.ReadNext(connection, [position.VenueId], "", 1, []), cancellationToken);
        if (batch.Positions is not [var current] || current != position)
            return;
        var now = clock.Now();
        var (venueId, seq, reason) = (position.VenueId, position.Seq, DescribeError(error));
        await ExecuteAsync(_sql.AddDeadLetter(connection, venueId, seq, reason, now, now + RetryDelay(1)), cancellationToken);
        await ExecuteAsync(_sql.Advance(connection, [(venueId, seq)]), cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        LogDeadLettered(log, reader.Name, venueId, seq, reason);
        signal.RaiseLocally(ProgressSignal, null);
    }

    /// <summary>Retries the dead letter that has been due longest; its effect and its removal are one commit. False when none is
    /// due.</summary>
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
                throw new InvalidOperationException("The change is no longer in the feed.");
            if (batch.Notification is not null)
                await reader.Handle(scope.ServiceProvider, batch.Notification, cancellationToken);
            await ExecuteAsync(_sql.RemoveDeadLetter(connection, venueId, seq), cancellationToken);
        }
        catch (Exception e) when (e is not OperationCanceledException && (!e.IsTransient() || e.IsLockTimeout()))
        {
            await transaction.RollbackToSavepointAsync("before", cancellationToken);
            var nextAttemptAt = clock.Now() + RetryDelay(attempts + 1);
            await ExecuteAsync(_sql.PostponeDeadLetter(connection, venueId, seq, DescribeError(e), nextAttemptAt), cancellationToken);
        }
        await transaction.CommitAsync(cancellationToken);
        scope.ServiceProvider.GetRequiredService<AfterCommitActions>().RunAll();
        signal.RaiseLocally(ProgressSignal, null);
        return true;
    }

    /// <summary>Gives new venues a position; reads the chosen ones of a reader that follows only those.</summary>
    private async Task CreatePositionsAsync(CancellationToken cancellationToken)
    {
        await using var scope = scopes.CreateAsyncScope();
        var (_, connection) = await OpenConnectionAsync(scope, cancellationToken);
        if (!reader.FollowsChosenVenues)
        {
            await ExecuteAsync(_sql.CreatePositions(connection), cancellationToken);
            return;
        }
        _venuesWithPosition.Clear();
        await using var followed = _sql.Followed(connection);
        await using var row = await followed.ExecuteReaderAsync(cancellationToken);
        while (await row.ReadAsync(cancellationToken))
            _venuesWithPosition.Add(row.GetString(0));
    }

    /// <inheritdoc cref="FeedRelays.FollowAsync"/>
    public Task FollowAsync(NpgsqlConnection connection, string venueId, CancellationToken cancellationToken) =>
        ExecuteAsync(_sql.Follow(connection, venueId), cancellationToken);

    /// <inheritdoc cref="FeedRelays.UnfollowAsync"/>
    public Task UnfollowAsync(NpgsqlConnection connection, string venueId, CancellationToken cancellationToken) =>
        ExecuteAsync(_sql.Unfollow(connection, venueId), cancellationToken);

    /// <summary>The reader's dead letters by venue.</summary>
    public async Task<IReadOnlyList<DeadLetterCount>> ListDeadLettersAsync(CancellationToken cancellationToken)
    {
        await using var scope = scopes.CreateAsyncScope();
        var (_, connection) = await OpenConnectionAsync(scope, cancellationToken);
        await using var query = _sql.DeadLetters(connection);
        await using var row = await query.ExecuteReaderAsync(cancellationToken);
        var counts = new List<DeadLetterCount>();
        while (await row.ReadAsync(cancellationToken))
            counts.Add(new(reader.Name, row.GetString(0), row.GetInt64(1), row.GetFieldValue<Instant>(2)));
        return counts;
    }

    /// <inheritdoc cref="FeedRelays.CountPending"/>
    public NpgsqlBatchCommand CountPending(string[] venueIds) => _sql.CountPending(venueIds);

    /// <summary>Counts the changes that the reader has not reached and its dead letters, in all venues.</summary>
    public async Task<(long Behind, long DeadLetters)> GetLagAsync(CancellationToken cancellationToken)
    {
        await using var scope = scopes.CreateAsyncScope();
        var (_, connection) = await OpenConnectionAsync(scope, cancellationToken);
        await using var lag = _sql.Lag(connection);
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

    private static async Task ExecuteAsync(NpgsqlBatch statement, CancellationToken cancellationToken)
    {
        await using (statement)
            await statement.ExecuteNonQueryAsync(cancellationToken);
    }

    private async Task<FeedBatch> ReadBatchAsync(NpgsqlBatch query, CancellationToken cancellationToken)
    {
        await using (query)
        {
            await using var rows = await query.ExecuteReaderAsync(cancellationToken);
            return await source.ReadAsync(rows, 1, cancellationToken);
        }
    }

    // One minute, doubled with each attempt, at most a day.
    private static Duration RetryDelay(int attempts) => Duration.FromMinutes(Math.Min(24 * 60, Math.Pow(2, Math.Min(attempts, 11) - 1)));

    // Only the message of the exception: the data of a failing row must not reach tables and logs.
    private static string DescribeError(Exception error) =>
        error.GetBaseException() is PostgresException p
            ? $"{p.SqlState}: {p.MessageText}"
            : $"{error.GetBaseException().GetType().Name}: {error.GetBaseException().Message}";

    [LoggerMessage(LogLevel.Warning, "Relay {Reader} failed and retries in a second: {Reason}")]
    private static partial void LogRelayFailed(ILogger log, string reader, string reason);

    [LoggerMessage(LogLevel.Warning, "Relay {Reader} skips a venue until the missing change is restored: {Reason}")]
    private static partial void LogGap(ILogger log, string reader, string reason);

    [LoggerMessage(
        LogLevel.Error,
        "Relay {Reader} could not handle the change of venue {Venue} at sequence {Seq}. "
            + "It is now a dead letter and is retried later: {Reason}"
    )]
    private static partial void LogDeadLettered(ILogger log, string reader, string venue, long seq, string reason);
}
