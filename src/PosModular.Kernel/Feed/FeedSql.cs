using NodaTime;
using Npgsql;
using NpgsqlTypes;
using PosModular.Kernel.Data;

namespace PosModular.Kernel.Feed;

/// <summary>The SQL statements of the relay. They are the only ones that cross the schemas of modules.</summary>
internal sealed class FeedSql(FeedReader reader, FeedSource source)
{
    private const int MaxVenuesPerBatch = 200;

    // A plan made while the tables were empty would otherwise stay a sequential scan.
    private const string DisableSequentialScans = "set local enable_seqscan = off";

    // Effect and position are one commit, so a crash undoes both or neither, and the feed is read again from there.
    private const string AsynchronousCommit = "set local synchronous_commit = off";

    // A row that is locked for long must not stop the reader for all venues.
    private const string ShortLockTimeout = "set local lock_timeout = '2s'";

    // Locks the positions of venues that are behind, skipping those that other hosts hold, and reads the changes that follow. It begins
    // after the venue that was served last, so that no venue starves.
    private readonly string _readNextSql = $"""
        with behind as materialized (
          select p.venue_id, p.seq
          from {reader.Schema}.feed_positions p
          join {source.HeadsTable} h on h.venue_id = p.venue_id
          where p.source = $1 and h.seq > p.seq and ($2::text[] is null or p.venue_id = any($2)) and p.venue_id <> all($5)
          order by p.venue_id <= $3, p.venue_id
          limit {MaxVenuesPerBatch}
          for update of p skip locked)
        select b.seq, c.* from behind b cross join lateral ({source.ChangesSql} limit $4) c
        limit $4
        """;

    private readonly string _readOneSql = $"""
        select b.seq, c.* from (select $1::text as venue_id, $2::bigint - 1 as seq) b cross join lateral ({source.ChangesSql} limit 1) c
        """;

    private readonly string _advanceSql = $"""
        update {reader.Schema}.feed_positions p set seq = m.seq
        from unnest($2, $3) m(venue_id, seq) where p.source = $1 and p.venue_id = m.venue_id
        """;

    private readonly string _createPositionsSql = $"""
        insert into {reader.Schema}.feed_positions (source, venue_id, seq)
        select $1, h.venue_id, 0 from {source.HeadsTable} h
        where not exists (select from {reader.Schema}.feed_positions p where p.source = $1 and p.venue_id = h.venue_id)
        order by h.venue_id
        on conflict do nothing
        """;

    private readonly string _addDeadLetterSql = $"""
        insert into {reader.Schema}.feed_dead_letters (source, venue_id, seq, error, attempts, failed_at, next_attempt_at)
        values ($1, $2, $3, $4, 1, $5, $6) on conflict do nothing
        """;

    private readonly string _nextDeadLetterSql = $"""
        select venue_id, seq, attempts from {reader.Schema}.feed_dead_letters
        where source = $1 and next_attempt_at <= $2 order by next_attempt_at limit 1 for update skip locked
        """;

    private readonly string _removeDeadLetterSql =
        $"delete from {reader.Schema}.feed_dead_letters where source = $1 and venue_id = $2 and seq = $3";

    private readonly string _postponeDeadLetterSql = $"""
        update {reader.Schema}.feed_dead_letters set attempts = attempts + 1, error = $4, next_attempt_at = $5
        where source = $1 and venue_id = $2 and seq = $3
        """;

    private readonly string _followSql = $"""
        insert into {reader.Schema}.feed_positions (source, venue_id, seq)
        values ($1, $2, coalesce((select h.seq from {source.HeadsTable} h where h.venue_id = $2), 0)) on conflict do nothing
        """;

    private readonly string _unfollowSql = $"delete from {reader.Schema}.feed_positions where source = $1 and venue_id = $2";

    private readonly string _dropDeadLettersSql = $"delete from {reader.Schema}.feed_dead_letters where source = $1 and venue_id = $2";

    private readonly string _followedSql = $"select venue_id from {reader.Schema}.feed_positions where source = $1";

    private readonly string _lagSql = $"""
        select coalesce(sum(h.seq - coalesce(p.seq, 0)), 0)::bigint,
          (select count(*) from {reader.Schema}.feed_dead_letters k where k.source = $1)
        from {source.HeadsTable} h {(
            reader.FollowsChosenVenues ? "" : "left "
        )}join {reader.Schema}.feed_positions p on p.source = $1 and p.venue_id = h.venue_id
        """;

