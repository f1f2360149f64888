using System;
using Microsoft.EntityFrameworkCore.Migrations;
using NodaTime;

#nullable disable

namespace Integrations.Migrations
{
    /// <inheritdoc />
    internal partial class Initial : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.EnsureSchema(
                name: "integrations");

            migrationBuilder.CreateTable(
                name: "audit_log",
                schema: "integrations",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    venue_id = table.Column<string>(type: "text", nullable: false),
                    at = table.Column<Instant>(type: "timestamp with time zone", nullable: false),
                    user_id = table.Column<string>(type: "text", nullable: false),
                    action = table.Column<string>(type: "text", nullable: false),
                    subject = table.Column<string>(type: "text", nullable: false),
                    detail = table.Column<string>(type: "text", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_audit_log", x => new { x.venue_id, x.id });
                });

            migrationBuilder.CreateTable(
                name: "connection_errors",
                schema: "integrations",
                columns: table => new
                {
                    connection_id = table.Column<Guid>(type: "uuid", nullable: false),
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    at = table.Column<Instant>(type: "timestamp with time zone", nullable: false),
                    code = table.Column<string>(type: "text", nullable: false),
                    message = table.Column<string>(type: "text", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_connection_errors", x => new { x.connection_id, x.id });
                });

            migrationBuilder.CreateTable(
                name: "pos_connections",
                schema: "integrations",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    venue_id = table.Column<string>(type: "text", nullable: false),
                    provider = table.Column<string>(type: "text", nullable: false),
                    environment = table.Column<string>(type: "text", nullable: false),
                    external_location_id = table.Column<string>(type: "text", nullable: false),
                    location_name = table.Column<string>(type: "text", nullable: true),
                    merchant_id = table.Column<string>(type: "text", nullable: true),
                    merchant_name = table.Column<string>(type: "text", nullable: true),
                    time_zone = table.Column<string>(type: "text", nullable: true),
                    currency = table.Column<string>(type: "text", nullable: true),
                    location_read_at = table.Column<Instant>(type: "timestamp with time zone", nullable: true),
                    connected_at = table.Column<Instant>(type: "timestamp with time zone", nullable: false),
                    disconnected_at = table.Column<Instant>(type: "timestamp with time zone", nullable: true),
                    access_token = table.Column<string>(type: "text", nullable: true),
                    refresh_token = table.Column<string>(type: "text", nullable: true),
                    client_id = table.Column<string>(type: "text", nullable: true),
                    client_secret = table.Column<string>(type: "text", nullable: true),
                    credentials_issued_at = table.Column<Instant>(type: "timestamp with time zone", nullable: true),
                    credentials_expire_at = table.Column<Instant>(type: "timestamp with time zone", nullable: true),
                    renewal_lease_until = table.Column<Instant>(type: "timestamp with time zone", nullable: true),
                    webhook_enabled = table.Column<bool>(type: "boolean", nullable: false),
                    notification_url = table.Column<string>(type: "text", nullable: false),
                    other_notification_url = table.Column<string>(type: "text", nullable: true),
                    other_notification_url_until = table.Column<Instant>(type: "timestamp with time zone", nullable: true),
                    subscription_id = table.Column<string>(type: "text", nullable: true),
                    subscription_count = table.Column<int>(type: "integer", nullable: false),
                    signature_key = table.Column<string>(type: "text", nullable: true),
                    previous_signature_key = table.Column<string>(type: "text", nullable: true),
                    previous_signature_key_until = table.Column<Instant>(type: "timestamp with time zone", nullable: true),
                    rotating_until = table.Column<Instant>(type: "timestamp with time zone", nullable: true),
                    refused_signatures = table.Column<long>(type: "bigint", nullable: false),
                    last_refusal = table.Column<string>(type: "text", nullable: true),
                    last_event_at = table.Column<Instant>(type: "timestamp with time zone", nullable: true),
                    testing_until = table.Column<Instant>(type: "timestamp with time zone", nullable: true),
                    last_test_at = table.Column<Instant>(type: "timestamp with time zone", nullable: true),
                    last_test_status_code = table.Column<int>(type: "integer", nullable: true),
                    last_test_arrived = table.Column<bool>(type: "boolean", nullable: false),
                    sync_enabled = table.Column<bool>(type: "boolean", nullable: false, defaultValue: true),
                    sync_interval_seconds = table.Column<int>(type: "integer", nullable: true),
                    process_rules = table.Column<bool>(type: "boolean", nullable: false, defaultValue: true),
                    last_good_call_at = table.Column<Instant>(type: "timestamp with time zone", nullable: true),
                    last_error_at = table.Column<Instant>(type: "timestamp with time zone", nullable: true),
                    last_error_code = table.Column<string>(type: "text", nullable: true),
                    last_error_message = table.Column<string>(type: "text", nullable: true),
                    next_check_at = table.Column<Instant>(type: "timestamp with time zone", nullable: false),
                    webhook_error_code = table.Column<string>(type: "text", nullable: true),
                    webhook_error_message = table.Column<string>(type: "text", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_pos_connections", x => x.id);
                });

            migrationBuilder.CreateTable(
                name: "provider_tokens",
                schema: "integrations",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    token = table.Column<string>(type: "text", nullable: true),
                    expires_at = table.Column<Instant>(type: "timestamp with time zone", nullable: true),
                    last_login_at = table.Column<Instant>(type: "timestamp with time zone", nullable: true),
                    previous_login_at = table.Column<Instant>(type: "timestamp with time zone", nullable: true),
                    login_lease_until = table.Column<Instant>(type: "timestamp with time zone", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_provider_tokens", x => x.id);
                });

            migrationBuilder.CreateTable(
                name: "venues",
                schema: "integrations",
                columns: table => new
                {
                    id = table.Column<string>(type: "text", nullable: false),
                    name = table.Column<string>(type: "text", nullable: false),
                    time_zone = table.Column<string>(type: "text", nullable: false),
                    currency = table.Column<string>(type: "text", nullable: false),
                    day_cutoff = table.Column<LocalTime>(type: "time", nullable: false),
                    rules_count_from = table.Column<string>(type: "text", nullable: false),
                    unlock_policy = table.Column<string>(type: "text", nullable: false),
                    owner_user_ids = table.Column<string[]>(type: "text[]", nullable: false),
                    created_at = table.Column<Instant>(type: "timestamp with time zone", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_venues", x => x.id);
                });

            migrationBuilder.CreateIndex(
                name: "ix_pos_connections_provider_environment_external_location_id",
                schema: "integrations",
                table: "pos_connections",
                columns: new[] { "provider", "environment", "external_location_id" },
                unique: true,
                filter: "disconnected_at is null");

            migrationBuilder.CreateIndex(
                name: "ix_pos_connections_venue_id",
                schema: "integrations",
                table: "pos_connections",
                column: "venue_id");

            migrationBuilder.CreateIndex(
                name: "ix_venues_owner_user_ids",
                schema: "integrations",
                table: "venues",
                column: "owner_user_ids")
                .Annotation("Npgsql:IndexMethod", "gin");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "audit_log",
                schema: "integrations");

            migrationBuilder.DropTable(
                name: "connection_errors",
                schema: "integrations");

            migrationBuilder.DropTable(
                name: "pos_connections",
                schema: "integrations");

            migrationBuilder.DropTable(
                name: "provider_tokens",
                schema: "integrations");

            migrationBuilder.DropTable(
                name: "venues",
                schema: "integrations");
        }
    }
}
