using Integrations.Contracts.Connections;
using NodaTime;
using Npgsql;
using PosModular.Kernel.Data;

namespace Ingestion.Orders;

/// <summary>An order that this host has claimed and is fetching.</summary>
internal sealed record LeasedOrderFetch(string VenueId, Guid ConnectionId, string OrderId, int Attempts, Instant LeasedUntil);

/// <summary>The orders that are still to be fetched. A host claims a row by postponing its due time, and holds the lease as long as that
/// due time is unchanged. So two hosts never wait for each other, and an order that a dead host had claimed becomes due again.</summary>
internal sealed class OrderFetchQueue(NpgsqlDataSource database)
{
    public const int MaxOrdersPerCall = 100;
    private static readonly Duration LeaseTime = Duration.FromMinutes(1);
    private static readonly Duration[] RetryDelays =
    [
        Duration.FromSeconds(5),
        Duration.FromSeconds(15),
        Duration.FromMinutes(1),
        Duration.FromMinutes(5),
        Duration.FromMinutes(30),
        Duration.FromHours(2),
        Duration.FromHours(12),
        Duration.FromDays(1),
        Duration.FromDays(1),
    ];

    private const string ClaimSql = """
        with due as materialized (
          select f.venue_id, f.connection_id, f.order_id from unnest($5::text[], $1::uuid[]) c(venue_id, id)
          cross join lateral (
            select * from ingestion.order_fetches o where o.venue_id = c.venue_id and o.connection_id = c.id and o.due_at <= $2
            limit $4 for update skip locked) f)
        update ingestion.order_fetches f set due_at = $3, attempts = f.attempts + 1 from due d
        where f.venue_id = d.venue_id and f.connection_id = d.connection_id and f.order_id = d.order_id
        returning f.venue_id, f.connection_id, f.order_id, f.attempts
        """;

    private const string DeleteSql = """
        delete from ingestion.order_fetches f using unnest($1::text[], $2::uuid[], $3::text[]) d(venue_id, connection_id, order_id)
        where f.venue_id = d.venue_id and f.connection_id = d.connection_id and f.order_id = d.order_id and f.due_at = $4
        """;

    private const string PostponeSql = """
        update ingestion.order_fetches f set due_at = d.due_at, attempts = d.attempts
        from unnest($1::text[], $2::uuid[], $3::text[], $5::timestamptz[], $6::int[]) d(venue_id, connection_id, order_id, due_at, attempts)
        where f.venue_id = d.venue_id and f.connection_id = d.connection_id and f.order_id = d.order_id and f.due_at = $4
        """;

    private const string DeleteExpiredSql = "delete from ingestion.order_fetches where due_at < $1";

    /// <summary>How long to wait before asking again for an order that the provider did not know this many times; null when it is given up,
    /// after about three days.</summary>
    public static Duration? RetryDelayAfter(int attempts) => attempts <= RetryDelays.Length ? RetryDelays[attempts - 1] : null;

    /// <summary>Claims the orders of these connections that are due, up to one call for each.</summary>
    public async Task<IReadOnlyList<LeasedOrderFetch>> ClaimAsync(
        IReadOnlyCollection<PosConnectionDetails> connections,
        Instant now,
        CancellationToken cancellationToken
    )
    {
        var lease = now + LeaseTime;
        await using var command = database
            .CreateCommand(ClaimSql)
            .AddValues(
                connections.Select(t => t.ConnectionId).ToArray(),
                now,
                lease,
                (long)MaxOrdersPerCall,
                connections.Select(t => t.VenueId).ToArray()
            );
        await using var rows = await command.ExecuteReaderAsync(cancellationToken);
        var claimed = new List<LeasedOrderFetch>();
        while (await rows.ReadAsync(cancellationToken))
            claimed.Add(new LeasedOrderFetch(rows.GetString(0), rows.GetGuid(1), rows.GetString(2), rows.GetInt32(3), lease));
        return claimed;
    }

    /// <summary>Deletes the rows of fetched orders, unless they have been requested again since, postpones missing ones, and gives up those
    /// that have been missing for three days. Runs in the commit that writes the orders.</summary>
    public static async Task CompleteAsync(
        NpgsqlConnection connection,
        IReadOnlyList<LeasedOrderFetch> fetched,
        IReadOnlyList<LeasedOrderFetch> missing,
        Instant now,
        CancellationToken cancellationToken
    )
    {
        var later = missing.Where(f => RetryDelayAfter(f.Attempts) is not null).ToArray();
        LeasedOrderFetch[] over = [.. fetched, .. missing.Where(f => RetryDelayAfter(f.Attempts) is null)];
        if (over.Length > 0)
        {
            await using var strike = new NpgsqlCommand(DeleteSql, connection).AddValues(Keys(over));
            await strike.ExecuteNonQueryAsync(cancellationToken);
        }
        if (later.Length > 0)
        {
            await using var put = new NpgsqlCommand(PostponeSql, connection).AddValues([
                .. Keys(later),
                later.Select(f => now + RetryDelayAfter(f.Attempts)!.Value).ToArray(),
                later.Select(f => f.Attempts).ToArray(),
            ]);
            await put.ExecuteNonQueryAsync(cancellationToken);
        }
    }

    /// <summary>Postpones orders for a reason that is not their own, such as a fault of the provider. The attempt does not count.</summary>
    public async Task PostponeAsync(IReadOnlyList<LeasedOrderFetch> fetches, Instant dueAt, CancellationToken cancellationToken)
    {
        await using var command = database
            .CreateCommand(PostponeSql)
            .AddValues([.. Keys(fetches), fetches.Select(_ => dueAt).ToArray(), fetches.Select(f => f.Attempts - 1).ToArray()]);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Deletes orders that nobody could fetch for days, because their connection is disconnected.</summary>
    public async Task DeleteExpiredAsync(Instant dueBefore, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(DeleteExpiredSql).AddValues(dueBefore);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private static object[] Keys(IReadOnlyList<LeasedOrderFetch> fetches) =>
        [
            fetches.Select(f => f.VenueId).ToArray(),
            fetches.Select(f => f.ConnectionId).ToArray(),
            fetches.Select(f => f.OrderId).ToArray(),
            fetches[0].LeasedUntil,
        ];
}
