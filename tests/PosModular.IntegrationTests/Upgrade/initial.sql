
CREATE SCHEMA analytics;

CREATE SCHEMA ingestion;

CREATE SCHEMA integrations;

CREATE SCHEMA rules;

CREATE TABLE analytics."__EFMigrationsHistory" (
    migration_id character varying(150) NOT NULL,
    product_version character varying(32) NOT NULL
);

CREATE TABLE analytics.feed_dead_letters (
    source text NOT NULL,
    venue_id text NOT NULL,
    seq bigint NOT NULL,
    error text NOT NULL,
    attempts integer NOT NULL,
    failed_at timestamp with time zone NOT NULL,
    next_attempt_at timestamp with time zone NOT NULL
);

CREATE TABLE analytics.feed_positions (
    source text NOT NULL,
    venue_id text NOT NULL,
    seq bigint NOT NULL
)
WITH (fillfactor='50');

CREATE TABLE analytics.revenue_buckets (
    venue_id text NOT NULL,
    starts_at timestamp with time zone NOT NULL,
    provider smallint NOT NULL,
    payment_method smallint NOT NULL,
    currency text NOT NULL,
    count bigint NOT NULL,
    total_minor bigint NOT NULL,
    tip_minor bigint NOT NULL,
    refunded_minor bigint NOT NULL,
    pending_minor bigint NOT NULL
)
WITH (fillfactor='70');

CREATE TABLE ingestion."__EFMigrationsHistory" (
    migration_id character varying(150) NOT NULL,
    product_version character varying(32) NOT NULL
);

CREATE TABLE ingestion.card_links (
    venue_id text NOT NULL,
    card_token text NOT NULL,
    user_id text NOT NULL,
    linked_at timestamp with time zone NOT NULL,
    counts_from timestamp with time zone
);

CREATE TABLE ingestion.feed_heads (
    venue_id text NOT NULL,
    seq bigint NOT NULL
)
WITH (fillfactor='50');

CREATE TABLE ingestion.order_fetches (
    venue_id text NOT NULL,
    connection_id uuid NOT NULL,
    order_id text NOT NULL,
    due_at timestamp with time zone NOT NULL,
    attempts integer NOT NULL
);

CREATE TABLE ingestion.refunds (
    venue_id text NOT NULL,
    provider smallint NOT NULL,
    external_id text NOT NULL,
    id uuid NOT NULL,
    connection_id uuid NOT NULL,
    payment_external_id text,
    external_order_id text,
    currency text NOT NULL,
    amount_minor bigint NOT NULL,
    state smallint NOT NULL,
    reason text,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    hash bigint NOT NULL,
    recorded_at timestamp with time zone NOT NULL
);

CREATE TABLE ingestion.sync_runs (
    id uuid NOT NULL,
    venue_id text NOT NULL,
    connection_id uuid NOT NULL,
    trigger smallint NOT NULL,
    status smallint NOT NULL,
    by_creation boolean NOT NULL,
    from_at timestamp with time zone NOT NULL,
    to_at timestamp with time zone NOT NULL,
    stream integer NOT NULL,
    place timestamp with time zone NOT NULL,
    cursor text,
    reached timestamp with time zone,
    pass_pages integer NOT NULL,
    pass_found_changes boolean NOT NULL,
    pages integer NOT NULL,
    fetched integer NOT NULL,
    created integer NOT NULL,
    updated integer NOT NULL,
    unchanged integer NOT NULL,
    error_code text,
    error_message text,
    started_at timestamp with time zone NOT NULL,
    finished_at timestamp with time zone,
    updated_at timestamp with time zone NOT NULL,
    resume_at timestamp with time zone NOT NULL,
    parked_since timestamp with time zone,
    faults integer NOT NULL
);

CREATE TABLE ingestion.sync_states (
    connection_id uuid NOT NULL,
    venue_id text NOT NULL,
    synced_to timestamp with time zone,
    last_sync_at timestamp with time zone,
    next_sync_at timestamp with time zone NOT NULL,
    alive_at timestamp with time zone NOT NULL,
    lease_owner uuid,
    lease_until timestamp with time zone
)
WITH (fillfactor='70');

CREATE TABLE ingestion.transaction_versions (
    venue_id text NOT NULL,
    seq bigint NOT NULL,
    transaction_id uuid NOT NULL,
    previous_seq bigint,
    applied boolean NOT NULL,
    added boolean NOT NULL,
    recorded_at timestamp with time zone NOT NULL,
    cause smallint NOT NULL,
    cause_id text,
    provider smallint NOT NULL,
    status smallint NOT NULL,
    currency text NOT NULL,
    total_minor bigint NOT NULL,
    tip_minor bigint NOT NULL,
    refunded_minor bigint NOT NULL,
    payment_method smallint NOT NULL,
    user_id text,
    occurred_at timestamp with time zone NOT NULL,
    tax_minor bigint NOT NULL,
    discount_minor bigint NOT NULL,
    service_charge_minor bigint NOT NULL,
    breakdown_complete boolean NOT NULL,
    rules_off boolean NOT NULL
);

