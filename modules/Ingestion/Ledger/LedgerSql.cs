namespace Ingestion.Ledger;

/// <summary>The statements of a batch, in two trips. They are separate statements, since one that locked and read would read from before
/// the lock.</summary>
internal static class LedgerSql
{
    // A lock that does not come must not hold up everybody.
    // Plans are made early, while the tables may be empty; a sequential scan chosen then would stay for long (see also PlanRefresh).
    public const string SessionSettings = "set enable_seqscan = off; set jit = off; set lock_timeout = '1s'";

    /// <summary>Heads must be there before they can be locked.</summary>
    public const string CreateHeads =
        "insert into ingestion.feed_heads (venue_id, seq) select v, 0 from unnest($1::text[]) v order by v on conflict do nothing";

    // ── first trip ──
    public const string Begin = "begin";

    // In one order everywhere, so that two hosts cannot lock each other out.
    public const string LockHeads = "select venue_id, seq from ingestion.feed_heads where venue_id = any($1) order by venue_id for update";

    /// <summary>Returns the ids of the events that were not stored before.</summary>
    public const string StoreEvents = """
        insert into ingestion.webhook_events (id, venue_id, connection_id, event_id, provider, type, status, reason, received_at, attempts, payload)
        select * from unnest($1::uuid[], $2::text[], $3::uuid[], $4::text[], $5::smallint[], $6::text[], $7::smallint[], $8::text[],
          $9::timestamptz[], $10::int[], $11::bytea[]) e(id, venue_id, connection_id, event_id, provider, type, status, reason, received_at, attempts, payload)
        order by e.venue_id, e.connection_id, e.event_id, e.type
        on conflict (venue_id, connection_id, event_id, type) do nothing
        returning id
        """;

    private const string TransactionReadColumns =
        "t.id, t.venue_id, t.provider, t.external_id, t.connection_id, t.external_order_id, t.status, t.currency, t.total_minor, t.tip_minor, "
        + "t.payment_refunded_minor, t.payment_method, t.card_brand, t.card_last4, t.card_entry_method, t.card_token, t.occurred_at, "
        + "t.payment_updated_at, t.payment_hash, t.user_id, t.matched_by, t.recorded_at, t.last_seq, t.added_seq, t.refunded_minor, "
        + "t.tax_minor, t.discount_minor, t.service_charge_minor, t.breakdown_complete, t.order_version, t.rules_off";

    public const string ReadTransactions = $"""
        select {TransactionReadColumns}
        from unnest($1::text[], $2::smallint[], $3::text[]) k(venue_id, provider, external_id)
        join ingestion.transactions t on t.venue_id = k.venue_id and t.provider = k.provider and t.external_id = k.external_id
        """;

    /// <summary>All sales of these orders.</summary>
    public const string ReadTransactionsOfOrders = $"""
        select {TransactionReadColumns}
        from unnest($1::text[], $2::smallint[], $3::text[]) k(venue_id, provider, external_order_id)
        join ingestion.transactions t on t.venue_id = k.venue_id and t.provider = k.provider and t.external_order_id = k.external_order_id
        where t.external_order_id is not null
        """;

    private const string RefundReadColumns =
        "r.id, r.venue_id, r.provider, r.external_id, r.connection_id, r.payment_external_id, r.external_order_id, r.currency, "
        + "r.amount_minor, r.state, r.reason, r.created_at, r.updated_at, r.hash, r.recorded_at";

    /// <summary>These refunds, and all of these payments.</summary>
    public const string ReadRefunds = $"""
        select {RefundReadColumns}
        from unnest($1::text[], $2::smallint[], $3::text[]) k(venue_id, provider, external_id)
        join ingestion.refunds r on r.venue_id = k.venue_id and r.provider = k.provider and r.external_id = k.external_id
        union all
        select {RefundReadColumns}
        from unnest($4::text[], $5::smallint[], $6::text[]) k(venue_id, provider, external_id)
        join ingestion.refunds r on r.venue_id = k.venue_id and r.provider = k.provider and r.payment_external_id = k.external_id
        """;

    public const string ReadCardLinks = """
        select l.venue_id, l.card_token, l.user_id, l.counts_from from unnest($1::text[], $2::text[]) k(venue_id, card_token)
        join ingestion.card_links l on l.venue_id = k.venue_id and l.card_token = k.card_token
        """;

    // ── second trip ──
    private const string TransactionColumns =
        "id, venue_id, provider, external_id, connection_id, external_order_id, status, currency, total_minor, tip_minor, refunded_minor, "
        + "payment_refunded_minor, payment_method, card_brand, card_last4, card_entry_method, card_token, occurred_at, payment_updated_at, payment_hash, "
        + "user_id, matched_by, recorded_at, last_seq, added_seq, tax_minor, discount_minor, service_charge_minor, breakdown_complete, order_version, rules_off";

