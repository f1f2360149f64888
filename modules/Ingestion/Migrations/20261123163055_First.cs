using System;
using Microsoft.EntityFrameworkCore.Migrations;
using NodaTime;

#nullable disable

namespace Ingestion.Migrations
{
    /// <inheritdoc />
    internal partial class First : Migration
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
                    occurred_at = table.Column<Instant>(type: "timestamp with time zone", nullable: false)
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
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    provider = table.Column<short>(type: "smallint", nullable: false),
                    type = table.Column<string>(type: "text", nullable: false),
                    status = table.Column<short>(type: "smallint", nullable: false),
                    reason = table.Column<string>(type: "text", nullable: true),
                    received_at = table.Column<Instant>(type: "timestamp with time zone", nullable: false),
                    attempts = table.Column<int>(type: "integer", nullable: false),
                    payload = table.Column<byte[]>(type: "bytea", nullable: false)
                        .Annotation("Npgsql:Compression:", "lz4")
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_webhook_events", x => new { x.venue_id, x.connection_id, x.event_id });
                });

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