CREATE TABLE ingestion.transactions (
    id uuid NOT NULL,
    venue_id text NOT NULL,
    connection_id uuid NOT NULL,
    provider smallint NOT NULL,
    external_id text NOT NULL,
    external_order_id text,
    status smallint NOT NULL,
    currency text NOT NULL,
    total_minor bigint NOT NULL,
    tip_minor bigint NOT NULL,
    refunded_minor bigint NOT NULL,
    payment_method smallint NOT NULL,
    card_brand text,
    card_last4 text,
    card_entry_method text,
    card_token text,
    occurred_at timestamp with time zone NOT NULL,
    payment_updated_at timestamp with time zone NOT NULL,
    payment_refunded_minor bigint NOT NULL,
    payment_hash bigint NOT NULL,
    tax_minor bigint NOT NULL,
    discount_minor bigint NOT NULL,
    service_charge_minor bigint NOT NULL,
    breakdown_complete boolean NOT NULL,
    rules_off boolean NOT NULL,
    order_version bigint,
    user_id text,
    matched_by smallint,
    recorded_at timestamp with time zone NOT NULL,
    last_seq bigint NOT NULL,
    added_seq bigint
);

CREATE TABLE ingestion.webhook_events (
    venue_id text NOT NULL,
    connection_id uuid NOT NULL,
    event_id text NOT NULL,
    type text NOT NULL,
    id uuid NOT NULL,
    provider smallint NOT NULL,
    status smallint NOT NULL,
    reason text,
    received_at timestamp with time zone NOT NULL,
    attempts integer NOT NULL,
    payload bytea NOT NULL
);
ALTER TABLE ONLY ingestion.webhook_events ALTER COLUMN payload SET COMPRESSION lz4;

CREATE TABLE integrations."__EFMigrationsHistory" (
    migration_id character varying(150) NOT NULL,
    product_version character varying(32) NOT NULL
);

CREATE TABLE integrations.audit_log (
    id uuid NOT NULL,
    venue_id text NOT NULL,
    at timestamp with time zone NOT NULL,
    user_id text NOT NULL,
    action text NOT NULL,
    subject text NOT NULL,
    detail text
);

CREATE TABLE integrations.connection_errors (
    connection_id uuid NOT NULL,
    id uuid NOT NULL,
    at timestamp with time zone NOT NULL,
    code text NOT NULL,
    message text NOT NULL
);

CREATE TABLE integrations.pos_connections (
    id uuid NOT NULL,
    venue_id text NOT NULL,
    provider text NOT NULL,
    environment text NOT NULL,
    external_location_id text NOT NULL,
    location_name text,
    merchant_id text,
    merchant_name text,
    time_zone text,
    currency text,
    location_read_at timestamp with time zone,
    connected_at timestamp with time zone NOT NULL,
    disconnected_at timestamp with time zone,
    access_token text,
    refresh_token text,
    client_id text,
    client_secret text,
    credentials_issued_at timestamp with time zone,
    credentials_expire_at timestamp with time zone,
    renewal_lease_until timestamp with time zone,
    webhook_enabled boolean NOT NULL,
    notification_url text NOT NULL,
    other_notification_url text,
    other_notification_url_until timestamp with time zone,
    subscription_id text,
    subscription_count integer NOT NULL,
    signature_key text,
    previous_signature_key text,
    previous_signature_key_until timestamp with time zone,
    rotating_until timestamp with time zone,
    refused_signatures bigint NOT NULL,
    last_refusal text,
    last_event_at timestamp with time zone,
    testing_until timestamp with time zone,
    last_test_at timestamp with time zone,
    last_test_status_code integer,
    last_test_arrived boolean NOT NULL,
    sync_enabled boolean DEFAULT true NOT NULL,
    sync_interval_seconds integer,
    process_rules boolean DEFAULT true NOT NULL,
    last_good_call_at timestamp with time zone,
    last_error_at timestamp with time zone,
    last_error_code text,
    last_error_message text,
    next_check_at timestamp with time zone NOT NULL,
    webhook_error_code text,
    webhook_error_message text
);

CREATE TABLE integrations.provider_tokens (
    id uuid NOT NULL,
    token text,
    expires_at timestamp with time zone,
    last_login_at timestamp with time zone,
    previous_login_at timestamp with time zone,
    login_lease_until timestamp with time zone
);

CREATE TABLE integrations.venues (
    id text NOT NULL,
    name text NOT NULL,
    time_zone text NOT NULL,
    currency text NOT NULL,
    day_cutoff time without time zone NOT NULL,
    rules_count_from text NOT NULL,
    unlock_policy text NOT NULL,
    owner_user_ids text[] NOT NULL,
    created_at timestamp with time zone NOT NULL
);

CREATE TABLE rules."__EFMigrationsHistory" (
    migration_id character varying(150) NOT NULL,
    product_version character varying(32) NOT NULL
);

CREATE TABLE rules.feed_dead_letters (
    source text NOT NULL,
    venue_id text NOT NULL,
    seq bigint NOT NULL,
    error text NOT NULL,
    attempts integer NOT NULL,
    failed_at timestamp with time zone NOT NULL,
    next_attempt_at timestamp with time zone NOT NULL
);

CREATE TABLE rules.feed_heads (
    venue_id text NOT NULL,
    seq bigint NOT NULL
)
WITH (fillfactor='50');

CREATE TABLE rules.feed_positions (
    source text NOT NULL,
    venue_id text NOT NULL,
    seq bigint NOT NULL
)
WITH (fillfactor='50');

CREATE TABLE rules.lifetime_spend (
    venue_id text NOT NULL,
    user_id text NOT NULL,
    currency text NOT NULL,
    authorized_minor bigint NOT NULL,
    captured_minor bigint NOT NULL
)
WITH (fillfactor='80');

