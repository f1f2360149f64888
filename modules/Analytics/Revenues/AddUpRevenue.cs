using Ingestion.Contracts;
using MediatR;
using Microsoft.EntityFrameworkCore;
using Npgsql;
using PosModular.Kernel.Data;

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
          count = r.count + excluded.count, total_minor = r.total_minor + excluded.total_minor,
          tip_minor = r.tip_minor + excluded.tip_minor,
          refunded_minor = r.refunded_minor + excluded.refunded_minor, pending_minor = r.pending_minor + excluded.pending_minor
        """;

    public async Task Handle(TransactionsChanged notification, CancellationToken cancellationToken)
    {
        var deltas = RevenueDelta.FromChanges(notification.Changes);
        if (deltas.Count == 0)
            return;
        await using var command = new NpgsqlCommand(Sql, (NpgsqlConnection)db.Database.GetDbConnection()).AddValues(
            Values(d => d.Key.VenueId),
            Values(d => d.Key.StartsAt),
            Values(d => (short)d.Key.Provider),
            Values(d => (short)d.Key.PaymentMethod),
            Values(d => d.Key.Currency),
            Values(d => d.Delta.Count),
            Values(d => d.Delta.TotalMinor),
            Values(d => d.Delta.TipMinor),
            Values(d => d.Delta.RefundedMinor),
            Values(d => d.Delta.PendingMinor)
        );
        await command.ExecuteNonQueryAsync(cancellationToken);

        T[] Values<T>(Func<(RevenueBucketKey Key, RevenueDelta Delta), T> value) => [.. deltas.Select(value)];
    }
}
