using System.Data.Common;
using Ingestion.Webhooks;
using Npgsql;

namespace Ingestion.Ledger;

/// <summary>One connection with the statements of both round trips prepared on it. It belongs to one writer and is thrown away after any
/// error.</summary>
internal sealed class LedgerSession : IAsyncDisposable
{
    // A disk that does not answer must not hold up every venue.
    private const int CommandTimeoutSeconds = 5;

    // The second round trip, in this order. It sends only the statements that have rows; the commit comes last.
    private static readonly WriteStatement[] WriteStatements =
    [
        new WriteStatement<LedgerTransaction>(LedgerSql.InsertTransactions, TransactionTable.Columns, c => c.Inserted),
        new WriteStatement<LedgerTransaction>(LedgerSql.UpdateTransactions, TransactionTable.Columns, c => c.Updated),
        new WriteStatement<LedgerRefund>(LedgerSql.UpsertRefunds, RefundTable.Columns, c => c.Refunds),
        new WriteStatement<NewVersion>(LedgerSql.InsertVersions, VersionTable.Columns, c => c.AllVersions),
        new WriteStatement<KeyValuePair<string, long>>(LedgerSql.AdvanceHeads, FeedHeadTable.Columns, c => c.AdvancedHeads),
        new WriteStatement<(OrderFetchRequest, NodaTime.Instant)>(LedgerSql.RequestOrders, OrderFetchTable.Columns, c => c.OrderFetches),
        new WriteStatement<object>(LedgerSql.Commit, new ColumnSet<object>(), _ => []),
    ];
    private static readonly int CommitOnly = 1 << (WriteStatements.Length - 1);

    private readonly NpgsqlConnection _connection;
    private readonly NpgsqlBatch _readBatch;
    private readonly NpgsqlBatch _readBatchWithOrders;

    // By the set of statements in it, one bit each; most batches use two or three different sets.
    private readonly Dictionary<int, NpgsqlBatch> _writeBatches = [];

