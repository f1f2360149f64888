using System;
using Microsoft.EntityFrameworkCore.Migrations;
using NodaTime;

#nullable disable

namespace Ingestion.Migrations
{
    /// <inheritdoc />
    internal partial class SyncsAndLists : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<bool>(
                name: "rules_off",
                schema: "ingestion",
                table: "transactions",
                type: "boolean",
                nullable: false,
                defaultValue: false);

            migrationBuilder.AddColumn<bool>(
                name: "rules_off",
                schema: "ingestion",
                table: "transaction_versions",
                type: "boolean",
                nullable: false,
                defaultValue: false);

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

            migrationBuilder.CreateIndex(
                name: "ix_transactions_venue_id_total_minor_id",
                schema: "ingestion",
                table: "transactions",
                columns: new[] { "venue_id", "total_minor", "id" });

            migrationBuilder.CreateIndex(
                name: "ix_transactions_venue_id_user_id_occurred_at",
                schema: "ingestion",
                table: "transactions",
                columns: new[] { "venue_id", "user_id", "occurred_at" },
                filter: "user_id is not null");

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
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "sync_states",
                schema: "ingestion");

            migrationBuilder.DropTable(
                name: "sync_runs",
                schema: "ingestion");

            migrationBuilder.DropIndex(
                name: "ix_transactions_venue_id_total_minor_id",
                schema: "ingestion",
                table: "transactions");

            migrationBuilder.DropIndex(
                name: "ix_transactions_venue_id_user_id_occurred_at",
                schema: "ingestion",
                table: "transactions");

            migrationBuilder.DropColumn(
                name: "rules_off",
                schema: "ingestion",
                table: "transactions");

            migrationBuilder.DropColumn(
                name: "rules_off",
                schema: "ingestion",
                table: "transaction_versions");
        }
    }
}
