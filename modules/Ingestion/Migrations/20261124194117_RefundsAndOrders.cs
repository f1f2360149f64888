using System;
using Microsoft.EntityFrameworkCore.Migrations;
using NodaTime;

#nullable disable

namespace Ingestion.Migrations
{
    /// <inheritdoc />
    internal partial class RefundsAndOrders : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropPrimaryKey(
                name: "pk_webhook_events",
                schema: "ingestion",
                table: "webhook_events");

            migrationBuilder.AddColumn<long>(
                name: "order_version",
                schema: "ingestion",
                table: "transactions",
                type: "bigint",
                nullable: true);

            migrationBuilder.AddColumn<bool>(
                name: "breakdown_complete",
                schema: "ingestion",
                table: "transaction_versions",
                type: "boolean",
                nullable: false,
                defaultValue: false);

            migrationBuilder.AddColumn<long>(
                name: "discount_minor",
                schema: "ingestion",
                table: "transaction_versions",
                type: "bigint",
                nullable: false,
                defaultValue: 0L);

            migrationBuilder.AddColumn<long>(
                name: "service_charge_minor",
                schema: "ingestion",
                table: "transaction_versions",
                type: "bigint",
                nullable: false,
                defaultValue: 0L);

            migrationBuilder.AddColumn<long>(
                name: "tax_minor",
                schema: "ingestion",
                table: "transaction_versions",
                type: "bigint",
                nullable: false,
                defaultValue: 0L);

            migrationBuilder.AddPrimaryKey(
                name: "pk_webhook_events",
                schema: "ingestion",
                table: "webhook_events",
                columns: new[] { "venue_id", "connection_id", "event_id", "type" });

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

            migrationBuilder.CreateIndex(
                name: "ix_transactions_venue_id_provider_external_order_id",
                schema: "ingestion",
                table: "transactions",
                columns: new[] { "venue_id", "provider", "external_order_id" },
                filter: "external_order_id is not null");

            migrationBuilder.CreateIndex(
                name: "ix_refunds_venue_id_provider_payment_external_id",
                schema: "ingestion",
                table: "refunds",
                columns: new[] { "venue_id", "provider", "payment_external_id" });
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "order_fetches",
                schema: "ingestion");

            migrationBuilder.DropTable(
                name: "refunds",
                schema: "ingestion");

            migrationBuilder.DropPrimaryKey(
                name: "pk_webhook_events",
                schema: "ingestion",
                table: "webhook_events");

            migrationBuilder.DropIndex(
                name: "ix_transactions_venue_id_provider_external_order_id",
                schema: "ingestion",
                table: "transactions");

            migrationBuilder.DropColumn(
                name: "order_version",
                schema: "ingestion",
                table: "transactions");

            migrationBuilder.DropColumn(
                name: "breakdown_complete",
                schema: "ingestion",
                table: "transaction_versions");

            migrationBuilder.DropColumn(
                name: "discount_minor",
                schema: "ingestion",
                table: "transaction_versions");

            migrationBuilder.DropColumn(
                name: "service_charge_minor",
                schema: "ingestion",
                table: "transaction_versions");

            migrationBuilder.DropColumn(
                name: "tax_minor",
                schema: "ingestion",
                table: "transaction_versions");

            migrationBuilder.AddPrimaryKey(
                name: "pk_webhook_events",
                schema: "ingestion",
                table: "webhook_events",
                columns: new[] { "venue_id", "connection_id", "event_id" });
        }
    }
}
