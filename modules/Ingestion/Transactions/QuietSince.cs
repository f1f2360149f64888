using Integrations.Contracts.Connections;
using NodaTime;
using Npgsql;
using PosModular.Kernel.Data;
using PosModular.Kernel.Schema;
using PosModular.Kernel.Time;

namespace Ingestion.Transactions;

/// <summary>The time of the last payment, if none has arrived for much longer than usual at this time of the week: in the same hours of the
/// four weeks before, at least 12 payments arrived on average. By chance this happens less than once in a hundred thousand times. Null
/// otherwise, while there is no earlier week to compare with, and for a disconnected connection.</summary>
internal sealed class QuietSince(NpgsqlDataSource database, IClock clock)
{
    public const int ComparedWeeks = 4;
    private const int MinExpectedTransactions = 12;

    /// <summary>For each of these connections its last payment, the average number of payments in the same hours of the weeks before, and
    /// how many weeks there are to compare with.</summary>
    /// <remarks>Counting stops at 1,000, so that a connection that was busy once and has been silent for a year costs no full
    /// count.</remarks>
    public const string Sql = """
        select c.venue_id, c.connection_id, last.at, coalesce(avg(least(n.count, 1000)), 0)::double precision, count(n.count)
        from unnest($1::text[], $2::uuid[]) c(venue_id, connection_id)
        cross join lateral (
          select occurred_at as at from ingestion.transactions
          where venue_id = c.venue_id and connection_id = c.connection_id and occurred_at <= $3
          order by occurred_at desc limit 1) last
        cross join lateral (
          select occurred_at as at from ingestion.transactions where venue_id = c.venue_id and connection_id = c.connection_id
          order by occurred_at limit 1) first
        cross join generate_series(1, $4) w
        cross join lateral (
          select count(*) from (select from ingestion.transactions t where t.venue_id = c.venue_id and t.connection_id = c.connection_id
            and t.occurred_at > last.at - w * interval '7 days' and t.occurred_at <= $3 - w * interval '7 days' limit 1000) s) n
        where first.at <= last.at - w * interval '7 days'
        group by c.venue_id, c.connection_id, last.at
        """;

    public async Task<Instant?> HandleAsync([Parent] IPosConnectionPart connection, CancellationToken cancellationToken)
    {
        if (connection.DisconnectedAt is not null)
            return null; // disconnected is not quiet
        await using var command = database
            .CreateCommand(Sql)
            .AddValues(new[] { connection.VenueId }, new[] { connection.ConnectionId }, clock.Now(), ComparedWeeks);
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        return await row.ReadAsync(cancellationToken) && IsQuiet(row.GetDouble(3), row.GetInt64(4)) ? row.GetFieldValue<Instant>(2) : null;
    }

    /// <param name="average">The average number of payments in the same hours of the weeks before.</param>
    /// <param name="weeks">The number of weeks to compare with.</param>
    public static bool IsQuiet(double average, long weeks) => weeks > 0 && average >= MinExpectedTransactions;
}
