using Ingestion.Contracts;
using Ingestion.Transactions;
using Ingestion.Webhooks;
using Integrations.Contracts.Connections;
using NodaTime;
using Npgsql;
using NpgsqlTypes;

namespace Ingestion.Ledger;

/// <summary>One connection with the two trips prepared on it. It belongs to one writer and is thrown away after any error.</summary>
internal sealed class LedgerSession : IAsyncDisposable
{
    // Seconds; a disk that does not come must not hold up everybody.
    private const int CommandTimeoutSeconds = 5;

    private static readonly NpgsqlDbType[] KeyTypes = [NpgsqlDbType.Text, NpgsqlDbType.Smallint, NpgsqlDbType.Text];
    private static readonly NpgsqlDbType[] TransactionTypes =
    [
        NpgsqlDbType.Uuid,
        NpgsqlDbType.Text,
        NpgsqlDbType.Smallint,
        NpgsqlDbType.Text,
        NpgsqlDbType.Uuid,
        NpgsqlDbType.Text,
        NpgsqlDbType.Smallint,
        NpgsqlDbType.Text,
        NpgsqlDbType.Bigint,
        NpgsqlDbType.Bigint,
        NpgsqlDbType.Bigint,
        NpgsqlDbType.Bigint,
        NpgsqlDbType.Smallint,
        NpgsqlDbType.Text,
        NpgsqlDbType.Text,
        NpgsqlDbType.Text,
        NpgsqlDbType.Text,
        NpgsqlDbType.TimestampTz,
        NpgsqlDbType.TimestampTz,
        NpgsqlDbType.Bigint,
        NpgsqlDbType.Text,
        NpgsqlDbType.Smallint,
        NpgsqlDbType.TimestampTz,
        NpgsqlDbType.Bigint,
        NpgsqlDbType.Bigint,
        NpgsqlDbType.Bigint,
        NpgsqlDbType.Bigint,
        NpgsqlDbType.Bigint,
        NpgsqlDbType.Boolean,
        NpgsqlDbType.Bigint,
        NpgsqlDbType.Boolean,
    ];
    private static readonly NpgsqlDbType[] VersionTypes =
    [
        NpgsqlDbType.Text,
        NpgsqlDbType.Bigint,
        NpgsqlDbType.Uuid,
        NpgsqlDbType.Bigint,
        NpgsqlDbType.Boolean,
        NpgsqlDbType.Boolean,
        NpgsqlDbType.TimestampTz,
        NpgsqlDbType.Smallint,
        NpgsqlDbType.Text,
        NpgsqlDbType.Smallint,
        NpgsqlDbType.Smallint,
        NpgsqlDbType.Text,
        NpgsqlDbType.Bigint,
        NpgsqlDbType.Bigint,
        NpgsqlDbType.Bigint,
        NpgsqlDbType.Smallint,
        NpgsqlDbType.Text,
        NpgsqlDbType.TimestampTz,
        NpgsqlDbType.Bigint,
        NpgsqlDbType.Bigint,
        NpgsqlDbType.Bigint,
        NpgsqlDbType.Boolean,
        NpgsqlDbType.Boolean,
    ];
    private static readonly NpgsqlDbType[] RefundTypes =
    [
        NpgsqlDbType.Uuid,
        NpgsqlDbType.Text,
        NpgsqlDbType.Smallint,
        NpgsqlDbType.Text,
        NpgsqlDbType.Uuid,
        NpgsqlDbType.Text,
        NpgsqlDbType.Text,
        NpgsqlDbType.Text,
        NpgsqlDbType.Bigint,
        NpgsqlDbType.Smallint,
        NpgsqlDbType.Text,
        NpgsqlDbType.TimestampTz,
        NpgsqlDbType.TimestampTz,
        NpgsqlDbType.Bigint,
        NpgsqlDbType.TimestampTz,
    ];

    private readonly NpgsqlConnection _connection;
    private readonly NpgsqlBatch _readBatch;
    private readonly NpgsqlBatch _readBatchWithOrders;

    // The second trip holds only the statements that have rows; most batches are of two or three kinds.
    private readonly Dictionary<WriteStatements, NpgsqlBatch> _writeBatches = [];