CREATE TABLE rules.live_sessions (
    id uuid NOT NULL,
    venue_id text NOT NULL,
    performer_id text NOT NULL,
    started_at timestamp with time zone NOT NULL,
    ended_at timestamp with time zone
);

CREATE TABLE rules.members (
    venue_id text NOT NULL,
    user_id text NOT NULL,
    tier smallint NOT NULL,
    access smallint[] NOT NULL,
    first_seen_at timestamp with time zone,
    last_seen_at timestamp with time zone
)
WITH (fillfactor='80');

CREATE TABLE rules.spend_rules (
    id uuid NOT NULL,
    venue_id text NOT NULL,
    name text NOT NULL,
    enabled boolean NOT NULL,
    priority integer NOT NULL,
    threshold_minor bigint NOT NULL,
    currency text NOT NULL,
    unlocks_tier smallint NOT NULL,
    grants_access smallint[] NOT NULL,
    live_only boolean NOT NULL,
    live_days integer,
    live_start time without time zone,
    live_end time without time zone,
    performer_id text,
    times_triggered bigint NOT NULL,
    last_triggered_at timestamp with time zone,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    deleted_at timestamp with time zone
);

CREATE TABLE rules.tier_history (
    id uuid NOT NULL,
    venue_id text NOT NULL,
    user_id text NOT NULL,
    at timestamp with time zone NOT NULL,
    from_tier smallint NOT NULL,
    to_tier smallint NOT NULL,
    reason text NOT NULL,
    unlock_id uuid
);

CREATE TABLE rules.unlocks (
    id uuid NOT NULL,
    venue_id text NOT NULL,
    user_id text NOT NULL,
    rule_id uuid,
    tier smallint NOT NULL,
    access smallint[] NOT NULL,
    transaction_id uuid,
    spend_minor bigint,
    threshold_minor bigint,
    currency text,
    reason text,
    unlocked_at timestamp with time zone NOT NULL,
    revoked_at timestamp with time zone,
    revoked_reason text,
    seq bigint NOT NULL
);

INSERT INTO analytics."__EFMigrationsHistory" (migration_id, product_version) VALUES ('20261127201959_Initial', '10.0.15');

INSERT INTO analytics.feed_positions (source, venue_id, seq) VALUES ('ingestion', 'bar', 5);

INSERT INTO analytics.revenue_buckets (venue_id, starts_at, provider, payment_method, currency, count, total_minor, tip_minor, refunded_minor, pending_minor) VALUES ('bar', '2026-11-20 20:00:00+00', 2, 1, 'USD', 2, 2600, 0, 400, 1000);

INSERT INTO ingestion."__EFMigrationsHistory" (migration_id, product_version) VALUES ('20261127201944_Initial', '10.0.15');

INSERT INTO ingestion.card_links (venue_id, card_token, user_id, linked_at, counts_from) VALUES ('bar', 'tjvJIew7HdLdcVfG3Hef-Q', 'guest', '2026-11-27 20:44:17.375859+00', NULL);

INSERT INTO ingestion.feed_heads (venue_id, seq) VALUES ('bar', 5);

INSERT INTO ingestion.order_fetches (venue_id, connection_id, order_id, due_at, attempts) VALUES ('bar', '01a21ec0-66c4-799f-a00d-7f3965b687c4', 'order-first-of-guest', '2026-11-27 20:44:18.005273+00', 0);
INSERT INTO ingestion.order_fetches (venue_id, connection_id, order_id, due_at, attempts) VALUES ('bar', '01a21ec0-66c4-799f-a00d-7f3965b687c4', 'order-p1', '2026-11-27 20:44:18.460144+00', 0);
INSERT INTO ingestion.order_fetches (venue_id, connection_id, order_id, due_at, attempts) VALUES ('bar', '01a21ec0-66c4-799f-a00d-7f3965b687c4', 'order-p2', '2026-11-27 20:44:18.487476+00', 0);

INSERT INTO ingestion.refunds (venue_id, provider, external_id, id, connection_id, payment_external_id, external_order_id, currency, amount_minor, state, reason, created_at, updated_at, hash, recorded_at) VALUES ('bar', 2, 'r1', '01a21ec0-6f42-79a7-b838-f74d04b71d49', '01a21ec0-66c4-799f-a00d-7f3965b687c4', 'p1', NULL, 'USD', 400, 3, 'spilt', '2026-11-20 21:00:00+00', '2026-11-20 21:00:00+00', 5435756671932563192, '2026-11-27 20:44:17.602627+00');