    private readonly string _deadLettersSql = $"""
        select venue_id, count(*), min(failed_at) from {reader.Schema}.feed_dead_letters where source = $1
        group by venue_id order by venue_id
        """;

    private readonly string _countPendingSql = $"""
        select v.id, coalesce((select h.seq - coalesce(
            (select p.seq from {reader.Schema}.feed_positions p where p.source = $1 and p.venue_id = h.venue_id), 0)
          from {source.HeadsTable} h where h.venue_id = v.id), 0)
          + (select count(*) from {reader.Schema}.feed_dead_letters k where k.source = $1 and k.venue_id = v.id)
        from unnest($2::text[]) v(id)
        """;

    public NpgsqlBatch ReadNext(
        NpgsqlConnection connection,
        string[]? venueIds,
        string afterVenueId,
        int limit,
        string[] excludedVenueIds
    ) =>
        new NpgsqlBatch(connection)
            .AddCommand(DisableSequentialScans)
            .AddCommand(AsynchronousCommit)
            .AddCommand(ShortLockTimeout)
            .AddCommand(
                _readNextSql,
                source.Name,
                SqlParameters.NullableArray(NpgsqlDbType.Text, venueIds),
                afterVenueId,
                (long)limit,
                excludedVenueIds
            );

    public NpgsqlBatch ReadOne(NpgsqlConnection connection, string venueId, long seq) =>
        new NpgsqlBatch(connection).AddCommand(_readOneSql, venueId, seq);

    public NpgsqlBatch Advance(NpgsqlConnection connection, IReadOnlyList<(string VenueId, long Seq)> ends) =>
        new NpgsqlBatch(connection).AddCommand(
            _advanceSql,
            source.Name,
            ends.Select(e => e.VenueId).ToArray(),
            ends.Select(e => e.Seq).ToArray()
        );

    public NpgsqlBatch CreatePositions(NpgsqlConnection connection) =>
        new NpgsqlBatch(connection).AddCommand(_createPositionsSql, source.Name);

    public NpgsqlBatch Follow(NpgsqlConnection connection, string venueId) =>
        new NpgsqlBatch(connection).AddCommand(_followSql, source.Name, venueId);

    public NpgsqlBatch Unfollow(NpgsqlConnection connection, string venueId) =>
        new NpgsqlBatch(connection).AddCommand(_unfollowSql, source.Name, venueId).AddCommand(_dropDeadLettersSql, source.Name, venueId);

    public NpgsqlBatch Followed(NpgsqlConnection connection) => new NpgsqlBatch(connection).AddCommand(_followedSql, source.Name);

    public NpgsqlBatch AddDeadLetter(
        NpgsqlConnection connection,
        string venueId,
        long seq,
        string error,
        Instant now,
        Instant nextAttemptAt
    ) => new NpgsqlBatch(connection).AddCommand(_addDeadLetterSql, source.Name, venueId, seq, error, now, nextAttemptAt);

    public NpgsqlBatch NextDeadLetter(NpgsqlConnection connection, Instant now) =>
        new NpgsqlBatch(connection)
            .AddCommand(DisableSequentialScans)
            .AddCommand(ShortLockTimeout)
            .AddCommand(_nextDeadLetterSql, source.Name, now);

    public NpgsqlBatch RemoveDeadLetter(NpgsqlConnection connection, string venueId, long seq) =>
        new NpgsqlBatch(connection).AddCommand(_removeDeadLetterSql, source.Name, venueId, seq);

    public NpgsqlBatch PostponeDeadLetter(NpgsqlConnection connection, string venueId, long seq, string error, Instant nextAttemptAt) =>
        new NpgsqlBatch(connection).AddCommand(_postponeDeadLetterSql, source.Name, venueId, seq, error, nextAttemptAt);

    public NpgsqlBatch DeadLetters(NpgsqlConnection connection) => new NpgsqlBatch(connection).AddCommand(_deadLettersSql, source.Name);

    public NpgsqlBatch Lag(NpgsqlConnection connection) => new NpgsqlBatch(connection).AddCommand(_lagSql, source.Name);

    public NpgsqlBatchCommand CountPending(string[] venueIds) => new NpgsqlBatchCommand(_countPendingSql).AddValues(source.Name, venueIds);
}
