using Ingestion.Contracts;
using MediatR;
using Microsoft.EntityFrameworkCore;
using Npgsql;
using PosModular.Kernel.Data;

namespace Analytics.Revenues;

/// <summary>Keeps revenue totals by the quarter hour, hour, day and month. Each change adds the difference between the transaction after
/// it and before it to all of them, in one commit.</summary>
internal sealed class AddUpRevenue(AnalyticsDb db) : INotificationHandler<TransactionsChanged>
{
    // Otherwise a trigger adds to the roll-ups what is added to the buckets, as it does for hosts of the version that knew no roll-ups.
    private const string RollsUpItself = "set local analytics.rolls_up = on";

    // All writers lock the rows in one order, so that no two of them wait for each other.
    private const string BucketsSql = """
        insert into analytics.revenue_buckets as r
          (venue_id, starts_at, provider, payment_method, currency, count, total_minor, tip_minor, refunded_minor, pending_minor)
        select * from unnest($1::text[], $2::timestamptz[], $3::smallint[], $4::smallint[], $5::text[],
            $6::bigint[], $7::bigint[], $8::bigint[], $9::bigint[], $10::bigint[])
          d(venue_id, starts_at, provider, payment_method, currency, count, total, tip, refunded, pending)
        order by d.venue_id, d.starts_at, d.provider, d.payment_method, d.currency
        on conflict (venue_id, starts_at, provider, payment_method, currency) do update set
          count = r.count + excluded.count, total_minor = r.total_minor + excluded.total_minor,
          tip_minor = r.tip_minor + excluded.tip_minor,
          refunded_minor = r.refunded_minor + excluded.refunded_minor, pending_minor = r.pending_minor + excluded.pending_minor
        """;

    private const string RollUpsSql = """
        insert into analytics.revenue_roll_ups as r
          (venue_id, starts_at, provider, payment_method, currency, count, total_minor, tip_minor, refunded_minor, pending_minor, level)
        select * from unnest($1::text[], $2::timestamptz[], $3::smallint[], $4::smallint[], $5::text[],
            $6::bigint[], $7::bigint[], $8::bigint[], $9::bigint[], $10::bigint[], $11::smallint[])
          d(venue_id, starts_at, provider, payment_method, currency, count, total, tip, refunded, pending, level)
        order by d.venue_id, d.level, d.starts_at, d.provider, d.payment_method, d.currency
        on conflict (venue_id, level, starts_at, provider, payment_method, currency) do update set
          count = r.count + excluded.count, total_minor = r.total_minor + excluded.total_minor,
          tip_minor = r.tip_minor + excluded.tip_minor,
          refunded_minor = r.refunded_minor + excluded.refunded_minor, pending_minor = r.pending_minor + excluded.pending_minor
        """;

    public async Task Handle(TransactionsChanged notification, CancellationToken cancellationToken)
    {
        var deltas = RevenueDelta.FromChanges(notification.Changes);
        if (deltas.Count > 0)
            await AddAsync((NpgsqlConnection)db.Database.GetDbConnection(), deltas, cancellationToken);
    }

    /// <summary>Adds deltas to the totals of all levels, in the transaction that is open on the connection.</summary>
    public static async Task AddAsync(
        NpgsqlConnection connection,
        IReadOnlyCollection<(RevenueBucketKey Key, RevenueDelta Delta)> deltas,
        CancellationToken cancellationToken
    )
    {
        var rollUps = RevenueDelta.RollUp(deltas);
        await using var batch = new NpgsqlBatch(connection)
            .AddCommand(RollsUpItself)
            .AddCommand(BucketsSql, Columns(deltas))
            .AddCommand(
                RollUpsSql,
                [.. Columns([.. rollUps.Select(r => (r.Key, r.Delta))]), rollUps.Select(r => (short)r.Level).ToArray()]
            );
        // An error while the statements are executed then leaves no broken one behind, as in RevenueTotals.
        await batch.PrepareAsync(cancellationToken);
        await batch.ExecuteNonQueryAsync(cancellationToken);
    }

    private static object[] Columns(IReadOnlyCollection<(RevenueBucketKey Key, RevenueDelta Delta)> rows)
    {
        return
        [
            Values(r => r.Key.VenueId),
            Values(r => r.Key.StartsAt),
            Values(r => (short)r.Key.Provider),
            Values(r => (short)r.Key.PaymentMethod),
            Values(r => r.Key.Currency),
            Values(r => r.Delta.Count),
            Values(r => r.Delta.TotalMinor),
            Values(r => r.Delta.TipMinor),
            Values(r => r.Delta.RefundedMinor),
            Values(r => r.Delta.PendingMinor),
        ];

        T[] Values<T>(Func<(RevenueBucketKey Key, RevenueDelta Delta), T> value) => [.. rows.Select(value)];
    }
}