INSERT INTO ingestion.transaction_versions (venue_id, seq, transaction_id, previous_seq, applied, added, recorded_at, cause, cause_id, provider, status, currency, total_minor, tip_minor, refunded_minor, payment_method, user_id, occurred_at, tax_minor, discount_minor, service_charge_minor, breakdown_complete, rules_off) VALUES ('bar', 1, '01a21ec0-6ced-7074-ab2b-79417f74c462', NULL, true, true, '2026-11-27 20:44:17.005273+00', 1, 'event-1', 2, 2, 'USD', 100, 0, 0, 1, NULL, '2026-11-20 20:00:00+00', 0, 0, 0, false, false);
INSERT INTO ingestion.transaction_versions (venue_id, seq, transaction_id, previous_seq, applied, added, recorded_at, cause, cause_id, provider, status, currency, total_minor, tip_minor, refunded_minor, payment_method, user_id, occurred_at, tax_minor, discount_minor, service_charge_minor, breakdown_complete, rules_off) VALUES ('bar', 2, '01a21ec0-6ced-7074-ab2b-79417f74c462', 1, true, false, '2026-11-27 20:44:17.375859+00', 4, 'owner', 2, 2, 'USD', 100, 0, 0, 1, 'guest', '2026-11-20 20:00:00+00', 0, 0, 0, false, false);
INSERT INTO ingestion.transaction_versions (venue_id, seq, transaction_id, previous_seq, applied, added, recorded_at, cause, cause_id, provider, status, currency, total_minor, tip_minor, refunded_minor, payment_method, user_id, occurred_at, tax_minor, discount_minor, service_charge_minor, breakdown_complete, rules_off) VALUES ('bar', 3, '01a21ec0-6eb4-7ef6-9ab9-f895d2f8d37f', NULL, true, true, '2026-11-27 20:44:17.460144+00', 1, 'event-2', 2, 2, 'USD', 2500, 0, 0, 1, 'guest', '2026-11-20 20:00:00+00', 0, 0, 0, false, false);
INSERT INTO ingestion.transaction_versions (venue_id, seq, transaction_id, previous_seq, applied, added, recorded_at, cause, cause_id, provider, status, currency, total_minor, tip_minor, refunded_minor, payment_method, user_id, occurred_at, tax_minor, discount_minor, service_charge_minor, breakdown_complete, rules_off) VALUES ('bar', 4, '01a21ec0-6ecf-7389-9761-8e2e6f13fd74', NULL, true, true, '2026-11-27 20:44:17.487476+00', 1, 'event-3', 2, 1, 'USD', 1000, 0, 0, 1, NULL, '2026-11-20 20:00:00+00', 0, 0, 0, false, false);
INSERT INTO ingestion.transaction_versions (venue_id, seq, transaction_id, previous_seq, applied, added, recorded_at, cause, cause_id, provider, status, currency, total_minor, tip_minor, refunded_minor, payment_method, user_id, occurred_at, tax_minor, discount_minor, service_charge_minor, breakdown_complete, rules_off) VALUES ('bar', 5, '01a21ec0-6eb4-7ef6-9ab9-f895d2f8d37f', 3, true, false, '2026-11-27 20:44:17.602627+00', 1, 'event-4', 2, 3, 'USD', 2500, 0, 400, 1, 'guest', '2026-11-20 20:00:00+00', 0, 0, 0, false, false);

INSERT INTO ingestion.transactions (id, venue_id, connection_id, provider, external_id, external_order_id, status, currency, total_minor, tip_minor, refunded_minor, payment_method, card_brand, card_last4, card_entry_method, card_token, occurred_at, payment_updated_at, payment_refunded_minor, payment_hash, tax_minor, discount_minor, service_charge_minor, breakdown_complete, rules_off, order_version, user_id, matched_by, recorded_at, last_seq, added_seq) VALUES ('01a21ec0-6ced-7074-ab2b-79417f74c462', 'bar', '01a21ec0-66c4-799f-a00d-7f3965b687c4', 2, 'first-of-guest', 'order-first-of-guest', 2, 'USD', 100, 0, 0, 1, 'VISA', '1111', 'EMV', 'tjvJIew7HdLdcVfG3Hef-Q', '2026-11-20 20:00:00+00', '2026-11-20 20:00:00+00', 0, 7478688409382626722, 0, 0, 0, false, false, NULL, 'guest', 1, '2026-11-27 20:44:17.005273+00', 2, 1);
INSERT INTO ingestion.transactions (id, venue_id, connection_id, provider, external_id, external_order_id, status, currency, total_minor, tip_minor, refunded_minor, payment_method, card_brand, card_last4, card_entry_method, card_token, occurred_at, payment_updated_at, payment_refunded_minor, payment_hash, tax_minor, discount_minor, service_charge_minor, breakdown_complete, rules_off, order_version, user_id, matched_by, recorded_at, last_seq, added_seq) VALUES ('01a21ec0-6ecf-7389-9761-8e2e6f13fd74', 'bar', '01a21ec0-66c4-799f-a00d-7f3965b687c4', 2, 'p2', 'order-p2', 1, 'USD', 1000, 0, 0, 1, 'VISA', '1111', 'EMV', NULL, '2026-11-20 20:00:00+00', '2026-11-20 20:00:00+00', 0, 253278828489046932, 0, 0, 0, false, false, NULL, NULL, NULL, '2026-11-27 20:44:17.487476+00', 4, 4);
INSERT INTO ingestion.transactions (id, venue_id, connection_id, provider, external_id, external_order_id, status, currency, total_minor, tip_minor, refunded_minor, payment_method, card_brand, card_last4, card_entry_method, card_token, occurred_at, payment_updated_at, payment_refunded_minor, payment_hash, tax_minor, discount_minor, service_charge_minor, breakdown_complete, rules_off, order_version, user_id, matched_by, recorded_at, last_seq, added_seq) VALUES ('01a21ec0-6eb4-7ef6-9ab9-f895d2f8d37f', 'bar', '01a21ec0-66c4-799f-a00d-7f3965b687c4', 2, 'p1', 'order-p1', 3, 'USD', 2500, 0, 400, 1, 'VISA', '1111', 'EMV', 'tjvJIew7HdLdcVfG3Hef-Q', '2026-11-20 20:00:00+00', '2026-11-20 20:00:00+00', 0, 1023762938294873595, 0, 0, 0, false, false, NULL, 'guest', 1, '2026-11-27 20:44:17.460144+00', 5, 3);