    private const string TransactionArrays =
        "$1::uuid[], $2::text[], $3::smallint[], $4::text[], $5::uuid[], $6::text[], $7::smallint[], $8::text[], $9::bigint[], $10::bigint[], $11::bigint[], "
        + "$12::bigint[], $13::smallint[], $14::text[], $15::text[], $16::text[], $17::text[], $18::timestamptz[], $19::timestamptz[], $20::bigint[], "
        + "$21::text[], $22::smallint[], $23::timestamptz[], $24::bigint[], $25::bigint[], $26::bigint[], $27::bigint[], $28::bigint[], $29::boolean[], $30::bigint[], $31::boolean[]";

    // Plain: under the head's lock nobody else can insert the same payment.
    public const string InsertTransactions =
        $"insert into ingestion.transactions ({TransactionColumns}) select * from unnest({TransactionArrays})";

    public const string UpdateTransactions = $"""
        update ingestion.transactions t set
          external_order_id = u.external_order_id, status = u.status, currency = u.currency, total_minor = u.total_minor, tip_minor = u.tip_minor,
          refunded_minor = u.refunded_minor, payment_refunded_minor = u.payment_refunded_minor, payment_method = u.payment_method,
          card_brand = u.card_brand, card_last4 = u.card_last4, card_entry_method = u.card_entry_method, card_token = u.card_token,
          occurred_at = u.occurred_at, payment_updated_at = u.payment_updated_at, payment_hash = u.payment_hash,
          user_id = u.user_id, matched_by = u.matched_by, last_seq = u.last_seq, added_seq = u.added_seq,
          tax_minor = u.tax_minor, discount_minor = u.discount_minor, service_charge_minor = u.service_charge_minor,
          breakdown_complete = u.breakdown_complete, order_version = u.order_version, rules_off = u.rules_off
        from unnest({TransactionArrays}) u({TransactionColumns})
        where t.venue_id = u.venue_id and t.id = u.id
        """;

    public const string UpsertRefunds = """
        insert into ingestion.refunds (id, venue_id, provider, external_id, connection_id, payment_external_id, external_order_id, currency, amount_minor,
          state, reason, created_at, updated_at, hash, recorded_at)
        select * from unnest($1::uuid[], $2::text[], $3::smallint[], $4::text[], $5::uuid[], $6::text[], $7::text[], $8::text[], $9::bigint[],
          $10::smallint[], $11::text[], $12::timestamptz[], $13::timestamptz[], $14::bigint[], $15::timestamptz[])
        on conflict (venue_id, provider, external_id) do update set external_order_id = excluded.external_order_id, currency = excluded.currency,
          amount_minor = excluded.amount_minor, state = excluded.state, reason = excluded.reason, created_at = excluded.created_at,
          updated_at = excluded.updated_at, hash = excluded.hash
        """;

    // One that nobody has taken up yet will see the new state anyhow. One that is being fetched, or is in a pause, starts anew: its new due_at
    // tells the fetcher that what it brings may be from before.
    public const string RequestOrders = """
        insert into ingestion.order_fetches (venue_id, connection_id, order_id, due_at, attempts)
        select u.*, 0 from unnest($1::text[], $2::uuid[], $3::text[], $4::timestamptz[]) u(venue_id, connection_id, order_id, due_at)
        order by u.venue_id, u.connection_id, u.order_id
        on conflict (venue_id, connection_id, order_id) do update set due_at = excluded.due_at, attempts = 0 where order_fetches.attempts > 0
        """;

    public const string InsertVersions = """
        insert into ingestion.transaction_versions (venue_id, seq, transaction_id, previous_seq, applied, added, recorded_at, cause, cause_id,
          provider, status, currency, total_minor, tip_minor, refunded_minor, payment_method, user_id, occurred_at,
          tax_minor, discount_minor, service_charge_minor, breakdown_complete, rules_off)
        select * from unnest($1::text[], $2::bigint[], $3::uuid[], $4::bigint[], $5::boolean[], $6::boolean[], $7::timestamptz[], $8::smallint[], $9::text[],
          $10::smallint[], $11::smallint[], $12::text[], $13::bigint[], $14::bigint[], $15::bigint[], $16::smallint[], $17::text[], $18::timestamptz[],
          $19::bigint[], $20::bigint[], $21::bigint[], $22::boolean[], $23::boolean[])
        """;

    public const string AdvanceHeads = """
        update ingestion.feed_heads h set seq = u.seq from unnest($1::text[], $2::bigint[]) u(venue_id, seq) where h.venue_id = u.venue_id
        """;

    public const string Commit = "commit";
}
