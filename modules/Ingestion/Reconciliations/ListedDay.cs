using Ingestion.Contracts;
using Integrations.Contracts.Connections;
using NodaTime;
using NodaTime.Text;
using Npgsql;
using NpgsqlTypes;
using PosModular.Kernel.Amounts;
using PosModular.Kernel.Data;

namespace Ingestion.Reconciliations;

/// <summary>What a provider lists for a day, in temporary tables of one database connection, and its comparison with the ledger. However
/// many payments a day has, only what differs is read from there.</summary>
internal sealed class ListedDay : IAsyncDisposable
{
    private readonly NpgsqlConnection _connection;
    private readonly PosConnectionDetails _details;
    private readonly DayToCompare _day;
    private readonly HashSet<(string Id, bool IsRefund)> _unknown = [];

    private ListedDay(NpgsqlConnection connection, PosConnectionDetails details, DayToCompare day) =>
        (_connection, _details, _day) = (connection, details, day);

    public static async Task<ListedDay> OpenAsync(
        NpgsqlDataSource database,
        PosConnectionDetails details,
        DayToCompare day,
        CancellationToken cancellationToken
    )
    {
        var connection = await database.OpenConnectionAsync(cancellationToken);
        try
        {
            await using var create = new NpgsqlCommand(ListedDaySql.Create, connection);
            await create.ExecuteNonQueryAsync(cancellationToken);
            return new ListedDay(connection, details, day);
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    /// <summary>Adds what the provider reports, each payment and refund in its newest state.</summary>
    public async Task AddAsync(PosObservations observations, CancellationToken cancellationToken)
    {
        PosPayment[] payments = [.. observations.Payments.GroupBy(p => p.ExternalId).Select(g => g.MaxBy(p => p.UpdatedAt)!)];
        PosRefund[] refunds = [.. observations.Refunds.GroupBy(r => r.ExternalId).Select(g => g.MaxBy(r => r.UpdatedAt)!)];
        if (payments.Length > 0)
            await ExecuteAsync(
                ListedDaySql.AddPayments,
                cancellationToken,
                payments.Select(p => p.ExternalId).ToArray(),
                payments.Select(p => (short)p.State).ToArray(),
                payments.Select(p => p.Currency).ToArray(),
                payments.Select(p => p.TotalMinor).ToArray(),
                payments.Select(p => p.TipMinor).ToArray(),
                payments.Select(p => p.RefundedMinor).ToArray(),
                payments.Select(p => p.OccurredAt).ToArray(),
                payments.Select(p => p.UpdatedAt).ToArray()
            );
        if (refunds.Length > 0)
            await ExecuteAsync(
                ListedDaySql.AddRefunds,
                cancellationToken,
                refunds.Select(r => r.ExternalId).ToArray(),
                refunds.Select(r => (short)r.State).ToArray(),
                refunds.Select(r => r.Currency).ToArray(),
                refunds.Select(r => r.AmountMinor).ToArray(),
                refunds.Select(r => r.CreatedAt).ToArray(),
                refunds.Select(r => r.UpdatedAt).ToArray(),
                SqlParameters.NullableArray(NpgsqlDbType.Text, refunds.Select(r => r.PaymentId).ToArray())
            );
    }

    /// <summary>Those of these payments that have not been listed.</summary>
    public async Task<IReadOnlyList<string>> SelectMissingAsync(string[] ids, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(ListedDaySql.SelectMissing, _connection).AddValues([ids]);
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        var missing = new List<string>();
        while (await row.ReadAsync(cancellationToken))
            missing.Add(row.GetString(0));
        return missing;
    }

    /// <summary>The payments and refunds that are stored for this day and that the provider has not listed.</summary>
    public async Task<IReadOnlyList<(string Id, bool IsRefund)>> ReadUnlistedAsync(int limit, CancellationToken cancellationToken)
    {
        await using (var analyze = new NpgsqlCommand(ListedDaySql.Analyze, _connection))
            await analyze.ExecuteNonQueryAsync(cancellationToken);
        return await ReadAsync(ListedDaySql.SelectUnlisted, limit, row => (row.GetString(0), row.GetBoolean(1)), cancellationToken);
    }

    /// <summary>Notes that the provider, asked for it by its id, does not know it.</summary>
    public void MarkUnknown(string id, bool isRefund) => _unknown.Add((id, isRefund));

    public async Task<ComparedDay> CompareAsync(CancellationToken cancellationToken)
    {
        var differences = await ReadAsync(ListedDaySql.SelectPayments, ComparedDay.MaxDifferences, ReadPayment, cancellationToken);
        differences.AddRange(await ReadAsync(ListedDaySql.SelectRefunds, ComparedDay.MaxDifferences, ReadRefund, cancellationToken));
        differences.AddRange(await ReadAsync(ListedDaySql.SelectUnlisted, ComparedDay.MaxDifferences, ReadUnknown, cancellationToken));
        var sums = await ReadAsync(
            ListedDaySql.SelectSums,
            int.MaxValue,
            row => new ComparedSums(
                row.GetString(0),
                new DaySums(row.GetInt64(1), row.GetInt64(2), row.GetInt64(3), row.GetInt64(4)),
                new DaySums(row.GetInt64(5), row.GetInt64(6), row.GetInt64(7), row.GetInt64(8))
            ),
            cancellationToken
        );
        return new ComparedDay(
            sums,
            [.. differences.OrderBy(d => d.ExternalId, StringComparer.Ordinal).ThenBy(d => d.IsRefund).Take(ComparedDay.MaxDifferences)]
        );
    }

    public async ValueTask DisposeAsync()
    {
        try
        {
            await using var drop = new NpgsqlCommand(ListedDaySql.Drop, _connection);
            await drop.ExecuteNonQueryAsync();
        }
        catch (Exception e) when (e is NpgsqlException or InvalidOperationException)
        {
            // The connection is lost, and its temporary tables with it.
        }
        await _connection.DisposeAsync();
    }

    private Difference ReadPayment(NpgsqlDataReader row)
    {
        var theirs = new Figures(
            row.GetString(1),
            row.GetInt64(2),
            row.GetInt64(3),
            row.GetInt64(4),
            (PaymentState)row.GetInt16(5),
            row.GetFieldValue<Instant>(6)
        );
        if (row.IsDBNull(7))
            return new Difference(
                row.GetString(0),
                IsRefund: false,
                null,
                null,
                theirs.Money,
                DifferenceKind.MissingHere,
                $"{_details.Provider} lists this payment of {theirs}; it was not stored here."
            );
        var ours = new Figures(
            row.GetString(8),
            row.GetInt64(9),
            row.GetInt64(10),
            row.GetInt64(11),
            (PaymentState)row.GetInt16(12),
            row.GetFieldValue<Instant>(13)
        );
        var kind =
            IsOfDay(ours.At) != IsOfDay(theirs.At) ? DifferenceKind.BusinessDate
            : ours.State != theirs.State ? DifferenceKind.Status
            : DifferenceKind.Amount;
        return new Difference(
            row.GetString(0),
            IsRefund: false,
            row.GetGuid(7),
            ours.Money,
            theirs.Money,
            kind,
            $"{_details.Provider} reports {theirs}; stored here was {ours}."
        );
    }

    private Difference ReadRefund(NpgsqlDataReader row)
    {
        var theirs = new RefundFigures(row.GetString(1), row.GetInt64(2), (RefundState)row.GetInt16(3), row.GetFieldValue<Instant>(4));
        Guid? transactionId = row.IsDBNull(5) ? null : row.GetGuid(5);
        if (row.IsDBNull(6))
            return new Difference(
                row.GetString(0),
                IsRefund: true,
                transactionId,
                null,
                theirs.Money,
                DifferenceKind.MissingHere,
                $"{_details.Provider} lists this refund of {theirs}; it was not stored here."
            );
        var ours = new RefundFigures(row.GetString(6), row.GetInt64(7), (RefundState)row.GetInt16(8), row.GetFieldValue<Instant>(9));
        var kind =
            IsOfDay(ours.At) != IsOfDay(theirs.At) ? DifferenceKind.BusinessDate
            : ours.State != theirs.State ? DifferenceKind.Status
            : DifferenceKind.Amount;
        return new Difference(
            row.GetString(0),
            IsRefund: true,
            transactionId,
            ours.Money,
            theirs.Money,
            kind,
            $"{_details.Provider} reports this refund of {theirs}; stored here was {ours}."
        );
    }

    private Difference ReadUnknown(NpgsqlDataReader row)
    {
        var (id, isRefund) = (row.GetString(0), row.GetBoolean(1));
        var what = isRefund ? "refund" : "payment";
        return new Difference(
            id,
            isRefund,
            row.IsDBNull(2) ? null : row.GetGuid(2),
            new Money(row.GetInt64(4), row.GetString(3)),
            null,
            DifferenceKind.UnknownThere,
            $"{_details.Provider} does not list this {what} for the business date"
                + (
                    _unknown.Contains((id, isRefund))
                        ? " and, asked for it by its id, answers that this location has none. It stays stored here."
                        : ". So many are not listed that it was not asked for by its id. It stays stored here."
                )
        );
    }

    private bool IsOfDay(Instant at) => at >= _day.From && at < _day.To;

    private async Task ExecuteAsync(string sql, CancellationToken cancellationToken, params object[] values)
    {
        await using var command = new NpgsqlCommand(sql, _connection).AddValues(values);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private async Task<List<T>> ReadAsync<T>(string sql, int limit, Func<NpgsqlDataReader, T> read, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(sql, _connection).AddValues(
            _details.VenueId,
            _details.ConnectionId,
            (short)_details.Provider,
            _day.From,
            _day.To,
            (long)limit
        );
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        var result = new List<T>();
        while (await row.ReadAsync(cancellationToken))
            result.Add(read(row));
        return result;
    }

    private sealed record Figures(string Currency, long Total, long Tip, long Refunded, PaymentState State, Instant At)
    {
        public Money Money => new(Total, Currency);

        public override string ToString() =>
            $"{Money.Formatted}, {new Money(Tip, Currency).Formatted} of it tip, {new Money(Refunded, Currency).Formatted} refunded, "
            + $"{State.ToString().ToLowerInvariant()}, at {InstantPattern.ExtendedIso.Format(At)}";
    }

    private sealed record RefundFigures(string Currency, long Amount, RefundState State, Instant At)
    {
        public Money Money => new(Amount, Currency);

        public override string ToString() =>
            $"{Money.Formatted}, {State.ToString().ToLowerInvariant()}, at {InstantPattern.ExtendedIso.Format(At)}";
    }
}