INSERT INTO ingestion.webhook_events (venue_id, connection_id, event_id, type, id, provider, status, reason, received_at, attempts, payload) VALUES ('bar', '01a21ec0-66c4-799f-a00d-7f3965b687c4', 'event-1', 'payment.updated', '01a21ec0-6c57-7227-bc8e-87d975eb86d6', 2, 1, NULL, '2026-11-27 20:44:16.855898+00', 1, '\x7b226d65726368616e745f6964223a2236535357374856384b32535435222c2274797065223a227061796d656e742e75706461746564222c226576656e745f6964223a226576656e742d31222c0a22637265617465645f6174223a22323032362d31312d32305432303a30303a30305a222c2264617461223a7b2274797065223a227061796d656e74222c226964223a2266697273742d6f662d6775657374222c226f626a656374223a7b227061796d656e74223a7b226964223a2266697273742d6f662d6775657374222c0a22737461747573223a22434f4d504c45544544222c22637265617465645f6174223a22323032362d31312d32305432303a30303a30302e3030305a222c22757064617465645f6174223a22323032362d31312d32305432303a30303a30302e3030305a222c0a226c6f636174696f6e5f6964223a2253384757443552395142333736222c226f726465725f6964223a226f726465722d66697273742d6f662d6775657374222c22736f757263655f74797065223a2243415244222c0a22636172645f64657461696c73223a7b22656e7472795f6d6574686f64223a22454d56222c2263617264223a7b22636172645f6272616e64223a2256495341222c226c6173745f34223a2231313131222c2266696e6765727072696e74223a22636172642d3122207d207d2c0a22746f74616c5f6d6f6e6579223a7b22616d6f756e74223a3130302c2263757272656e6379223a2255534422207d2c0a22726566756e6465645f6d6f6e6579223a7b22616d6f756e74223a302c2263757272656e6379223a2255534422207d207d207d207d207d');
INSERT INTO ingestion.webhook_events (venue_id, connection_id, event_id, type, id, provider, status, reason, received_at, attempts, payload) VALUES ('bar', '01a21ec0-66c4-799f-a00d-7f3965b687c4', 'event-2', 'payment.updated', '01a21ec0-6ea8-7b9b-a9cf-e5901640d946', 2, 1, NULL, '2026-11-27 20:44:17.448288+00', 1, '\x7b226d65726368616e745f6964223a2236535357374856384b32535435222c2274797065223a227061796d656e742e75706461746564222c226576656e745f6964223a226576656e742d32222c0a22637265617465645f6174223a22323032362d31312d32305432303a30303a30305a222c2264617461223a7b2274797065223a227061796d656e74222c226964223a227031222c226f626a656374223a7b227061796d656e74223a7b226964223a227031222c0a22737461747573223a22434f4d504c45544544222c22637265617465645f6174223a22323032362d31312d32305432303a30303a30302e3030305a222c22757064617465645f6174223a22323032362d31312d32305432303a30303a30302e3030305a222c0a226c6f636174696f6e5f6964223a2253384757443552395142333736222c226f726465725f6964223a226f726465722d7031222c22736f757263655f74797065223a2243415244222c0a22636172645f64657461696c73223a7b22656e7472795f6d6574686f64223a22454d56222c2263617264223a7b22636172645f6272616e64223a2256495341222c226c6173745f34223a2231313131222c2266696e6765727072696e74223a22636172642d3122207d207d2c0a22746f74616c5f6d6f6e6579223a7b22616d6f756e74223a323530302c2263757272656e6379223a2255534422207d2c0a22726566756e6465645f6d6f6e6579223a7b22616d6f756e74223a302c2263757272656e6379223a2255534422207d207d207d207d207d');
INSERT INTO ingestion.webhook_events (venue_id, connection_id, event_id, type, id, provider, status, reason, received_at, attempts, payload) VALUES ('bar', '01a21ec0-66c4-799f-a00d-7f3965b687c4', 'event-3', 'payment.updated', '01a21ec0-6ec6-731f-a001-ad5c7356754b', 2, 1, NULL, '2026-11-27 20:44:17.478035+00', 1, '\x7b226d65726368616e745f6964223a2236535357374856384b32535435222c2274797065223a227061796d656e742e75706461746564222c226576656e745f6964223a226576656e742d33222c0a22637265617465645f6174223a22323032362d31312d32305432303a30303a30305a222c2264617461223a7b2274797065223a227061796d656e74222c226964223a227032222c226f626a656374223a7b227061796d656e74223a7b226964223a227032222c0a22737461747573223a22415050524f564544222c22637265617465645f6174223a22323032362d31312d32305432303a30303a30302e3030305a222c22757064617465645f6174223a22323032362d31312d32305432303a30303a30302e3030305a222c0a226c6f636174696f6e5f6964223a2253384757443552395142333736222c226f726465725f6964223a226f726465722d7032222c22736f757263655f74797065223a2243415244222c0a22636172645f64657461696c73223a7b22656e7472795f6d6574686f64223a22454d56222c2263617264223a7b22636172645f6272616e64223a2256495341222c226c6173745f34223a2231313131222c2266696e6765727072696e74223a6e756c6c207d207d2c0a22746f74616c5f6d6f6e6579223a7b22616d6f756e74223a313030302c2263757272656e6379223a2255534422207d2c0a22726566756e6465645f6d6f6e6579223a7b22616d6f756e74223a302c2263757272656e6379223a2255534422207d207d207d207d207d');
INSERT INTO ingestion.webhook_events (venue_id, connection_id, event_id, type, id, provider, status, reason, received_at, attempts, payload) VALUES ('bar', '01a21ec0-66c4-799f-a00d-7f3965b687c4', 'event-4', 'refund.updated', '01a21ec0-6ee9-7435-8845-56f51cfa18fd', 2, 1, NULL, '2026-11-27 20:44:17.513176+00', 1, '\x7b226d65726368616e745f6964223a2236535357374856384b32535435222c2274797065223a22726566756e642e75706461746564222c226576656e745f6964223a226576656e742d34222c0a22637265617465645f6174223a22323032362d31312d32305432303a30303a30305a222c2264617461223a7b2274797065223a22726566756e64222c226964223a227231222c0a226f626a656374223a7b22726566756e64223a7b226964223a227231222c22737461747573223a22434f4d504c45544544222c0a22637265617465645f6174223a22323032362d31312d32305432313a30303a30302e3030305a222c22757064617465645f6174223a22323032362d31312d32305432313a30303a30302e3030305a222c0a226c6f636174696f6e5f6964223a2253384757443552395142333736222c227061796d656e745f6964223a227031222c0a22616d6f756e745f6d6f6e6579223a7b22616d6f756e74223a3430302c2263757272656e6379223a22555344227d2c22726561736f6e223a227370696c7422207d207d207d207d');

