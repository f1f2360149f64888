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
    private static readonly string BucketsSql = $"""
        insert into analytics.revenue_buckets as r (venue_id, starts_at, provider, payment_method, currency, {RevenueTotals.Figures})
        select * from unnest($1::text[], $2::timestamptz[], $3::smallint[], $4::smallint[], $5::text[], {RevenueTotals.FigureArrays(6)})
          d(venue_id, starts_at, provider, payment_method, currency, {RevenueTotals.Figures})
        order by d.venue_id, d.starts_at, d.provider, d.payment_method, d.currency
        on conflict (venue_id, starts_at, provider, payment_method, currency) do update set {RevenueTotals.AddedFigures}
        """;

    private static readonly string RollUpsSql = $"""
        insert into analytics.revenue_roll_ups as r
          (venue_id, starts_at, provider, payment_method, currency, {RevenueTotals.Figures}, level)
        select * from unnest($1::text[], $2::timestamptz[], $3::smallint[], $4::smallint[], $5::text[], {RevenueTotals.FigureArrays(6)},
            $16::smallint[])
          d(venue_id, starts_at, provider, payment_method, currency, {RevenueTotals.Figures}, level)
        order by d.venue_id, d.level, d.starts_at, d.provider, d.payment_method, d.currency
        on conflict (venue_id, level, starts_at, provider, payment_method, currency) do update set {RevenueTotals.AddedFigures}
        """;

    public async Task Handle(TransactionsChanged notification, CancellationToken cancellationToken)
    {
        var deltas = RevenueDelta.FromChanges(notification);
        if (deltas.Count > 0)
            await AddAsync((NpgsqlConnection)db.Database.GetDbConnection(), deltas, cancellationToken);
    }

    /// <summary>Adds deltas to the totals of all levels, in the transaction that is open on the connection.</summary>
    public static async Task AddAsync(
        NpgsqlConnection connection,
        IReadOnlyCollection<RevenueDelta> deltas,
        CancellationToken cancellationToken
    )
    {
        var rollUps = RevenueDelta.RollUp(deltas);
        await using var batch = new NpgsqlBatch(connection)
            .AddCommand(RollsUpItself)
            .AddCommand(BucketsSql, Columns(deltas))
            .AddCommand(RollUpsSql, [.. Columns([.. rollUps.Select(r => r.Delta)]), rollUps.Select(r => (short)r.Level).ToArray()]);
        // An error while the statements are executed then leaves no broken one behind, as in RevenueTotals.
        await batch.PrepareAsync(cancellationToken);
        try
        {
            await batch.ExecuteNonQueryAsync(cancellationToken);
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.NumericValueOutOfRange)
        {
            throw new OverflowException("A revenue total of a quarter hour, hour, day or month would exceed 64 bits.");
        }
    }

    private static object[] Columns(IReadOnlyCollection<RevenueDelta> rows)
    {
        return
        [
            Values(r => r.Key.VenueId),
            Values(r => r.Key.StartsAt),
            Values(r => (short)r.Key.Provider),
            Values(r => (short)r.Key.PaymentMethod),
            Values(r => r.Key.Currency),
            Values(r => r.Figures.Count),
            Values(r => r.Figures.TotalMinor),
            Values(r => r.Figures.TipMinor),
            Values(r => r.Figures.RefundedMinor),
            Values(r => r.Figures.PendingMinor),
            Values(r => r.Figures.RefundsIssuedMinor),
            Values(r => r.Figures.TaxMinor),
            Values(r => r.Figures.DiscountMinor),
            Values(r => r.Figures.ServiceChargeMinor),
            Values(r => r.Figures.IncompleteCount),
        ];

        T[] Values<T>(Func<RevenueDelta, T> value) => [.. rows.Select(value)];
    }
}