    private LedgerSession(NpgsqlConnection connection)
    {
        _connection = connection;
        (string, NpgsqlDbType[])[] first =
        [
            (LedgerSql.Begin, []),
            (LedgerSql.LockHeads, [NpgsqlDbType.Text]),
            (
                LedgerSql.StoreEvents,
                [
                    NpgsqlDbType.Uuid,
                    NpgsqlDbType.Text,
                    NpgsqlDbType.Uuid,
                    NpgsqlDbType.Text,
                    NpgsqlDbType.Smallint,
                    NpgsqlDbType.Text,
                    NpgsqlDbType.Smallint,
                    NpgsqlDbType.Text,
                    NpgsqlDbType.TimestampTz,
                    NpgsqlDbType.Integer,
                    NpgsqlDbType.Bytea,
                ]
            ),
            (LedgerSql.ReadTransactions, KeyTypes),
            (LedgerSql.ReadCardLinks, [NpgsqlDbType.Text, NpgsqlDbType.Text]),
            (LedgerSql.ReadRefunds, [.. KeyTypes, .. KeyTypes]),
        ];
        _readBatch = CreateBatch(first);
        _readBatchWithOrders = CreateBatch([.. first, (LedgerSql.ReadTransactionsOfOrders, KeyTypes)]);
    }

