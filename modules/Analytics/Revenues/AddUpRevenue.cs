using Ingestion.Contracts;
using MediatR;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace Analytics.Revenues;

/// <summary>Keeps revenue totals by the quarter hour. Each change adds the difference between the transaction after it and before
/// it.</summary>
internal sealed class AddUpRevenue(AnalyticsDb db) : INotificationHandler<TransactionsChanged>
{
    private const string Sql = """
        insert into analytics.revenue_buckets as r
          (venue_id, starts_at, provider, payment_method, currency, count, total_minor, tip_minor, refunded_minor, pending_minor)
        select * from unnest($1::text[], $2::timestamptz[], $3::smallint[], $4::smallint[], $5::text[],
            $6::bigint[], $7::bigint[], $8::bigint[], $9::bigint[], $10::bigint[])
          d(venue_id, starts_at, provider, payment_method, currency, count, total, tip, refunded, pending)
        order by d.venue_id, d.starts_at, d.provider, d.payment_method, d.currency
        on conflict (venue_id, starts_at, provider, payment_method, currency) do update set
          count = r.count + excluded.count, total_minor = r.total_minor + excluded.total_minor, tip_minor = r.tip_minor + excluded.tip_minor,
          refunded_minor = r.refunded_minor + excluded.refunded_minor, pending_minor = r.pending_minor + excluded.pending_minor
        """;

    public async Task Handle(TransactionsChanged notification, CancellationToken cancellationToken)
    {
        var deltas = RevenueDelta.FromChanges(notification.Changes);
        if (deltas.Count == 0)
            return;
        await using var command = new NpgsqlCommand(Sql, (NpgsqlConnection)db.Database.GetDbConnection());
        Add(d => d.Key.VenueId);
        Add(d => d.Key.StartsAt);
        Add(d => (short)d.Key.Provider);
        Add(d => (short)d.Key.PaymentMethod);
        Add(d => d.Key.Currency);
        Add(d => d.Delta.Count);
        Add(d => d.Delta.TotalMinor);
        Add(d => d.Delta.TipMinor);
        Add(d => d.Delta.RefundedMinor);
        Add(d => d.Delta.PendingMinor);
        await command.ExecuteNonQueryAsync(cancellationToken);

        void Add<T>(Func<(RevenueBucketKey Key, RevenueDelta Delta), T> value) =>
            command.Parameters.Add(new() { Value = deltas.Select(value).ToArray() });
    }
}