INSERT INTO integrations."__EFMigrationsHistory" (migration_id, product_version) VALUES ('20261127201939_Initial', '10.0.15');

INSERT INTO integrations.audit_log (id, venue_id, at, user_id, action, subject, detail) VALUES ('01a21ec0-5c83-742d-87c7-0aa127728632', 'bar', '2026-11-27 20:44:12.803629+00', 'moderator', 'registerVenue', 'bar', 'owners: owner');
INSERT INTO integrations.audit_log (id, venue_id, at, user_id, action, subject, detail) VALUES ('01a21ec0-66c4-71e8-99df-eea96fd18235', 'bar', '2026-11-27 20:44:15.428804+00', 'moderator', 'connectPos', '01a21ec0-66c4-799f-a00d-7f3965b687c4', 'Square Sandbox S8GWD5R9QB376');
INSERT INTO integrations.audit_log (id, venue_id, at, user_id, action, subject, detail) VALUES ('01a21ec0-700c-7935-847d-76acf08366dd', 'bar', '2026-11-27 20:44:17.804283+00', 'moderator', 'updatePosConnection', '01a21ec0-66c4-799f-a00d-7f3965b687c4', 'webhookSignatureKey: given');

INSERT INTO integrations.pos_connections (id, venue_id, provider, environment, external_location_id, location_name, merchant_id, merchant_name, time_zone, currency, location_read_at, connected_at, disconnected_at, access_token, refresh_token, client_id, client_secret, credentials_issued_at, credentials_expire_at, renewal_lease_until, webhook_enabled, notification_url, other_notification_url, other_notification_url_until, subscription_id, subscription_count, signature_key, previous_signature_key, previous_signature_key_until, rotating_until, refused_signatures, last_refusal, last_event_at, testing_until, last_test_at, last_test_status_code, last_test_arrived, sync_enabled, sync_interval_seconds, process_rules, last_good_call_at, last_error_at, last_error_code, last_error_message, next_check_at, webhook_error_code, webhook_error_message) VALUES ('01a21ec0-66c4-799f-a00d-7f3965b687c4', 'bar', 'Square', 'Sandbox', 'S8GWD5R9QB376', 'Bar', '6SSW7HV8K2ST5', 'Bar', 'America/New_York', 'USD', '2026-11-27 20:44:17.857482+00', '2026-11-27 20:44:15.428804+00', NULL, 'v1:1f23ec17:a9ea31e4cedbdb57e1bcabc23b6eee87:7605c7066c5a2db1499bd0c9181b1c1c784b5dc18d22387901151d300ca3e310c0fed3c33e4f7a806e0936b77c9cadde:0f9d6c1866f308d204dd86fb2bd7dc81875eb830616adb084bf3d58ad857da9d', NULL, 'sq0idp-rmWGwz38TsBppMpdEUdmj0', NULL, '2026-11-27 20:44:15.428804+00', NULL, NULL, true, 'https://pos.example.test/api/pos/webhooks/square/01a21ec0-66c4-799f-a00d-7f3965b687c4', NULL, NULL, NULL, 1, 'v1:1f23ec17:c06577857b5dd511a885015d8eff19aa:ad427faf0e593b86d00126ce957da80e:a2c67c4ac6a30637d55e3a77d28df62d83cb56a185f630e2a321df132484489c', 'v1:1f23ec17:f7f0c81dccd0b67e5c998f9488528f81:16458da0cd2c119a413e012236d444adcc3511bb5b1bfaf9b3875a68f02904bb:7863d0995559c37060b1b337261e7b8fcd1fda4651514c15630f8ec87c1d0b6a', '2026-11-28 21:44:17.830373+00', NULL, 0, NULL, '2026-11-27 20:44:17.513165+00', NULL, NULL, NULL, false, true, NULL, true, '2026-11-27 20:44:15.428804+00', NULL, NULL, NULL, '2026-11-27 20:59:15.428804+00', NULL, NULL);