    private LedgerSession(NpgsqlConnection connection)
    {
        _connection = connection;
        _readBatch = CreateBatch(ReadCommands());
        _readBatchWithOrders = CreateBatch([
            .. ReadCommands(),
            CreateCommand(LedgerSql.ReadTransactionsOfOrders, LedgerKeys.Orders.AddParameters),
        ]);
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

    public async Task CreateHeadsAsync(string[] venueIds, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(LedgerSql.CreateHeads, _connection) { Parameters = { new() { Value = venueIds } } };
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Begins the transaction, locks the feed heads, stores the raw events and reads what the merge needs. Also returns the ids
    /// of the events that were not stored before: only what these say counts.</summary>
    public async Task<(LedgerSnapshot Snapshot, IReadOnlySet<Guid> NewEvents)> ReadAsync(
        BatchKeys keys,
        CancellationToken cancellationToken
    )
    {
        var readsOrders = keys.Orders.Count > 0;
        var batch = readsOrders ? _readBatchWithOrders : _readBatch;
        if (readsOrders)
            await batch.PrepareAsync(cancellationToken); // returns at once when it is prepared already
        var commands = batch.BatchCommands;
        LedgerKeys.Venues.SetParameters(commands[1], keys.VenueIds);
        WebhookEventTable.Columns.SetParameters(commands[2], keys.Events);
        LedgerKeys.Payments.SetParameters(commands[3], keys.Payments);
        LedgerKeys.Identities.SetParameters(commands[4], keys.Identities);
        LedgerKeys.Refunds.SetParameters(commands[5], keys.Refunds);
        LedgerKeys.Payments.SetParameters(commands[5], keys.Payments, firstIndex: LedgerKeys.Refunds.Count);
        if (readsOrders)
            LedgerKeys.Orders.SetParameters(commands[6], keys.Orders);

        await using var rows = await batch.ExecuteReaderAsync(cancellationToken);
        var heads = await ReadResultAsync(rows, FeedHeadTable.Read, cancellationToken);
        var newEvents = await ReadResultAsync(rows, WebhookEventTable.Id.Read, cancellationToken);
        var transactions = await ReadResultAsync(rows, TransactionTable.Read, cancellationToken);
        var links = await ReadResultAsync(rows, IdentityLinkTable.Read, cancellationToken);
        var refunds = await ReadResultAsync(rows, RefundTable.Read, cancellationToken);
        if (readsOrders)
            transactions.AddRange(await ReadResultAsync(rows, TransactionTable.Read, cancellationToken));

        var owners = new Dictionary<IdentityKey, IdentityOwner>(links);
        var snapshot = new LedgerSnapshot(
            transactions.DistinctBy(t => t.Key).ToDictionary(t => t.Key),
            refunds.DistinctBy(r => r.Key).ToDictionary(r => r.Key),
            new Dictionary<string, long>(heads),
            (venueId, token) => owners.GetValueOrDefault(new IdentityKey(venueId, token))
        );
        return (snapshot, newEvents.ToHashSet());
    }

    /// <summary>Writes the changes and commits. What is written alongside belongs to the same transaction.</summary>
    public async Task WriteAsync(
        LedgerChanges changes,
        Func<NpgsqlConnection, CancellationToken, Task>? writeAlongside,
        CancellationToken cancellationToken
    )
    {
        var statements = 0;
        for (var i = 0; i < WriteStatements.Length; i++)
            if (WriteStatements[i].HasRows(changes))
                statements |= 1 << i;
        if (writeAlongside is null)
        {
            await ExecuteAsync(statements | CommitOnly, changes, cancellationToken);
            return;
        }
        if (statements != 0)
            await ExecuteAsync(statements, changes, cancellationToken);
        await writeAlongside(_connection, cancellationToken);
        await ExecuteAsync(CommitOnly, changes, cancellationToken);
    }

    private async Task ExecuteAsync(int set, LedgerChanges changes, CancellationToken cancellationToken)
    {
        WriteStatement[] statements = [.. WriteStatements.Where((_, i) => (set & (1 << i)) != 0)];
        if (!_writeBatches.TryGetValue(set, out var batch))
        {
            batch = CreateBatch(statements.Select(s => s.CreateCommand()));
            await batch.PrepareAsync(cancellationToken);
            _writeBatches.Add(set, batch);
        }
        for (var i = 0; i < statements.Length; i++)
            statements[i].SetRows(batch.BatchCommands[i], changes);
        await batch.ExecuteNonQueryAsync(cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        await _readBatch.DisposeAsync();
        await _readBatchWithOrders.DisposeAsync();
        foreach (var batch in _writeBatches.Values)
            await batch.DisposeAsync();
        try
        {
            // The connection returns to the pool as it came. A batch may have failed within its transaction.
            await using var reset = new NpgsqlCommand("rollback; " + LedgerSql.ResetSessionSettings, _connection);
            await reset.ExecuteNonQueryAsync();
        }
        catch (Exception e) when (e is NpgsqlException or InvalidOperationException)
        {
            // The connection is lost, and the pool does not take it back.
        }
        await _connection.DisposeAsync();
    }

    private static IEnumerable<NpgsqlBatchCommand> ReadCommands() =>
        [
            CreateCommand(LedgerSql.Begin),
            CreateCommand(LedgerSql.LockHeads, LedgerKeys.Venues.AddParameters),
            CreateCommand(LedgerSql.StoreEvents, WebhookEventTable.Columns.AddParameters),
            CreateCommand(LedgerSql.ReadTransactions, LedgerKeys.Payments.AddParameters),
            CreateCommand(LedgerSql.ReadIdentityLinks, LedgerKeys.Identities.AddParameters),
            CreateCommand(LedgerSql.ReadRefunds, LedgerKeys.Refunds.AddParameters, LedgerKeys.Payments.AddParameters),
        ];

    private static NpgsqlBatchCommand CreateCommand(string sql, params ReadOnlySpan<Action<NpgsqlBatchCommand>> addParameters)
    {
        var command = new NpgsqlBatchCommand(sql);
        foreach (var add in addParameters)
            add(command);
        return command;
    }

    private NpgsqlBatch CreateBatch(IEnumerable<NpgsqlBatchCommand> commands)
    {
        var batch = new NpgsqlBatch(_connection) { Timeout = CommandTimeoutSeconds };
        foreach (var command in commands)
            batch.BatchCommands.Add(command);
        return batch;
    }

    // Reads the current result to its end and moves on to the next one.
    private static async Task<List<T>> ReadResultAsync<T>(
        NpgsqlDataReader rows,
        Func<DbDataReader, T> read,
        CancellationToken cancellationToken
    )
    {
        var result = new List<T>();
        while (await rows.ReadAsync(cancellationToken))
            result.Add(read(rows));
        await rows.NextResultAsync(cancellationToken);
        return result;
    }

    private abstract class WriteStatement
    {
        public abstract bool HasRows(LedgerChanges changes);

        public abstract NpgsqlBatchCommand CreateCommand();

        public abstract void SetRows(NpgsqlBatchCommand command, LedgerChanges changes);
    }

    private sealed class WriteStatement<TRow>(string sql, ColumnSet<TRow> columns, Func<LedgerChanges, IReadOnlyList<TRow>> rows)
        : WriteStatement
    {
        public override bool HasRows(LedgerChanges changes) => rows(changes).Count > 0;

        public override NpgsqlBatchCommand CreateCommand() => LedgerSession.CreateCommand(sql, columns.AddParameters);

        public override void SetRows(NpgsqlBatchCommand command, LedgerChanges changes) => columns.SetParameters(command, rows(changes));
    }
}

/// <summary>What a batch looks up and locks.</summary>
internal sealed record BatchKeys(
    IReadOnlyList<string> VenueIds,
    IReadOnlyList<WebhookEventRow> Events,
    IReadOnlyList<PaymentKey> Payments,
    IReadOnlyList<IdentityKey> Identities,
    IReadOnlyList<RefundKey> Refunds,
    IReadOnlyList<OrderKey> Orders
)
{
    public static BatchKeys Of(IReadOnlyList<BatchItem> batch)
    {
        ObservedPayment[] payments = [.. batch.SelectMany(i => i.Payments)];
        ObservedRefund[] refunds = [.. batch.SelectMany(i => i.Refunds)];
        return new BatchKeys(
            [.. batch.Select(i => i.VenueId).Where(v => v != WebhookEventRow.UnroutedVenueId).Distinct()],
            // An event that was sent several times at once is one row. A provider may give one id to events of different types.
            [.. batch.Select(i => i.Event).OfType<WebhookEventRow>().DistinctBy(e => (e.VenueId, e.ConnectionId, e.EventId, e.Type))],
            [.. payments.Select(p => p.Key).Concat(refunds.Select(r => r.Payment).OfType<PaymentKey>()).Distinct()],
            [.. payments.SelectMany(p => p.IdentityKeys).Distinct()],
            [.. refunds.Select(r => r.Key).Distinct()],
            [.. batch.SelectMany(i => i.Orders.Select(o => o.Key).Concat(i.ChangedOrders.Select(o => o.Key))).Distinct()]
        );
    }
}
