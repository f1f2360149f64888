using Ingestion.Contracts;
using Ingestion.Transactions;
using Ingestion.Webhooks;
using Integrations.Contracts;
using NodaTime;
using Npgsql;
using NpgsqlTypes;

namespace Ingestion.Ledger;

/// <summary>One connection with the two trips prepared on it. It belongs to one writer and is thrown away after any error.</summary>
internal sealed class LedgerSession : IAsyncDisposable
{
    // Seconds; a disk that does not come must not hold up everybody.
    private const int Patience = 5;

    private static readonly NpgsqlDbType[] Key = [NpgsqlDbType.Text, NpgsqlDbType.Smallint, NpgsqlDbType.Text];
    private static readonly NpgsqlDbType[] SaleTypes =
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
    private readonly NpgsqlBatch _first;
    private readonly NpgsqlBatch _firstWithOrders;

    // The second trip holds only the statements that have rows; most batches are of two or three kinds.
    private readonly Dictionary<Parts, NpgsqlBatch> _second = [];

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
            (LedgerSql.ReadSales, Key),
            (LedgerSql.ReadLinks, [NpgsqlDbType.Text, NpgsqlDbType.Text]),
            (LedgerSql.ReadRefunds, [.. Key, .. Key]),
        ];
        _first = Trip(first);
        _firstWithOrders = Trip([.. first, (LedgerSql.ReadOrders, Key)]);
    }

    public static async Task<LedgerSession> OpenAsync(NpgsqlDataSource database, CancellationToken cancellationToken)
    {
        var connection = await database.OpenConnectionAsync(cancellationToken);
        try
        {
            await using (var settings = new NpgsqlCommand(LedgerSql.Session, connection))
                await settings.ExecuteNonQueryAsync(cancellationToken);
            var session = new LedgerSession(connection);
            await session._first.PrepareAsync(cancellationToken);
            return session;
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    public async Task OpenHeadsAsync(string[] venues, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(LedgerSql.OpenHeads, _connection) { Parameters = { new() { Value = venues } } };
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Begins, locks, stores the raw events and reads what the fold needs. Of what events tell, only new events' counts.</summary>
    public async Task<Read> ReadAsync(
        string[] venues,
        WebhookEventRow[] events,
        PaymentKey[] payments,
        (string VenueId, string Token)[] cards,
        RefundKey[] refunds,
        OrderKey[] orders,
        CancellationToken cancellationToken
    )
    {
        var trip = orders.Length == 0 ? _first : _firstWithOrders;
        if (orders.Length > 0)
            await _firstWithOrders.PrepareAsync(cancellationToken); // at once when it is already
        Fill(trip, 1, [venues]);
        Fill(
            trip,
            2,
            [
                Each(events, e => e.Id),
                Each(events, e => e.VenueId),
                Each(events, e => e.ConnectionId),
                Each(events, e => e.EventId),
                Each(events, e => (short)e.Provider),
                Each(events, e => e.Type),
                Each(events, e => (short)e.Status),
                Each(events, e => e.Reason),
                Each(events, e => e.ReceivedAt),
                Each(events, e => e.Attempts),
                Each(events, e => e.Payload),
            ]
        );
        Array[] keys = [Each(payments, k => k.VenueId), Each(payments, k => (short)k.Provider), Each(payments, k => k.ExternalId)];
        Fill(trip, 3, keys);
        Fill(trip, 4, [Each(cards, c => c.VenueId), Each(cards, c => c.Token)]);
        Fill(trip, 5, [Each(refunds, k => k.VenueId), Each(refunds, k => (short)k.Provider), Each(refunds, k => k.ExternalId), .. keys]);
        if (orders.Length > 0)
            Fill(trip, 6, [Each(orders, k => k.VenueId), Each(orders, k => (short)k.Provider), Each(orders, k => k.OrderId)]);

        var read = new Read();
        await using var rows = await trip.ExecuteReaderAsync(cancellationToken);
        while (await rows.ReadAsync(cancellationToken))
            read.Heads[rows.GetString(0)] = rows.GetInt64(1);
        await rows.NextResultAsync(cancellationToken);
        while (await rows.ReadAsync(cancellationToken))
            read.NewEvents.Add(rows.GetGuid(0));
        await rows.NextResultAsync(cancellationToken);
        while (await rows.ReadAsync(cancellationToken))
            Keep(Sale(rows));
        await rows.NextResultAsync(cancellationToken);
        while (await rows.ReadAsync(cancellationToken))
            read.Links[(rows.GetString(0), rows.GetString(1))] = new CardOwner(
                rows.GetString(2),
                rows.IsDBNull(3) ? null : rows.GetFieldValue<Instant>(3)
            );
        await rows.NextResultAsync(cancellationToken);
        while (await rows.ReadAsync(cancellationToken))
        {
            var refund = Refund(rows);
            read.Refunds[refund.Key] = refund;
        }
        if (orders.Length > 0)
        {
            await rows.NextResultAsync(cancellationToken);
            while (await rows.ReadAsync(cancellationToken))
                Keep(Sale(rows));
        }
        return read;

        void Keep(SaleState sale) => read.Sales[sale.Key] = sale;
    }

    /// <summary>Writes what the batch comes to and commits; what else belongs to it is done before the commit.</summary>
    public async Task WriteAsync(
        Folded folded,
        Instant now,
        Func<NpgsqlConnection, CancellationToken, Task>? alongside,
        CancellationToken cancellationToken
    )
    {
        var parts =
            (folded.Inserted.Count > 0 ? Parts.Insert : 0)
            | (folded.Updated.Count > 0 ? Parts.Update : 0)
            | (folded.Refunds.Count > 0 ? Parts.Refunds : 0)
            | (folded.Versions.Count > 0 ? Parts.Versions : 0)
            | (folded.Wanted.Count > 0 ? Parts.Wanted : 0);
        if (alongside is null)
        {
            await RunAsync(parts | Parts.Commit, folded, now, cancellationToken);
            return;
        }
        if (parts != 0)
            await RunAsync(parts, folded, now, cancellationToken);
        await alongside(_connection, cancellationToken);
        await RunAsync(Parts.Commit, folded, now, cancellationToken);
    }

    private async Task RunAsync(Parts parts, Folded folded, Instant now, CancellationToken cancellationToken)
    {
        if (!_second.TryGetValue(parts, out var trip))
        {
            (Parts Part, string Sql, NpgsqlDbType[] Types)[] statements =
            [
                (Parts.Insert, LedgerSql.InsertSales, SaleTypes),
                (Parts.Update, LedgerSql.UpdateSales, SaleTypes),
                (Parts.Refunds, LedgerSql.WriteRefunds, RefundTypes),
                (Parts.Versions, LedgerSql.WriteVersions, VersionTypes),
                (Parts.Versions, LedgerSql.MoveHeads, [NpgsqlDbType.Text, NpgsqlDbType.Bigint]),
                (Parts.Wanted, LedgerSql.WantOrders, [NpgsqlDbType.Text, NpgsqlDbType.Uuid, NpgsqlDbType.Text, NpgsqlDbType.TimestampTz]),
                (Parts.Commit, LedgerSql.Commit, []),
            ];
            trip = Trip([.. statements.Where(s => parts.HasFlag(s.Part)).Select(s => (s.Sql, s.Types))]);
            await trip.PrepareAsync(cancellationToken);
            _second.Add(parts, trip);
        }
        var at = 0;
        if (parts.HasFlag(Parts.Insert))
            Fill(trip, at++, SaleArrays(folded.Inserted));
        if (parts.HasFlag(Parts.Update))
            Fill(trip, at++, SaleArrays(folded.Updated));
        if (parts.HasFlag(Parts.Refunds))
            Fill(trip, at++, RefundArrays([.. folded.Refunds]));
        if (parts.HasFlag(Parts.Versions))
        {
            Fill(trip, at++, VersionArrays(folded.Versions, now));
            Fill(trip, at++, [folded.Heads.Keys.ToArray(), folded.Heads.Values.ToArray()]);
        }
        if (parts.HasFlag(Parts.Wanted))
            Fill(
                trip,
                at,
                [
                    Each(folded.Wanted, w => w.Order.Key.VenueId),
                    Each(folded.Wanted, w => w.Order.ConnectionId),
                    Each(folded.Wanted, w => w.Order.Key.OrderId),
                    Each(folded.Wanted, w => w.DueAt),
                ]
            );
        await trip.ExecuteNonQueryAsync(cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        await _first.DisposeAsync();
        await _firstWithOrders.DisposeAsync();
        foreach (var trip in _second.Values)
            await trip.DisposeAsync();
        await _connection.DisposeAsync();
    }

    private static Array[] VersionArrays(IReadOnlyList<NewVersion> versions, Instant now) =>
        [
            Each(versions, v => v.State.Key.VenueId),
            Each(versions, v => v.Seq),
            Each(versions, v => v.State.Id),
            Each(versions, v => v.PreviousSeq),
            Each(versions, v => v.Applied),
            Each(versions, v => v.Added),
            Each(versions, _ => now),
            Each(versions, v => (short)v.Cause),
            Each(versions, v => v.CauseId),
            Each(versions, v => (short)v.State.Key.Provider),
            Each(versions, v => (short)v.State.Status),
            Each(versions, v => v.State.Payment.Currency),
            Each(versions, v => v.State.Payment.TotalMinor),
            Each(versions, v => v.State.Payment.TipMinor),
            Each(versions, v => v.State.RefundedMinor),
            Each(versions, v => (short)v.State.Payment.Method),
            Each(versions, v => v.State.UserId),
            Each(versions, v => v.State.Payment.OccurredAt),
            Each(versions, v => v.State.Breakdown.TaxMinor),
            Each(versions, v => v.State.Breakdown.DiscountMinor),
            Each(versions, v => v.State.Breakdown.ServiceChargeMinor),
            Each(versions, v => v.State.Breakdown.Complete),
            Each(versions, v => v.State.RulesOff),
        ];

    private static Array[] RefundArrays(IReadOnlyList<RefundRecord> refunds) =>
        [
            Each(refunds, r => r.Id),
            Each(refunds, r => r.Key.VenueId),
            Each(refunds, r => (short)r.Key.Provider),
            Each(refunds, r => r.Key.ExternalId),
            Each(refunds, r => r.ConnectionId),
            Each(refunds, r => r.Refund.PaymentId),
            Each(refunds, r => r.Refund.OrderId),
            Each(refunds, r => r.Refund.Currency),
            Each(refunds, r => r.Refund.AmountMinor),
            Each(refunds, r => (short)r.Refund.State),
            Each(refunds, r => r.Refund.Reason),
            Each(refunds, r => r.Refund.CreatedAt),
            Each(refunds, r => r.Refund.UpdatedAt),
            Each(refunds, r => r.Version.Hash),
            Each(refunds, r => r.RecordedAt),
        ];

    private static Array[] SaleArrays(IReadOnlyList<SaleState> sales) =>
        [
            Each(sales, s => s.Id),
            Each(sales, s => s.Key.VenueId),
            Each(sales, s => (short)s.Key.Provider),
            Each(sales, s => s.Key.ExternalId),
            Each(sales, s => s.ConnectionId),
            Each(sales, s => s.Payment.OrderId),
            Each(sales, s => (short)s.Status),
            Each(sales, s => s.Payment.Currency),
            Each(sales, s => s.Payment.TotalMinor),
            Each(sales, s => s.Payment.TipMinor),
            Each(sales, s => s.RefundedMinor),
            Each(sales, s => s.Payment.RefundedMinor),
            Each(sales, s => (short)s.Payment.Method),
            Each(sales, s => s.Payment.Card?.Brand),
            Each(sales, s => s.Payment.Card?.Last4),
            Each(sales, s => s.Payment.Card?.EntryMethod),
            Each(sales, s => s.CardToken),
            Each(sales, s => s.Payment.OccurredAt),
            Each(sales, s => s.Payment.UpdatedAt),
            Each(sales, s => s.Version.Hash),
            Each(sales, s => s.UserId),
            Each(sales, s => (short?)s.MatchedBy),
            Each(sales, s => s.RecordedAt),
            Each(sales, s => s.LastSeq),
            Each(sales, s => s.AddedSeq),
            Each(sales, s => s.Breakdown.TaxMinor),
            Each(sales, s => s.Breakdown.DiscountMinor),
            Each(sales, s => s.Breakdown.ServiceChargeMinor),
            Each(sales, s => s.Breakdown.Complete),
            Each(sales, s => s.Breakdown.OrderVersion),
            Each(sales, s => s.RulesOff),
        ];

    private static RefundRecord Refund(NpgsqlDataReader row)
    {
        var refund = new PosRefund(
            row.GetString(3),
            Text(row, 5),
            Text(row, 6),
            "",
            (RefundState)row.GetInt16(9),
            row.GetInt64(8),
            row.GetString(7),
            Text(row, 10),
            row.GetFieldValue<Instant>(11),
            row.GetFieldValue<Instant>(12)
        );
        return new RefundRecord(
            row.GetGuid(0),
            new RefundKey(row.GetString(1), (Provider)row.GetInt16(2), refund.ExternalId),
            row.GetGuid(4),
            refund,
            new RefundVersion(refund.UpdatedAt, refund.State, refund.AmountMinor, row.GetInt64(13)),
            row.GetFieldValue<Instant>(14)
        );
    }

    private static SaleState Sale(NpgsqlDataReader row)
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
        var card = new PosCard(Text(row, 12), Text(row, 13), Text(row, 14), null);
        var payment = new PosPayment(
            row.GetString(3),
            Text(row, 5),
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
        return new SaleState
        {
            Id = row.GetGuid(0),
            Key = new PaymentKey(row.GetString(1), (Provider)row.GetInt16(2), row.GetString(3)),
            ConnectionId = row.GetGuid(4),
            Payment = payment,
            Version = new PaymentVersion(payment.UpdatedAt, state, payment.RefundedMinor, payment.TotalMinor, row.GetInt64(18)),
            CardToken = Text(row, 15),
            UserId = Text(row, 19),
            MatchedBy = row.IsDBNull(20) ? null : (MatchedBy)row.GetInt16(20),
            RecordedAt = row.GetFieldValue<Instant>(21),
            LastSeq = row.GetInt64(22),
            AddedSeq = row.IsDBNull(23) ? null : row.GetInt64(23),
            // A sale of nothing is never REFUNDED.
            RefundOnly = status == TransactionStatus.Refunded && payment.TotalMinor == 0,
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

    private static string? Text(NpgsqlDataReader row, int column) => row.IsDBNull(column) ? null : row.GetString(column);

    private static T[] Each<TItem, T>(IReadOnlyList<TItem> items, Func<TItem, T> value)
    {
        var values = new T[items.Count];
        for (var i = 0; i < values.Length; i++)
            values[i] = value(items[i]);
        return values;
    }

    private NpgsqlBatch Trip(params ReadOnlySpan<(string Sql, NpgsqlDbType[] Arrays)> statements)
    {
        var batch = new NpgsqlBatch(_connection) { Timeout = Patience };
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
internal sealed class Read
{
    public Dictionary<string, long> Heads { get; } = [];
    public HashSet<Guid> NewEvents { get; } = [];
    public Dictionary<PaymentKey, SaleState> Sales { get; } = [];
    public Dictionary<(string VenueId, string Token), CardOwner> Links { get; } = [];
    public Dictionary<RefundKey, RefundRecord> Refunds { get; } = [];
}

/// <summary>What a second trip does.</summary>
[Flags]
internal enum Parts
{
    Insert = 1,
    Update = 2,
    Refunds = 4,
    Versions = 8,
    Wanted = 16,
    Commit = 32,
}