INSERT INTO integrations.venues (id, name, time_zone, currency, day_cutoff, rules_count_from, unlock_policy, owner_user_ids, created_at) VALUES ('bar', 'bar', 'America/New_York', 'USD', '06:00:00', 'Authorized', 'Keep', '{owner}', '2026-11-27 20:44:12.803629+00');

INSERT INTO rules."__EFMigrationsHistory" (migration_id, product_version) VALUES ('20261127201952_Initial', '10.0.15');

INSERT INTO rules.feed_heads (venue_id, seq) VALUES ('bar', 1);

INSERT INTO rules.feed_positions (source, venue_id, seq) VALUES ('ingestion', 'bar', 5);

INSERT INTO rules.lifetime_spend (venue_id, user_id, currency, authorized_minor, captured_minor) VALUES ('bar', 'guest', 'USD', 2200, 2200);

INSERT INTO rules.members (venue_id, user_id, tier, access, first_seen_at, last_seen_at) VALUES ('bar', 'guest', 1, '{}', '2026-11-20 20:00:00+00', '2026-11-20 20:00:00+00');

INSERT INTO rules.spend_rules (id, venue_id, name, enabled, priority, threshold_minor, currency, unlocks_tier, grants_access, live_only, live_days, live_start, live_end, performer_id, times_triggered, last_triggered_at, created_at, updated_at, deleted_at) VALUES ('01a21ec0-6b1a-7a72-ae04-36ce19b44b58', 'bar', 'Regulars', true, 0, 2000, 'USD', 1, '{}', false, NULL, NULL, NULL, NULL, 1, '2026-11-27 20:44:17.742345+00', '2026-11-27 20:44:16.538842+00', '2026-11-27 20:44:16.538842+00', NULL);

INSERT INTO rules.tier_history (id, venue_id, user_id, at, from_tier, to_tier, reason, unlock_id) VALUES ('01a21ec0-6fce-7021-a551-cac8b799437a', 'bar', 'guest', '2026-11-27 20:44:17.742345+00', 0, 1, 'Unlocked.', '01a21ec0-6fce-7849-b454-095f280bed16');

INSERT INTO rules.unlocks (id, venue_id, user_id, rule_id, tier, access, transaction_id, spend_minor, threshold_minor, currency, reason, unlocked_at, revoked_at, revoked_reason, seq) VALUES ('01a21ec0-6fce-7849-b454-095f280bed16', 'bar', 'guest', '01a21ec0-6b1a-7a72-ae04-36ce19b44b58', 1, '{}', '01a21ec0-6eb4-7ef6-9ab9-f895d2f8d37f', 2600, 2000, 'USD', NULL, '2026-11-27 20:44:17.742345+00', NULL, NULL, 1);

ALTER TABLE ONLY analytics."__EFMigrationsHistory"
    ADD CONSTRAINT pk___ef_migrations_history PRIMARY KEY (migration_id);

ALTER TABLE ONLY analytics.feed_dead_letters
    ADD CONSTRAINT pk_feed_dead_letters PRIMARY KEY (source, venue_id, seq);

ALTER TABLE ONLY analytics.feed_positions
    ADD CONSTRAINT pk_feed_positions PRIMARY KEY (source, venue_id);

ALTER TABLE ONLY analytics.revenue_buckets
    ADD CONSTRAINT pk_revenue_buckets PRIMARY KEY (venue_id, starts_at, provider, payment_method, currency);

ALTER TABLE ONLY ingestion."__EFMigrationsHistory"
    ADD CONSTRAINT pk___ef_migrations_history PRIMARY KEY (migration_id);

ALTER TABLE ONLY ingestion.card_links
    ADD CONSTRAINT pk_card_links PRIMARY KEY (venue_id, card_token);

ALTER TABLE ONLY ingestion.feed_heads
    ADD CONSTRAINT pk_feed_heads PRIMARY KEY (venue_id);

ALTER TABLE ONLY ingestion.order_fetches
    ADD CONSTRAINT pk_order_fetches PRIMARY KEY (venue_id, connection_id, order_id);

ALTER TABLE ONLY ingestion.refunds
    ADD CONSTRAINT pk_refunds PRIMARY KEY (venue_id, provider, external_id);

ALTER TABLE ONLY ingestion.sync_runs
    ADD CONSTRAINT pk_sync_runs PRIMARY KEY (id);

ALTER TABLE ONLY ingestion.sync_states
    ADD CONSTRAINT pk_sync_states PRIMARY KEY (connection_id);

ALTER TABLE ONLY ingestion.transaction_versions
    ADD CONSTRAINT pk_transaction_versions PRIMARY KEY (venue_id, seq);

ALTER TABLE ONLY ingestion.transactions
    ADD CONSTRAINT pk_transactions PRIMARY KEY (venue_id, id);

ALTER TABLE ONLY ingestion.webhook_events
    ADD CONSTRAINT pk_webhook_events PRIMARY KEY (venue_id, connection_id, event_id, type);

ALTER TABLE ONLY integrations."__EFMigrationsHistory"
    ADD CONSTRAINT pk___ef_migrations_history PRIMARY KEY (migration_id);

ALTER TABLE ONLY integrations.audit_log
    ADD CONSTRAINT pk_audit_log PRIMARY KEY (venue_id, id);

ALTER TABLE ONLY integrations.connection_errors
    ADD CONSTRAINT pk_connection_errors PRIMARY KEY (connection_id, id);

