using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using NodaTime;
using Npgsql;
using PosModular.Kernel.Data;

namespace PosModular.Kernel.Feed;

/// <summary>Brings one reader its feed, in order and exactly once: the effect and the reader's place are one commit.</summary>
/// <remarks>Hosts share the work by row locks on the positions. A batch that fails is halved until the culprit stands alone; that one is
/// tried again a few times, then parked, and the others go on. What fails for a passing reason (database away, deadlock) is simply
/// tried again.</remarks>
internal sealed partial class FeedRelay(
    FeedReader reader, FeedSource source, IServiceScopeFactory scopes, FeedBell bell, IClock clock, TimeProvider time, ILogger<FeedRelay> log)
{
    private const int Most = 1_000;
    private const int TriesAlone = 3;
    private const int MostRetries = 20;
    private static readonly TimeSpan Poll = TimeSpan.FromSeconds(1);

    // A burst rings many times; a short breath turns it into few large batches (docs/adr/0004-the-feed.md).
    private static readonly TimeSpan Breath = TimeSpan.FromMilliseconds(25);

    private readonly FeedSql _sql = new(reader, source);
    private string _lastVenue = "";
    private int _limit = Most;

    // How often a change has failed by itself.
    private readonly Dictionary<(string VenueId, long Seq), int> _failedAlone = [];

    // Venues with a change missing: they stand still, for a second at a time, and the others go on.
    private readonly HashSet<string> _torn = [];

    // Venues that surely have a position: only spares the question, so it need not be complete.
    private readonly HashSet<string> _known = [];

    public FeedReader Reader => reader;

    /// <summary>Rings after every step that moved something, for those who wait until the relay is idle.</summary>
    public string Moved => "moved:" + reader.Name;

    public async Task RunAsync(CancellationToken ct)
    {
        using var rope = bell.Listen(source.Name);
        rope.Pull(null);
        long? housework = null;
        var parked = 0;
        while (!ct.IsCancellationRequested)
        {
            try
            {
                if (await rope.WaitAsync(Poll, time, ct))
                    await time.WaitAsync(Breath, ct);
                // Once a second everything is looked at, whether a bell rang or not: new venues get a position, parked changes a chance.
                string[]? venues = rope.Take();
                if (venues is null || !_known.IsSupersetOf(venues))
                    await OpenPositionsAsync(ct);
                if (housework is null || time.GetElapsedTime(housework.Value) >= Poll)
                {
                    await OpenPositionsAsync(ct);
                    housework = time.GetTimestamp();
                    parked = MostRetries;
                    venues = null;
                    _torn.Clear();
                }
                _known.UnionWith(venues ?? []);
                while (await StepAsync(venues, ct))
                {
                    // Some venues never rest; those that ring meanwhile, new ones and the housework have their turn.
                    var rung = rope.Take();
                    if (rung is null || !_known.IsSupersetOf(rung) || time.GetElapsedTime(housework.Value) >= Poll)
                    {
                        rope.Pull(null);
                        break;
                    }
                    venues = venues is null ? null : [.. venues.Union(rung)];
                }
                while (parked-- > 0 && await RetryParkedAsync(ct)) { }
            }
            catch (OperationCanceledException) when (ct.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e)
            {
                Stumbled(log, reader.Name, e.Message);
                rope.Pull(null);
                await time.WaitAsync(Poll, ct);
            }
        }
    }

    /// <summary>One commit: up to 1,000 changes. False when nothing was behind.</summary>
    private async Task<bool> StepAsync(string[]? venues, CancellationToken ct)
    {
        await using var scope = scopes.CreateAsyncScope();
        var (db, connection) = await OpenAsync(scope, ct);
        await using var transaction = await db.Database.BeginTransactionAsync(ct);
        var batch = await ReadAsync(_sql.Next(connection, venues, _lastVenue, _limit, [.. _torn]), ct);
        if (batch.Places.Count == 0)
            return false;
        IReadOnlyList<(string VenueId, long From, long To)> ends;
        try
        {
            ends = batch.Ends();
            if (batch.Notification is not null)
                await reader.Handle(scope.ServiceProvider, batch.Notification, ct);
            await using var move = _sql.Move(connection, ends);
            await move.ExecuteNonQueryAsync(ct);
            await transaction.CommitAsync(ct);
        }
        catch (TornFeedException e)
        {
            _torn.Add(e.VenueId);
            Stumbled(log, reader.Name, e.Message);
            return true;
        }
        catch (Exception e) when (e.IsTransient())
        {
            // It will pass; till then the venues after this one have their turn.
            _lastVenue = batch.Places[0].VenueId;
            _limit = Math.Max(1, batch.Places.Count / 2);
            throw;
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            await transaction.RollbackAsync(ct);
            await FailedAsync(batch.Places, e, ct);
            return true;
        }
        scope.ServiceProvider.GetRequiredService<AfterCommit>().Run();
        _limit = Math.Min(Most, _limit * 2);
        _lastVenue = ends[^1].VenueId;
        bell.RingHere(Moved, null);
        return true;
    }

    /// <summary>Halves until the culprit stands alone; then the others go on before it is tried again, and after a few tries it is parked.</summary>
    private async Task FailedAsync(IReadOnlyList<FeedPlace> places, Exception error, CancellationToken ct)
    {
        if (places.Count > 1)
        {
            _limit = places.Count / 2;
            return;
        }
        var place = places[0];
        var tries = _failedAlone.GetValueOrDefault((place.VenueId, place.Seq)) + 1;
        _failedAlone[(place.VenueId, place.Seq)] = tries;
        _lastVenue = place.VenueId;
        _limit = 1;
        if (tries < TriesAlone)
            return;
        _failedAlone.Remove((place.VenueId, place.Seq));
        await ParkAsync(place, error, ct);
    }

    private async Task ParkAsync(FeedPlace place, Exception error, CancellationToken ct)
    {
        await using var scope = scopes.CreateAsyncScope();
        var (db, connection) = await OpenAsync(scope, ct);
        await using var transaction = await db.Database.BeginTransactionAsync(ct);
        // Another host may have got through in between: then there is nothing to park.
        var batch = await ReadAsync(_sql.Next(connection, [place.VenueId], "", 1, []), ct);
        if (batch.Places is not [var still] || still != place)
            return;
        var now = clock.Now();
        await using var park = _sql.Park(connection, place.VenueId, place.Seq, Describe(error), now, now + Again(1));
        await park.ExecuteNonQueryAsync(ct);
        await using var move = _sql.Move(connection, [(place.VenueId, place.From, place.Seq)]);
        await move.ExecuteNonQueryAsync(ct);
        await transaction.CommitAsync(ct);
        Parked(log, reader.Name, place.VenueId, place.Seq, Describe(error));
        bell.RingHere(Moved, null);
    }

    /// <summary>Tries the parked change that is due longest; effect and unparking are one commit. False when none is due.</summary>
    private async Task<bool> RetryParkedAsync(CancellationToken ct)
    {
        await using var scope = scopes.CreateAsyncScope();
        var (db, connection) = await OpenAsync(scope, ct);
        await using var transaction = await db.Database.BeginTransactionAsync(ct);
        string venue;
        long seq;
        int attempts;
        await using (var due = _sql.Due(connection, clock.Now()))
        await using (var row = await due.ExecuteReaderAsync(ct))
        {
            if (!await row.ReadAsync(ct))
                return false;
            (venue, seq, attempts) = (row.GetString(0), row.GetInt64(1), row.GetInt32(2));
        }
        var batch = await ReadAsync(_sql.One(connection, venue, seq), ct);
        await transaction.CreateSavepointAsync("before", ct);
        try
        {
            if (batch.Places is not [var place] || place.Seq != seq)
                throw new InvalidOperationException("The parked change is not in the feed.");
            if (batch.Notification is not null)
                await reader.Handle(scope.ServiceProvider, batch.Notification, ct);
            await using var unpark = _sql.Unpark(connection, venue, seq);
            await unpark.ExecuteNonQueryAsync(ct);
        }
        catch (Exception e) when (e is not OperationCanceledException && (!e.IsTransient() || e.IsLockTimeout()))
        {
            await transaction.RollbackToSavepointAsync("before", ct);
            await using var postpone = _sql.Postpone(connection, venue, seq, Describe(e), clock.Now() + Again(attempts + 1));
            await postpone.ExecuteNonQueryAsync(ct);
        }
        await transaction.CommitAsync(ct);
        scope.ServiceProvider.GetRequiredService<AfterCommit>().Run();
        bell.RingHere(Moved, null);
        return true;
    }

    private async Task OpenPositionsAsync(CancellationToken ct)
    {
        await using var scope = scopes.CreateAsyncScope();
        var (_, connection) = await OpenAsync(scope, ct);
        await using var open = _sql.Open(connection);
        await open.ExecuteNonQueryAsync(ct);
    }

    /// <summary>Changes not yet handled, in one venue or in all, and changes parked.</summary>
    public async Task<(long Behind, long Parked)> LagAsync(string? venueId, CancellationToken ct)
    {
        await using var scope = scopes.CreateAsyncScope();
        var (_, connection) = await OpenAsync(scope, ct);
        await using var lag = _sql.Lag(connection, venueId);
        await using var row = await lag.ExecuteReaderAsync(ct);
        await row.ReadAsync(ct);
        return (row.GetInt64(0), row.GetInt64(1));
    }

    private async Task<(DbContext Db, NpgsqlConnection Connection)> OpenAsync(AsyncServiceScope scope, CancellationToken ct)
    {
        var db = reader.Db(scope.ServiceProvider);
        await db.Database.OpenConnectionAsync(ct);
        return (db, (NpgsqlConnection)db.Database.GetDbConnection());
    }

    private async Task<FeedBatch> ReadAsync(NpgsqlBatch query, CancellationToken ct)
    {
        await using (query)
        {
            await using var rows = await query.ExecuteReaderAsync(ct);
            return await source.ReadAsync(rows, 1, ct);
        }
    }

    // One minute, then twice as long each time, at most a day.
    private static Duration Again(int attempts) => Duration.FromMinutes(Math.Min(24 * 60, Math.Pow(2, Math.Min(attempts, 11) - 1)));

    // The exception's own words only: the data of a failing row stays out of tables and logs.
    private static string Describe(Exception error) => error.GetBaseException() is PostgresException p
        ? $"{p.SqlState}: {p.MessageText}" : $"{error.GetBaseException().GetType().Name}: {error.GetBaseException().Message}";

    [LoggerMessage(LogLevel.Warning, "The relay of {Reader} stumbled and tries again: {Reason}")]
    private static partial void Stumbled(ILogger log, string reader, string reason);

    [LoggerMessage(LogLevel.Error, "{Reader} could not handle change {Seq} of venue {Venue}; it is parked and will be tried again: {Reason}")]
    private static partial void Parked(ILogger log, string reader, string venue, long seq, string reason);
}
