using System;
using Microsoft.EntityFrameworkCore.Migrations;
using NodaTime;

#nullable disable

namespace Ingestion.Migrations
{
    /// <inheritdoc />
    internal partial class Initial : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.EnsureSchema(
                name: "ingestion");

            migrationBuilder.CreateTable(
                name: "card_links",
                schema: "ingestion",
                columns: table => new
                {
                    venue_id = table.Column<string>(type: "text", nullable: false),
                    card_token = table.Column<string>(type: "text", nullable: false),
                    user_id = table.Column<string>(type: "text", nullable: false),
                    linked_at = table.Column<Instant>(type: "timestamp with time zone", nullable: false),
                    counts_from = table.Column<Instant>(type: "timestamp with time zone", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_card_links", x => new { x.venue_id, x.card_token });
                });

            migrationBuilder.CreateTable(
                name: "feed_heads",
                schema: "ingestion",
                columns: table => new
                {
                    venue_id = table.Column<string>(type: "text", nullable: false),
                    seq = table.Column<long>(type: "bigint", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_feed_heads", x => x.venue_id);
                })
                .Annotation("Npgsql:StorageParameter:fillfactor", 50);

            migrationBuilder.CreateTable(
                name: "order_fetches",
                schema: "ingestion",
                columns: table => new
                {
                    venue_id = table.Column<string>(type: "text", nullable: false),
                    connection_id = table.Column<Guid>(type: "uuid", nullable: false),
                    order_id = table.Column<string>(type: "text", nullable: false),
                    due_at = table.Column<Instant>(type: "timestamp with time zone", nullable: false),
                    attempts = table.Column<int>(type: "integer", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_order_fetches", x => new { x.venue_id, x.connection_id, x.order_id });
                });

            migrationBuilder.CreateTable(
                name: "refunds",
                schema: "ingestion",
                columns: table => new
                {
                    venue_id = table.Column<string>(type: "text", nullable: false),
                    provider = table.Column<short>(type: "smallint", nullable: false),
                    external_id = table.Column<string>(type: "text", nullable: false),
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    connection_id = table.Column<Guid>(type: "uuid", nullable: false),
                    payment_external_id = table.Column<string>(type: "text", nullable: true),
                    external_order_id = table.Column<string>(type: "text", nullable: true),
                    currency = table.Column<string>(type: "text", nullable: false),
                    amount_minor = table.Column<long>(type: "bigint", nullable: false),
                    state = table.Column<short>(type: "smallint", nullable: false),
                    reason = table.Column<string>(type: "text", nullable: true),
                    created_at = table.Column<Instant>(type: "timestamp with time zone", nullable: false),
                    updated_at = table.Column<Instant>(type: "timestamp with time zone", nullable: false),
                    hash = table.Column<long>(type: "bigint", nullable: false),
                    recorded_at = table.Column<Instant>(type: "timestamp with time zone", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_refunds", x => new { x.venue_id, x.provider, x.external_id });
                });

            migrationBuilder.CreateTable(
                name: "sync_runs",
                schema: "ingestion",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    venue_id = table.Column<string>(type: "text", nullable: false),
                    connection_id = table.Column<Guid>(type: "uuid", nullable: false),
                    trigger = table.Column<short>(type: "smallint", nullable: false),
                    status = table.Column<short>(type: "smallint", nullable: false),
                    by_creation = table.Column<bool>(type: "boolean", nullable: false),
                    from_at = table.Column<Instant>(type: "timestamp with time zone", nullable: false),
                    to_at = table.Column<Instant>(type: "timestamp with time zone", nullable: false),
                    stream = table.Column<int>(type: "integer", nullable: false),
                    place = table.Column<Instant>(type: "timestamp with time zone", nullable: false),
                    cursor = table.Column<string>(type: "text", nullable: true),
                    reached = table.Column<Instant>(type: "timestamp with time zone", nullable: true),
                    pass_pages = table.Column<int>(type: "integer", nullable: false),
                    pass_found_changes = table.Column<bool>(type: "boolean", nullable: false),
                    pages = table.Column<int>(type: "integer", nullable: false),
                    fetched = table.Column<int>(type: "integer", nullable: false),
                    created = table.Column<int>(type: "integer", nullable: false),
                    updated = table.Column<int>(type: "integer", nullable: false),
                    unchanged = table.Column<int>(type: "integer", nullable: false),
                    error_code = table.Column<string>(type: "text", nullable: true),
                    error_message = table.Column<string>(type: "text", nullable: true),
                    started_at = table.Column<Instant>(type: "timestamp with time zone", nullable: false),
                    finished_at = table.Column<Instant>(type: "timestamp with time zone", nullable: true),
                    updated_at = table.Column<Instant>(type: "timestamp with time zone", nullable: false),
                    resume_at = table.Column<Instant>(type: "timestamp with time zone", nullable: false),
                    parked_since = table.Column<Instant>(type: "timestamp with time zone", nullable: true),
                    faults = table.Column<int>(type: "integer", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_sync_runs", x => x.id);
                });

            migrationBuilder.CreateTable(
                name: "sync_states",
                schema: "ingestion",
                columns: table => new
                {
                    connection_id = table.Column<Guid>(type: "uuid", nullable: false),
                    venue_id = table.Column<string>(type: "text", nullable: false),
                    synced_to = table.Column<Instant>(type: "timestamp with time zone", nullable: true),
                    last_sync_at = table.Column<Instant>(type: "timestamp with time zone", nullable: true),
                    next_sync_at = table.Column<Instant>(type: "timestamp with time zone", nullable: false),
                    alive_at = table.Column<Instant>(type: "timestamp with time zone", nullable: false),
                    lease_owner = table.Column<Guid>(type: "uuid", nullable: true),
                    lease_until = table.Column<Instant>(type: "timestamp with time zone", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_sync_states", x => x.connection_id);
                })
                .Annotation("Npgsql:StorageParameter:fillfactor", 70);

            migrationBuilder.CreateTable(
                name: "transaction_versions",
                schema: "ingestion",
                columns: table => new
                {
                    venue_id = table.Column<string>(type: "text", nullable: false),
                    seq = table.Column<long>(type: "bigint", nullable: false),
                    transaction_id = table.Column<Guid>(type: "uuid", nullable: false),
                    previous_seq = table.Column<long>(type: "bigint", nullable: true),
                    applied = table.Column<bool>(type: "boolean", nullable: false),
                    added = table.Column<bool>(type: "boolean", nullable: false),
                    recorded_at = table.Column<Instant>(type: "timestamp with time zone", nullable: false),
                    cause = table.Column<short>(type: "smallint", nullable: false),
                    cause_id = table.Column<string>(type: "text", nullable: true),
                    provider = table.Column<short>(type: "smallint", nullable: false),
                    status = table.Column<short>(type: "smallint", nullable: false),
                    currency = table.Column<string>(type: "text", nullable: false),
                    total_minor = table.Column<long>(type: "bigint", nullable: false),
                    tip_minor = table.Column<long>(type: "bigint", nullable: false),
                    refunded_minor = table.Column<long>(type: "bigint", nullable: false),
                    payment_method = table.Column<short>(type: "smallint", nullable: false),
                    user_id = table.Column<string>(type: "text", nullable: true),
                    occurred_at = table.Column<Instant>(type: "timestamp with time zone", nullable: false),
                    tax_minor = table.Column<long>(type: "bigint", nullable: false),
                    discount_minor = table.Column<long>(type: "bigint", nullable: false),
                    service_charge_minor = table.Column<long>(type: "bigint", nullable: false),
                    breakdown_complete = table.Column<bool>(type: "boolean", nullable: false),
                    rules_off = table.Column<bool>(type: "boolean", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_transaction_versions", x => new { x.venue_id, x.seq });
                });

            migrationBuilder.CreateTable(
                name: "transactions",
                schema: "ingestion",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    venue_id = table.Column<string>(type: "text", nullable: false),
                    connection_id = table.Column<Guid>(type: "uuid", nullable: false),
                    provider = table.Column<short>(type: "smallint", nullable: false),
                    external_id = table.Column<string>(type: "text", nullable: false),
                    external_order_id = table.Column<string>(type: "text", nullable: true),
                    status = table.Column<short>(type: "smallint", nullable: false),
                    currency = table.Column<string>(type: "text", nullable: false),
                    total_minor = table.Column<long>(type: "bigint", nullable: false),
                    tip_minor = table.Column<long>(type: "bigint", nullable: false),
                    refunded_minor = table.Column<long>(type: "bigint", nullable: false),
                    payment_method = table.Column<short>(type: "smallint", nullable: false),
                    card_brand = table.Column<string>(type: "text", nullable: true),
                    card_last4 = table.Column<string>(type: "text", nullable: true),
                    card_entry_method = table.Column<string>(type: "text", nullable: true),
                    card_token = table.Column<string>(type: "text", nullable: true),
                    occurred_at = table.Column<Instant>(type: "timestamp with time zone", nullable: false),
                    payment_updated_at = table.Column<Instant>(type: "timestamp with time zone", nullable: false),
                    payment_refunded_minor = table.Column<long>(type: "bigint", nullable: false),
                    payment_hash = table.Column<long>(type: "bigint", nullable: false),
                    tax_minor = table.Column<long>(type: "bigint", nullable: false),
                    discount_minor = table.Column<long>(type: "bigint", nullable: false),
                    service_charge_minor = table.Column<long>(type: "bigint", nullable: false),
                    breakdown_complete = table.Column<bool>(type: "boolean", nullable: false),
                    rules_off = table.Column<bool>(type: "boolean", nullable: false),
                    order_version = table.Column<long>(type: "bigint", nullable: true),
                    user_id = table.Column<string>(type: "text", nullable: true),
                    matched_by = table.Column<short>(type: "smallint", nullable: true),
                    recorded_at = table.Column<Instant>(type: "timestamp with time zone", nullable: false),
                    last_seq = table.Column<long>(type: "bigint", nullable: false),
                    added_seq = table.Column<long>(type: "bigint", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_transactions", x => new { x.venue_id, x.id });
                });

            migrationBuilder.CreateTable(
                name: "webhook_events",
                schema: "ingestion",
                columns: table => new
                {
                    venue_id = table.Column<string>(type: "text", nullable: false),
                    connection_id = table.Column<Guid>(type: "uuid", nullable: false),
                    event_id = table.Column<string>(type: "text", nullable: false),
                    type = table.Column<string>(type: "text", nullable: false),
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    provider = table.Column<short>(type: "smallint", nullable: false),
                    status = table.Column<short>(type: "smallint", nullable: false),
                    reason = table.Column<string>(type: "text", nullable: true),
                    received_at = table.Column<Instant>(type: "timestamp with time zone", nullable: false),
                    attempts = table.Column<int>(type: "integer", nullable: false),
                    payload = table.Column<byte[]>(type: "bytea", nullable: false)
                        .Annotation("Npgsql:Compression:", "lz4")
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_webhook_events", x => new { x.venue_id, x.connection_id, x.event_id, x.type });
                });

            migrationBuilder.CreateIndex(
                name: "ix_refunds_venue_id_provider_payment_external_id",
                schema: "ingestion",
                table: "refunds",
                columns: new[] { "venue_id", "provider", "payment_external_id" });

            migrationBuilder.CreateIndex(
                name: "ix_sync_runs_connection_id_id",
                schema: "ingestion",
                table: "sync_runs",
                columns: new[] { "connection_id", "id" });

            migrationBuilder.CreateIndex(
                name: "ix_sync_runs_connection_id_resume_at",
                schema: "ingestion",
                table: "sync_runs",
                columns: new[] { "connection_id", "resume_at" },
                filter: "status in (1, 3)");

            migrationBuilder.CreateIndex(
                name: "ix_sync_runs_venue_id_updated_at",
                schema: "ingestion",
                table: "sync_runs",
                columns: new[] { "venue_id", "updated_at" });

            migrationBuilder.CreateIndex(
                name: "ix_transaction_versions_transaction_id",
                schema: "ingestion",
                table: "transaction_versions",
                column: "transaction_id");

            migrationBuilder.CreateIndex(
                name: "ix_transactions_venue_id_card_token",
                schema: "ingestion",
                table: "transactions",
                columns: new[] { "venue_id", "card_token" },
                filter: "card_token is not null");

            migrationBuilder.CreateIndex(
                name: "ix_transactions_venue_id_occurred_at_id",
                schema: "ingestion",
                table: "transactions",
                columns: new[] { "venue_id", "occurred_at", "id" });

            migrationBuilder.CreateIndex(
                name: "ix_transactions_venue_id_provider_external_id",
                schema: "ingestion",
                table: "transactions",
                columns: new[] { "venue_id", "provider", "external_id" },
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_transactions_venue_id_provider_external_order_id",
                schema: "ingestion",
                table: "transactions",
                columns: new[] { "venue_id", "provider", "external_order_id" },
                filter: "external_order_id is not null");

            migrationBuilder.CreateIndex(
                name: "ix_transactions_venue_id_total_minor_id",
                schema: "ingestion",
                table: "transactions",
                columns: new[] { "venue_id", "total_minor", "id" });

            migrationBuilder.CreateIndex(
                name: "ix_transactions_venue_id_user_id_occurred_at_id",
                schema: "ingestion",
                table: "transactions",
                columns: new[] { "venue_id", "user_id", "occurred_at", "id" },
                filter: "user_id is not null");

            migrationBuilder.CreateIndex(
                name: "ix_webhook_events_venue_id_id",
                schema: "ingestion",
                table: "webhook_events",
                columns: new[] { "venue_id", "id" });
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "card_links",
                schema: "ingestion");

            migrationBuilder.DropTable(
                name: "feed_heads",
                schema: "ingestion");

            migrationBuilder.DropTable(
                name: "order_fetches",
                schema: "ingestion");

            migrationBuilder.DropTable(
                name: "refunds",
                schema: "ingestion");

            migrationBuilder.DropTable(
                name: "sync_runs",
                schema: "ingestion");

            migrationBuilder.DropTable(
                name: "sync_states",
                schema: "ingestion");

            migrationBuilder.DropTable(
                name: "transaction_versions",
                schema: "ingestion");

            migrationBuilder.DropTable(
                name: "transactions",
                schema: "ingestion");

            migrationBuilder.DropTable(
                name: "webhook_events",
                schema: "ingestion");
        }
    }
}
