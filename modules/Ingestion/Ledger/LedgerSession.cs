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

    private readonly NpgsqlConnection _connection;
    private readonly NpgsqlBatch _first;
    private readonly NpgsqlBatch _second;
    private readonly NpgsqlBatch _commit;

    private LedgerSession(NpgsqlConnection connection)
    {
        _connection = connection;
        _first = Trip(
            (LedgerSql.Begin, []),
            (LedgerSql.LockHeads, [NpgsqlDbType.Text]),
            (LedgerSql.StoreEvents, [NpgsqlDbType.Uuid, NpgsqlDbType.Text, NpgsqlDbType.Uuid, NpgsqlDbType.Text, NpgsqlDbType.Smallint, NpgsqlDbType.Text,
                NpgsqlDbType.Smallint, NpgsqlDbType.Text, NpgsqlDbType.TimestampTz, NpgsqlDbType.Integer, NpgsqlDbType.Bytea]),
            (LedgerSql.ReadSales, [NpgsqlDbType.Text, NpgsqlDbType.Smallint, NpgsqlDbType.Text]),
            (LedgerSql.ReadLinks, [NpgsqlDbType.Text, NpgsqlDbType.Text]));
        NpgsqlDbType[] sale =
        [
            NpgsqlDbType.Uuid, NpgsqlDbType.Text, NpgsqlDbType.Smallint, NpgsqlDbType.Text, NpgsqlDbType.Uuid, NpgsqlDbType.Text, NpgsqlDbType.Smallint,
            NpgsqlDbType.Text, NpgsqlDbType.Bigint, NpgsqlDbType.Bigint, NpgsqlDbType.Bigint, NpgsqlDbType.Bigint, NpgsqlDbType.Smallint, NpgsqlDbType.Text,
            NpgsqlDbType.Text, NpgsqlDbType.Text, NpgsqlDbType.Text, NpgsqlDbType.TimestampTz, NpgsqlDbType.TimestampTz, NpgsqlDbType.Bigint,
            NpgsqlDbType.Text, NpgsqlDbType.Smallint, NpgsqlDbType.TimestampTz, NpgsqlDbType.Bigint, NpgsqlDbType.Bigint,
        ];
        _second = Trip(
            (LedgerSql.InsertSales, sale),
            (LedgerSql.UpdateSales, sale),
            (LedgerSql.WriteVersions, [NpgsqlDbType.Text, NpgsqlDbType.Bigint, NpgsqlDbType.Uuid, NpgsqlDbType.Bigint, NpgsqlDbType.Boolean, NpgsqlDbType.Boolean,
                NpgsqlDbType.TimestampTz, NpgsqlDbType.Smallint, NpgsqlDbType.Text, NpgsqlDbType.Smallint, NpgsqlDbType.Smallint, NpgsqlDbType.Text,
                NpgsqlDbType.Bigint, NpgsqlDbType.Bigint, NpgsqlDbType.Bigint, NpgsqlDbType.Smallint, NpgsqlDbType.Text, NpgsqlDbType.TimestampTz]),
            (LedgerSql.MoveHeads, [NpgsqlDbType.Text, NpgsqlDbType.Bigint]),
            (LedgerSql.Commit, []));
        _commit = Trip((LedgerSql.Commit, []));
    }

    public static async Task<LedgerSession> OpenAsync(NpgsqlDataSource database, CancellationToken ct)
    {
        var connection = await database.OpenConnectionAsync(ct);
        try
        {
            await using (var settings = new NpgsqlCommand(LedgerSql.Session, connection))
                await settings.ExecuteNonQueryAsync(ct);
            var session = new LedgerSession(connection);
            await session._first.PrepareAsync(ct);
            await session._second.PrepareAsync(ct);
            await session._commit.PrepareAsync(ct);
            return session;
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    public async Task OpenHeadsAsync(string[] venues, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand(LedgerSql.OpenHeads, _connection) { Parameters = { new() { Value = venues } } };
        await command.ExecuteNonQueryAsync(ct);
    }

    /// <summary>Begins, locks, stores the raw events and reads what the fold needs. Of the sightings only those of new events count.</summary>
    public async Task<Read> ReadAsync(string[] venues, WebhookEventRow[] events, PaymentKey[] keys, (string VenueId, string Token)[] cards, CancellationToken ct)
    {
        Fill(_first, 1, [venues]);
        Fill(_first, 2,
        [
            Each(events, e => e.Id), Each(events, e => e.VenueId), Each(events, e => e.ConnectionId), Each(events, e => e.EventId),
            Each(events, e => (short)e.Provider), Each(events, e => e.Type), Each(events, e => (short)e.Status), Each(events, e => e.Reason),
            Each(events, e => e.ReceivedAt), Each(events, e => e.Attempts), Each(events, e => e.Payload),
        ]);
        Fill(_first, 3, [Each(keys, k => k.VenueId), Each(keys, k => (short)k.Provider), Each(keys, k => k.ExternalId)]);
        Fill(_first, 4, [Each(cards, c => c.VenueId), Each(cards, c => c.Token)]);

        var read = new Read();
        await using var rows = await _first.ExecuteReaderAsync(ct);
        while (await rows.ReadAsync(ct))
            read.Heads[rows.GetString(0)] = rows.GetInt64(1);
        await rows.NextResultAsync(ct);
        while (await rows.ReadAsync(ct))
            read.NewEvents.Add(rows.GetGuid(0));
        await rows.NextResultAsync(ct);
        while (await rows.ReadAsync(ct))
        {
            var sale = Sale(rows);
            read.Sales[sale.Key] = sale;
        }
        await rows.NextResultAsync(ct);
        while (await rows.ReadAsync(ct))
            read.Links[(rows.GetString(0), rows.GetString(1))] = new CardOwner(rows.GetString(2), rows.IsDBNull(3) ? null : rows.GetFieldValue<Instant>(3));
        return read;
    }

    /// <summary>Writes what the batch comes to and commits.</summary>
    public async Task WriteAsync(Folded folded, Instant now, CancellationToken ct)
    {
        if (folded.Versions.Count == 0)
        {
            await _commit.ExecuteNonQueryAsync(ct);
            return;
        }
        Fill(_second, 0, SaleArrays(folded.Inserted));
        Fill(_second, 1, SaleArrays(folded.Updated));
        var versions = folded.Versions;
        Fill(_second, 2,
        [
            Each(versions, v => v.State.Key.VenueId), Each(versions, v => v.Seq), Each(versions, v => v.State.Id), Each(versions, v => v.PreviousSeq),
            Each(versions, v => v.Applied), Each(versions, v => v.Added), Each(versions, _ => now), Each(versions, v => (short)v.Cause),
            Each(versions, v => v.CauseId), Each(versions, v => (short)v.State.Key.Provider), Each(versions, v => (short)v.State.Status),
            Each(versions, v => v.State.Payment.Currency), Each(versions, v => v.State.Payment.TotalMinor), Each(versions, v => v.State.Payment.TipMinor),
            Each(versions, v => v.State.RefundedMinor), Each(versions, v => (short)v.State.Payment.Method), Each(versions, v => v.State.UserId),
            Each(versions, v => v.State.Payment.OccurredAt),
        ]);
        Fill(_second, 3, [folded.Heads.Keys.ToArray(), folded.Heads.Values.ToArray()]);
        await _second.ExecuteNonQueryAsync(ct);
    }

    public async ValueTask DisposeAsync()
    {
        await _first.DisposeAsync();
        await _second.DisposeAsync();
        await _commit.DisposeAsync();
        await _connection.DisposeAsync();
    }

    private static Array[] SaleArrays(IReadOnlyList<SaleState> sales) =>
    [
        Each(sales, s => s.Id), Each(sales, s => s.Key.VenueId), Each(sales, s => (short)s.Key.Provider), Each(sales, s => s.Key.ExternalId),
        Each(sales, s => s.ConnectionId), Each(sales, s => s.Payment.OrderId), Each(sales, s => (short)s.Status), Each(sales, s => s.Payment.Currency),
        Each(sales, s => s.Payment.TotalMinor), Each(sales, s => s.Payment.TipMinor), Each(sales, s => s.RefundedMinor),
        Each(sales, s => s.Payment.RefundedMinor), Each(sales, s => (short)s.Payment.Method), Each(sales, s => s.Payment.Card?.Brand),
        Each(sales, s => s.Payment.Card?.Last4), Each(sales, s => s.Payment.Card?.EntryMethod), Each(sales, s => s.CardToken),
        Each(sales, s => s.Payment.OccurredAt), Each(sales, s => s.Payment.UpdatedAt), Each(sales, s => s.Version.Hash),
        Each(sales, s => s.UserId), Each(sales, s => (short?)s.MatchedBy), Each(sales, s => s.RecordedAt), Each(sales, s => s.LastSeq),
        Each(sales, s => s.AddedSeq),
    ];

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
        var payment = new PosPayment(row.GetString(3), Text(row, 5), "", state, row.GetFieldValue<Instant>(16), row.GetFieldValue<Instant>(17),
            row.GetString(7), row.GetInt64(8), row.GetInt64(9), row.GetInt64(10), (PaymentMethod)row.GetInt16(11), card);
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
}