    public static async Task<LedgerSession> OpenAsync(NpgsqlDataSource database, CancellationToken cancellationToken)
    {
        var connection = await database.OpenConnectionAsync(cancellationToken);
        try
        {
            await using (var settings = new NpgsqlCommand(LedgerSql.SessionSettings, connection))
                await settings.ExecuteNonQueryAsync(cancellationToken);
            var session = new LedgerSession(connection);
            await session._readBatch.PrepareAsync(cancellationToken);
            return session;
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    public async Task CreateHeadsAsync(string[] venues, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(LedgerSql.CreateHeads, _connection) { Parameters = { new() { Value = venues } } };
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Begins, locks, stores the raw events and reads what the fold needs. Of what events tell, only new events' counts.</summary>
    public async Task<LedgerReadResult> ReadAsync(
        string[] venues,
        WebhookEventRow[] events,
        PaymentKey[] payments,
        (string VenueId, string Token)[] cards,
        RefundKey[] refunds,
        OrderKey[] orders,
        CancellationToken cancellationToken
    )
    {
        var trip = orders.Length == 0 ? _readBatch : _readBatchWithOrders;
        if (orders.Length > 0)
            await _readBatchWithOrders.PrepareAsync(cancellationToken); // at once when it is already
        Fill(trip, 1, [venues]);
        Fill(
            trip,
            2,
            [
                Values(events, e => e.Id),
                Values(events, e => e.VenueId),
                Values(events, e => e.ConnectionId),
                Values(events, e => e.EventId),
                Values(events, e => (short)e.Provider),
                Values(events, e => e.Type),
                Values(events, e => (short)e.Status),
                Values(events, e => e.Reason),
                Values(events, e => e.ReceivedAt),
                Values(events, e => e.Attempts),
                Values(events, e => e.Payload),
            ]
        );
        Array[] keys = [Values(payments, k => k.VenueId), Values(payments, k => (short)k.Provider), Values(payments, k => k.ExternalId)];
        Fill(trip, 3, keys);
        Fill(trip, 4, [Values(cards, c => c.VenueId), Values(cards, c => c.Token)]);
        Fill(
            trip,
            5,
            [Values(refunds, k => k.VenueId), Values(refunds, k => (short)k.Provider), Values(refunds, k => k.ExternalId), .. keys]
        );
        if (orders.Length > 0)
            Fill(trip, 6, [Values(orders, k => k.VenueId), Values(orders, k => (short)k.Provider), Values(orders, k => k.OrderId)]);

        var read = new LedgerReadResult();
        await using var rows = await trip.ExecuteReaderAsync(cancellationToken);
        while (await rows.ReadAsync(cancellationToken))
            read.Heads[rows.GetString(0)] = rows.GetInt64(1);
        await rows.NextResultAsync(cancellationToken);
        while (await rows.ReadAsync(cancellationToken))
            read.NewEvents.Add(rows.GetGuid(0));
        await rows.NextResultAsync(cancellationToken);
        while (await rows.ReadAsync(cancellationToken))
            Keep(ReadTransaction(rows));
        await rows.NextResultAsync(cancellationToken);
        while (await rows.ReadAsync(cancellationToken))
            read.CardOwners[(rows.GetString(0), rows.GetString(1))] = new CardOwner(
                rows.GetString(2),
                rows.IsDBNull(3) ? null : rows.GetFieldValue<Instant>(3)
            );
        await rows.NextResultAsync(cancellationToken);
        while (await rows.ReadAsync(cancellationToken))
        {
            var refund = ReadRefund(rows);
            read.Refunds[refund.Key] = refund;
        }
        if (orders.Length > 0)
        {
            await rows.NextResultAsync(cancellationToken);
            while (await rows.ReadAsync(cancellationToken))
                Keep(ReadTransaction(rows));
        }
        return read;

        void Keep(LedgerTransaction sale) => read.Transactions[sale.Key] = sale;
    }

    /// <summary>Writes what the batch comes to and commits; what else belongs to it is done before the commit.</summary>
    public async Task WriteAsync(
        LedgerChanges changes,
        Instant now,
        Func<NpgsqlConnection, CancellationToken, Task>? writeAlongside,
        CancellationToken cancellationToken
    )
    {
        var parts =
            (changes.Inserted.Count > 0 ? WriteStatements.InsertTransactions : 0)
            | (changes.Updated.Count > 0 ? WriteStatements.UpdateTransactions : 0)
            | (changes.Refunds.Count > 0 ? WriteStatements.UpsertRefunds : 0)
            | (changes.Versions.Count > 0 ? WriteStatements.InsertVersions : 0)
            | (changes.OrderFetches.Count > 0 ? WriteStatements.RequestOrders : 0);
        if (writeAlongside is null)
        {
            await RunAsync(parts | WriteStatements.Commit, changes, now, cancellationToken);
            return;
        }
        if (parts != 0)
            await RunAsync(parts, changes, now, cancellationToken);
        await writeAlongside(_connection, cancellationToken);
        await RunAsync(WriteStatements.Commit, changes, now, cancellationToken);
    }

    private async Task RunAsync(WriteStatements parts, LedgerChanges changes, Instant now, CancellationToken cancellationToken)
    {
        if (!_writeBatches.TryGetValue(parts, out var trip))
        {
            (WriteStatements Part, string Sql, NpgsqlDbType[] Types)[] statements =
            [
                (WriteStatements.InsertTransactions, LedgerSql.InsertTransactions, TransactionTypes),
                (WriteStatements.UpdateTransactions, LedgerSql.UpdateTransactions, TransactionTypes),
                (WriteStatements.UpsertRefunds, LedgerSql.UpsertRefunds, RefundTypes),
                (WriteStatements.InsertVersions, LedgerSql.InsertVersions, VersionTypes),
                (WriteStatements.InsertVersions, LedgerSql.AdvanceHeads, [NpgsqlDbType.Text, NpgsqlDbType.Bigint]),
                (
                    WriteStatements.RequestOrders,
                    LedgerSql.RequestOrders,
                    [NpgsqlDbType.Text, NpgsqlDbType.Uuid, NpgsqlDbType.Text, NpgsqlDbType.TimestampTz]
                ),
                (WriteStatements.Commit, LedgerSql.Commit, []),
            ];
            trip = CreateBatch([.. statements.Where(s => parts.HasFlag(s.Part)).Select(s => (s.Sql, s.Types))]);
            await trip.PrepareAsync(cancellationToken);
            _writeBatches.Add(parts, trip);
        }
        var at = 0;
        if (parts.HasFlag(WriteStatements.InsertTransactions))
            Fill(trip, at++, TransactionArrays(changes.Inserted));
        if (parts.HasFlag(WriteStatements.UpdateTransactions))
            Fill(trip, at++, TransactionArrays(changes.Updated));
        if (parts.HasFlag(WriteStatements.UpsertRefunds))
            Fill(trip, at++, RefundArrays([.. changes.Refunds]));
        if (parts.HasFlag(WriteStatements.InsertVersions))
        {
            Fill(trip, at++, VersionArrays(changes.Versions, now));
            Fill(trip, at++, [changes.Heads.Keys.ToArray(), changes.Heads.Values.ToArray()]);
        }
        if (parts.HasFlag(WriteStatements.RequestOrders))
            Fill(
                trip,
                at,
                [
                    Values(changes.OrderFetches, w => w.Order.Key.VenueId),
                    Values(changes.OrderFetches, w => w.Order.ConnectionId),
                    Values(changes.OrderFetches, w => w.Order.Key.OrderId),
                    Values(changes.OrderFetches, w => w.DueAt),
                ]
            );
        await trip.ExecuteNonQueryAsync(cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        await _readBatch.DisposeAsync();
        await _readBatchWithOrders.DisposeAsync();
        foreach (var trip in _writeBatches.Values)
            await trip.DisposeAsync();
        await _connection.DisposeAsync();
    }

    private static Array[] VersionArrays(IReadOnlyList<NewVersion> versions, Instant now) =>
        [
            Values(versions, v => v.State.Key.VenueId),
            Values(versions, v => v.Seq),
            Values(versions, v => v.State.Id),
            Values(versions, v => v.PreviousSeq),
            Values(versions, v => v.Applied),
            Values(versions, v => v.Added),
            Values(versions, _ => now),
            Values(versions, v => (short)v.Cause),
            Values(versions, v => v.CauseId),
            Values(versions, v => (short)v.State.Key.Provider),
            Values(versions, v => (short)v.State.Status),
            Values(versions, v => v.State.Payment.Currency),
            Values(versions, v => v.State.Payment.TotalMinor),
            Values(versions, v => v.State.Payment.TipMinor),
            Values(versions, v => v.State.RefundedMinor),
            Values(versions, v => (short)v.State.Payment.Method),
            Values(versions, v => v.State.UserId),
            Values(versions, v => v.State.Payment.OccurredAt),
            Values(versions, v => v.State.Breakdown.TaxMinor),
            Values(versions, v => v.State.Breakdown.DiscountMinor),
            Values(versions, v => v.State.Breakdown.ServiceChargeMinor),
            Values(versions, v => v.State.Breakdown.IsComplete),
            Values(versions, v => v.State.RulesOff),
        ];

    private static Array[] RefundArrays(IReadOnlyList<LedgerRefund> refunds) =>
        [
            Values(refunds, r => r.Id),
            Values(refunds, r => r.Key.VenueId),
            Values(refunds, r => (short)r.Key.Provider),
            Values(refunds, r => r.Key.ExternalId),
            Values(refunds, r => r.ConnectionId),
            Values(refunds, r => r.Refund.PaymentId),
            Values(refunds, r => r.Refund.OrderId),
            Values(refunds, r => r.Refund.Currency),
            Values(refunds, r => r.Refund.AmountMinor),
            Values(refunds, r => (short)r.Refund.State),
            Values(refunds, r => r.Refund.Reason),
            Values(refunds, r => r.Refund.CreatedAt),
            Values(refunds, r => r.Refund.UpdatedAt),
            Values(refunds, r => r.Version.Hash),
            Values(refunds, r => r.RecordedAt),
        ];

    private static Array[] TransactionArrays(IReadOnlyList<LedgerTransaction> sales) =>
        [
            Values(sales, s => s.Id),
            Values(sales, s => s.Key.VenueId),
            Values(sales, s => (short)s.Key.Provider),
            Values(sales, s => s.Key.ExternalId),
            Values(sales, s => s.ConnectionId),
            Values(sales, s => s.Payment.OrderId),
            Values(sales, s => (short)s.Status),
            Values(sales, s => s.Payment.Currency),
            Values(sales, s => s.Payment.TotalMinor),
            Values(sales, s => s.Payment.TipMinor),
            Values(sales, s => s.RefundedMinor),
            Values(sales, s => s.Payment.RefundedMinor),
            Values(sales, s => (short)s.Payment.Method),
            Values(sales, s => s.Payment.Card?.Brand),
            Values(sales, s => s.Payment.Card?.Last4),
            Values(sales, s => s.Payment.Card?.EntryMethod),
            Values(sales, s => s.CardToken),
            Values(sales, s => s.Payment.OccurredAt),
            Values(sales, s => s.Payment.UpdatedAt),
            Values(sales, s => s.Version.Hash),
            Values(sales, s => s.UserId),
            Values(sales, s => (short?)s.MatchedBy),
            Values(sales, s => s.RecordedAt),
            Values(sales, s => s.LastSeq),
            Values(sales, s => s.AddedSeq),
            Values(sales, s => s.Breakdown.TaxMinor),
            Values(sales, s => s.Breakdown.DiscountMinor),
            Values(sales, s => s.Breakdown.ServiceChargeMinor),
            Values(sales, s => s.Breakdown.IsComplete),
            Values(sales, s => s.Breakdown.OrderVersion),
            Values(sales, s => s.RulesOff),
        ];

    private static LedgerRefund ReadRefund(NpgsqlDataReader row)
    {
        var refund = new PosRefund(
            row.GetString(3),
            NullableText(row, 5),
            NullableText(row, 6),
            "",
            (RefundState)row.GetInt16(9),
            row.GetInt64(8),
            row.GetString(7),
            NullableText(row, 10),
            row.GetFieldValue<Instant>(11),
            row.GetFieldValue<Instant>(12)
        );
        return new LedgerRefund(
            row.GetGuid(0),
            new RefundKey(row.GetString(1), (Provider)row.GetInt16(2), refund.ExternalId),
            row.GetGuid(4),
            refund,
            new RefundVersion(refund.UpdatedAt, refund.State, refund.AmountMinor, row.GetInt64(13)),
            row.GetFieldValue<Instant>(14)
        );
    }

    private static LedgerTransaction ReadTransaction(NpgsqlDataReader row)
    {
        var status = (TransactionStatus)row.GetInt16(6);
        var state = status switch
        {
            TransactionStatus.Pending => PaymentState.Pending,
            TransactionStatus.Authorized => PaymentState.Authorized,
            TransactionStatus.Canceled => PaymentState.Canceled,
            TransactionStatus.Failed => PaymentState.Failed,
            _ => PaymentState.Captured,
        };
        var card = new PosCard(NullableText(row, 12), NullableText(row, 13), NullableText(row, 14), null);
        var payment = new PosPayment(
            row.GetString(3),
            NullableText(row, 5),
            "",
            state,
            row.GetFieldValue<Instant>(16),
            row.GetFieldValue<Instant>(17),
            row.GetString(7),
            row.GetInt64(8),
            row.GetInt64(9),
            row.GetInt64(10),
            (PaymentMethod)row.GetInt16(11),
            card
        );
        return new LedgerTransaction
        {
            Id = row.GetGuid(0),
            Key = new PaymentKey(row.GetString(1), (Provider)row.GetInt16(2), row.GetString(3)),
            ConnectionId = row.GetGuid(4),
            Payment = payment,
            Version = new PaymentVersion(payment.UpdatedAt, state, payment.RefundedMinor, payment.TotalMinor, row.GetInt64(18)),
            CardToken = NullableText(row, 15),
            UserId = NullableText(row, 19),
            MatchedBy = row.IsDBNull(20) ? null : (MatchedBy)row.GetInt16(20),
            RecordedAt = row.GetFieldValue<Instant>(21),
            LastSeq = row.GetInt64(22),
            AddedSeq = row.IsDBNull(23) ? null : row.GetInt64(23),
            // A sale of nothing is never REFUNDED.
            IsRefundOnly = status == TransactionStatus.Refunded && payment.TotalMinor == 0,
            RefundsMinor = row.GetInt64(24),
            Breakdown = new Breakdown(
                row.GetInt64(25),
                row.GetInt64(26),
                row.GetInt64(27),
                row.GetBoolean(28),
                row.IsDBNull(29) ? null : row.GetInt64(29)
            ),
            RulesOff = row.GetBoolean(30),
        };
    }

    private static string? NullableText(NpgsqlDataReader row, int column) => row.IsDBNull(column) ? null : row.GetString(column);

    private static T[] Values<TItem, T>(IReadOnlyList<TItem> items, Func<TItem, T> value)
    {
        var values = new T[items.Count];
        for (var i = 0; i < values.Length; i++)
            values[i] = value(items[i]);
        return values;
    }

    private NpgsqlBatch CreateBatch(params ReadOnlySpan<(string Sql, NpgsqlDbType[] Arrays)> statements)
    {
        var batch = new NpgsqlBatch(_connection) { Timeout = CommandTimeoutSeconds };
        foreach (var (sql, arrays) in statements)
        {
            var command = new NpgsqlBatchCommand(sql);
            foreach (var type in arrays)
                command.Parameters.Add(new NpgsqlParameter { NpgsqlDbType = NpgsqlDbType.Array | type });
            batch.BatchCommands.Add(command);
        }
        return batch;
    }

    private static void Fill(NpgsqlBatch trip, int statement, Array[] values)
    {
        var parameters = trip.BatchCommands[statement].Parameters;
        for (var i = 0; i < values.Length; i++)
            parameters[i].Value = values[i];
    }
}

/// <summary>What the first trip has found.</summary>
internal sealed class LedgerReadResult
{
    public Dictionary<string, long> Heads { get; } = [];
    public HashSet<Guid> NewEvents { get; } = [];
    public Dictionary<PaymentKey, LedgerTransaction> Transactions { get; } = [];
    public Dictionary<(string VenueId, string Token), CardOwner> CardOwners { get; } = [];
    public Dictionary<RefundKey, LedgerRefund> Refunds { get; } = [];
}

/// <summary>What a second trip does.</summary>
[Flags]
internal enum WriteStatements
{
    InsertTransactions = 1,
    UpdateTransactions = 2,
    UpsertRefunds = 4,
    InsertVersions = 8,
    RequestOrders = 16,
    Commit = 32,
}
