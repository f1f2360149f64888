namespace Ingestion.Ledger;

/// <summary>The statements of a batch, in two round trips. Locking and reading are separate statements: one statement that did both would
/// read a snapshot from before the lock.</summary>
internal static class LedgerSql
{
    /// <summary>A lock that is not granted within a second must not hold up every venue. Plans are made early, while the tables may be
    /// empty, and a sequential scan chosen then would stay for long (see also <see cref="QueryPlanRefresh"/>).</summary>
    public const string SessionSettings = "set enable_seqscan = off; set jit = off; set lock_timeout = '1s'";

    public const string ResetSessionSettings = "reset enable_seqscan; reset jit; reset lock_timeout";

    /// <summary>Heads must exist before they can be locked.</summary>
    public const string CreateHeads =
        "insert into ingestion.feed_heads (venue_id, seq) select v, 0 from unnest($1::text[]) v order by v on conflict do nothing";

    // ── first round trip: lock and read ──
    public const string Begin = "begin";

    /// <summary>Every writer locks in the same order, so that two hosts cannot deadlock.</summary>
    public static readonly string LockHeads =
        $"select {FeedHeadTable.Columns.Names} from ingestion.feed_heads where venue_id = any($1) order by venue_id for update";

    /// <summary>Returns the ids of the events that were not stored before.</summary>
    public static readonly string StoreEvents = $"""
        insert into ingestion.webhook_events ({WebhookEventTable.Columns.Names})
        select * from unnest({WebhookEventTable.Columns.Arrays()}) e({WebhookEventTable.Columns.Names})
        order by e.venue_id, e.connection_id, e.event_id, e.type
        on conflict (venue_id, connection_id, event_id, type) do nothing
        returning id
        """;

    public static readonly string ReadTransactions = $"""
        select {TransactionTable.Columns.NamesOf("t")}
        from unnest({LedgerKeys.Payments.Arrays()}) k({LedgerKeys.Payments.Names})
        join ingestion.transactions t on t.venue_id = k.venue_id and t.provider = k.provider and t.external_id = k.external_id
        """;

    public static readonly string ReadTransactionsOfOrders = $"""
        select {TransactionTable.Columns.NamesOf("t")}
        from unnest({LedgerKeys.Orders.Arrays()}) k({LedgerKeys.Orders.Names})
        join ingestion.transactions t on t.venue_id = k.venue_id and t.provider = k.provider and t.external_order_id = k.external_order_id
        where t.external_order_id is not null
        """;

    /// <summary>The refunds of these keys, and all refunds of these payments.</summary>
    public static readonly string ReadRefunds = $"""
        select {RefundTable.Columns.NamesOf("r")}
        from unnest({LedgerKeys.Refunds.Arrays()}) k({LedgerKeys.Refunds.Names})
        join ingestion.refunds r on r.venue_id = k.venue_id and r.provider = k.provider and r.external_id = k.external_id
        union all
        select {RefundTable.Columns.NamesOf("r")}
        from unnest({LedgerKeys.Payments.Arrays(LedgerKeys.Refunds.Count + 1)}) k({LedgerKeys.Payments.Names})
        join ingestion.refunds r on r.venue_id = k.venue_id and r.provider = k.provider and r.payment_external_id = k.external_id
        """;

    public static readonly string ReadIdentityLinks = $"""
        select {IdentityLinkTable.Columns.NamesOf("l")} from unnest({LedgerKeys.Identities.Arrays()}) k({LedgerKeys.Identities.Names})
        join ingestion.identity_links l on l.venue_id = k.venue_id and l.token = k.token
        """;

    // ── second round trip: write and commit ──

    /// <summary>Without "on conflict": nobody else can insert the same payment under the lock of the venue's head.</summary>
    public static readonly string InsertTransactions =
        $"insert into ingestion.transactions ({TransactionTable.Columns.Names}) select * from unnest({TransactionTable.Columns.Arrays()})";

    public static readonly string UpdateTransactions = $"""
        update ingestion.transactions t set {TransactionTable.Columns.Assignments("u")}
        from unnest({TransactionTable.Columns.Arrays()}) u({TransactionTable.Columns.Names})
        where t.venue_id = u.venue_id and t.id = u.id
        """;

    public static readonly string UpsertRefunds = $"""
        insert into ingestion.refunds ({RefundTable.Columns.Names})
        select * from unnest({RefundTable.Columns.Arrays()})
        on conflict (venue_id, provider, external_id) do update set {RefundTable.Columns.Assignments("excluded")}
        """;

    /// <summary>An order that nobody has claimed yet is fetched in its new state anyway. One that is being fetched or waits for its next
    /// attempt starts again: by the new due_at the fetcher sees that what it brings may be out of date.</summary>
    public static readonly string RequestOrders = $"""
        insert into ingestion.order_fetches ({OrderFetchTable.Columns.Names}, attempts)
        select u.*, 0 from unnest({OrderFetchTable.Columns.Arrays()}) u({OrderFetchTable.Columns.Names})
        order by u.venue_id, u.connection_id, u.order_id
        on conflict (venue_id, connection_id, order_id) do update set due_at = excluded.due_at, attempts = 0
        where order_fetches.attempts > 0
        """;

    public static readonly string InsertVersions =
        $"insert into ingestion.transaction_versions ({VersionTable.Columns.Names}) select * from unnest({VersionTable.Columns.Arrays()})";

    public static readonly string AdvanceHeads = $"""
        update ingestion.feed_heads h set seq = u.seq from unnest({FeedHeadTable.Columns.Arrays()}) u({FeedHeadTable.Columns.Names})
        where h.venue_id = u.venue_id
        """;

    public const string Commit = "commit";
}