ALTER TABLE ONLY integrations.pos_connections
    ADD CONSTRAINT pk_pos_connections PRIMARY KEY (id);

ALTER TABLE ONLY integrations.provider_tokens
    ADD CONSTRAINT pk_provider_tokens PRIMARY KEY (id);

ALTER TABLE ONLY integrations.venues
    ADD CONSTRAINT pk_venues PRIMARY KEY (id);

ALTER TABLE ONLY rules."__EFMigrationsHistory"
    ADD CONSTRAINT pk___ef_migrations_history PRIMARY KEY (migration_id);

ALTER TABLE ONLY rules.feed_dead_letters
    ADD CONSTRAINT pk_feed_dead_letters PRIMARY KEY (source, venue_id, seq);

ALTER TABLE ONLY rules.feed_heads
    ADD CONSTRAINT pk_feed_heads PRIMARY KEY (venue_id);

ALTER TABLE ONLY rules.feed_positions
    ADD CONSTRAINT pk_feed_positions PRIMARY KEY (source, venue_id);

ALTER TABLE ONLY rules.lifetime_spend
    ADD CONSTRAINT pk_lifetime_spend PRIMARY KEY (venue_id, user_id, currency);

ALTER TABLE ONLY rules.live_sessions
    ADD CONSTRAINT pk_live_sessions PRIMARY KEY (venue_id, id);

ALTER TABLE ONLY rules.members
    ADD CONSTRAINT pk_members PRIMARY KEY (venue_id, user_id);

ALTER TABLE ONLY rules.spend_rules
    ADD CONSTRAINT pk_spend_rules PRIMARY KEY (venue_id, id);

ALTER TABLE ONLY rules.tier_history
    ADD CONSTRAINT pk_tier_history PRIMARY KEY (venue_id, user_id, id);

ALTER TABLE ONLY rules.unlocks
    ADD CONSTRAINT pk_unlocks PRIMARY KEY (venue_id, id);

CREATE INDEX ix_feed_dead_letters_next_attempt_at ON analytics.feed_dead_letters USING btree (next_attempt_at);

CREATE INDEX ix_refunds_venue_id_provider_payment_external_id ON ingestion.refunds USING btree (venue_id, provider, payment_external_id);

CREATE INDEX ix_sync_runs_connection_id_id ON ingestion.sync_runs USING btree (connection_id, id);

CREATE INDEX ix_sync_runs_connection_id_resume_at ON ingestion.sync_runs USING btree (connection_id, resume_at) WHERE (status = ANY (ARRAY[1, 3]));

CREATE INDEX ix_sync_runs_venue_id_updated_at ON ingestion.sync_runs USING btree (venue_id, updated_at);

CREATE INDEX ix_transaction_versions_transaction_id ON ingestion.transaction_versions USING btree (transaction_id);

CREATE INDEX ix_transactions_venue_id_card_token ON ingestion.transactions USING btree (venue_id, card_token) WHERE (card_token IS NOT NULL);

CREATE INDEX ix_transactions_venue_id_occurred_at_id ON ingestion.transactions USING btree (venue_id, occurred_at, id);

CREATE UNIQUE INDEX ix_transactions_venue_id_provider_external_id ON ingestion.transactions USING btree (venue_id, provider, external_id);

CREATE INDEX ix_transactions_venue_id_provider_external_order_id ON ingestion.transactions USING btree (venue_id, provider, external_order_id) WHERE (external_order_id IS NOT NULL);

CREATE INDEX ix_transactions_venue_id_total_minor_id ON ingestion.transactions USING btree (venue_id, total_minor, id);

CREATE INDEX ix_transactions_venue_id_user_id_occurred_at_id ON ingestion.transactions USING btree (venue_id, user_id, occurred_at, id) WHERE (user_id IS NOT NULL);

CREATE INDEX ix_webhook_events_venue_id_id ON ingestion.webhook_events USING btree (venue_id, id);

CREATE UNIQUE INDEX ix_pos_connections_provider_environment_external_location_id ON integrations.pos_connections USING btree (provider, environment, external_location_id) WHERE (disconnected_at IS NULL);

CREATE INDEX ix_pos_connections_venue_id ON integrations.pos_connections USING btree (venue_id);

CREATE INDEX ix_venues_owner_user_ids ON integrations.venues USING gin (owner_user_ids);

CREATE INDEX ix_feed_dead_letters_next_attempt_at ON rules.feed_dead_letters USING btree (next_attempt_at);

CREATE UNIQUE INDEX ix_live_sessions_id ON rules.live_sessions USING btree (id);

CREATE INDEX ix_live_sessions_venue_id_started_at ON rules.live_sessions USING btree (venue_id, started_at);

CREATE INDEX ix_members_user_id ON rules.members USING btree (user_id);

CREATE INDEX ix_members_venue_id_tier_user_id ON rules.members USING btree (venue_id, tier, user_id);

CREATE UNIQUE INDEX ix_spend_rules_id ON rules.spend_rules USING btree (id);

CREATE UNIQUE INDEX ix_unlocks_venue_id_rule_id_user_id ON rules.unlocks USING btree (venue_id, rule_id, user_id) WHERE ((revoked_at IS NULL) AND (rule_id IS NOT NULL));

CREATE UNIQUE INDEX ix_unlocks_venue_id_seq ON rules.unlocks USING btree (venue_id, seq);

CREATE INDEX ix_unlocks_venue_id_user_id ON rules.unlocks USING btree (venue_id, user_id);

