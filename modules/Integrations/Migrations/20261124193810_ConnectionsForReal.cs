using System;
using Microsoft.EntityFrameworkCore.Migrations;
using NodaTime;

#nullable disable

namespace Integrations.Migrations
{
    /// <inheritdoc />
    internal partial class ConnectionsForReal : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AlterColumn<string>(
                name: "access_token",
                schema: "integrations",
                table: "pos_connections",
                type: "text",
                nullable: true,
                oldClrType: typeof(string),
                oldType: "text");

            migrationBuilder.AddColumn<string>(
                name: "client_id",
                schema: "integrations",
                table: "pos_connections",
                type: "text",
                nullable: true);

            migrationBuilder.AddColumn<string>(
                name: "client_secret",
                schema: "integrations",
                table: "pos_connections",
                type: "text",
                nullable: true);

            migrationBuilder.AddColumn<Instant>(
                name: "credentials_issued_at",
                schema: "integrations",
                table: "pos_connections",
                type: "timestamp with time zone",
                nullable: true);

            migrationBuilder.AddColumn<Instant>(
                name: "credentials_expire_at",
                schema: "integrations",
                table: "pos_connections",
                type: "timestamp with time zone",
                nullable: true);

            migrationBuilder.AddColumn<Instant>(
                name: "last_error_at",
                schema: "integrations",
                table: "pos_connections",
                type: "timestamp with time zone",
                nullable: true);

            migrationBuilder.AddColumn<string>(
                name: "last_error_code",
                schema: "integrations",
                table: "pos_connections",
                type: "text",
                nullable: true);

            migrationBuilder.AddColumn<string>(
                name: "last_error_message",
                schema: "integrations",
                table: "pos_connections",
                type: "text",
                nullable: true);

            migrationBuilder.AddColumn<Instant>(
                name: "last_event_at",
                schema: "integrations",
                table: "pos_connections",
                type: "timestamp with time zone",
                nullable: true);

            migrationBuilder.AddColumn<string>(
                name: "last_refusal",
                schema: "integrations",
                table: "pos_connections",
                type: "text",
                nullable: true);

            migrationBuilder.AddColumn<Instant>(
                name: "next_check_at",
                schema: "integrations",
                table: "pos_connections",
                type: "timestamp with time zone",
                nullable: false,
                defaultValue: NodaTime.Instant.FromUnixTimeTicks(0L));

            migrationBuilder.AddColumn<string>(
                name: "other_notification_url",
                schema: "integrations",
                table: "pos_connections",
                type: "text",
                nullable: true);

            migrationBuilder.AddColumn<Instant>(
                name: "other_notification_url_until",
                schema: "integrations",
                table: "pos_connections",
                type: "timestamp with time zone",
                nullable: true);

            migrationBuilder.AddColumn<string>(
                name: "previous_signature_key",
                schema: "integrations",
                table: "pos_connections",
                type: "text",
                nullable: true);

            migrationBuilder.AddColumn<Instant>(
                name: "previous_signature_key_until",
                schema: "integrations",
                table: "pos_connections",
                type: "timestamp with time zone",
                nullable: true);

            migrationBuilder.AddColumn<bool>(
                name: "process_rules",
                schema: "integrations",
                table: "pos_connections",
                type: "boolean",
                nullable: false,
                defaultValue: true);

            migrationBuilder.AddColumn<string>(
                name: "refresh_token",
                schema: "integrations",
                table: "pos_connections",
                type: "text",
                nullable: true);

            migrationBuilder.AddColumn<long>(
                name: "refused_signatures",
                schema: "integrations",
                table: "pos_connections",
                type: "bigint",
                nullable: false,
                defaultValue: 0L);

            migrationBuilder.AddColumn<Instant>(
                name: "renewal_lease_until",
                schema: "integrations",
                table: "pos_connections",
                type: "timestamp with time zone",
                nullable: true);

            migrationBuilder.AddColumn<Instant>(
                name: "rotating_until",
                schema: "integrations",
                table: "pos_connections",
                type: "timestamp with time zone",
                nullable: true);

            migrationBuilder.AddColumn<int>(
                name: "subscription_count",
                schema: "integrations",
                table: "pos_connections",
                type: "integer",
                nullable: false,
                defaultValue: 0);

            migrationBuilder.AddColumn<bool>(
                name: "sync_enabled",
                schema: "integrations",
                table: "pos_connections",
                type: "boolean",
                nullable: false,
                defaultValue: true);

            migrationBuilder.AddColumn<int>(
                name: "sync_interval_seconds",
                schema: "integrations",
                table: "pos_connections",
                type: "integer",
                nullable: true);

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
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "connection_errors",
                schema: "integrations");

            migrationBuilder.DropTable(
                name: "provider_tokens",
                schema: "integrations");

            migrationBuilder.DropColumn(
                name: "client_id",
                schema: "integrations",
                table: "pos_connections");

            migrationBuilder.DropColumn(
                name: "client_secret",
                schema: "integrations",
                table: "pos_connections");

            migrationBuilder.DropColumn(
                name: "credentials_issued_at",
                schema: "integrations",
                table: "pos_connections");

            migrationBuilder.DropColumn(
                name: "credentials_expire_at",
                schema: "integrations",
                table: "pos_connections");

            migrationBuilder.DropColumn(
                name: "last_error_at",
                schema: "integrations",
                table: "pos_connections");

            migrationBuilder.DropColumn(
                name: "last_error_code",
                schema: "integrations",
                table: "pos_connections");

            migrationBuilder.DropColumn(
                name: "last_error_message",
                schema: "integrations",
                table: "pos_connections");

            migrationBuilder.DropColumn(
                name: "last_event_at",
                schema: "integrations",
                table: "pos_connections");

            migrationBuilder.DropColumn(
                name: "last_refusal",
                schema: "integrations",
                table: "pos_connections");

            migrationBuilder.DropColumn(
                name: "next_check_at",
                schema: "integrations",
                table: "pos_connections");

            migrationBuilder.DropColumn(
                name: "other_notification_url",
                schema: "integrations",
                table: "pos_connections");

            migrationBuilder.DropColumn(
                name: "other_notification_url_until",
                schema: "integrations",
                table: "pos_connections");

            migrationBuilder.DropColumn(
                name: "previous_signature_key",
                schema: "integrations",
                table: "pos_connections");

            migrationBuilder.DropColumn(
                name: "previous_signature_key_until",
                schema: "integrations",
                table: "pos_connections");

            migrationBuilder.DropColumn(
                name: "process_rules",
                schema: "integrations",
                table: "pos_connections");

            migrationBuilder.DropColumn(
                name: "refresh_token",
                schema: "integrations",
                table: "pos_connections");

            migrationBuilder.DropColumn(
                name: "refused_signatures",
                schema: "integrations",
                table: "pos_connections");

            migrationBuilder.DropColumn(
                name: "renewal_lease_until",
                schema: "integrations",
                table: "pos_connections");

            migrationBuilder.DropColumn(
                name: "rotating_until",
                schema: "integrations",
                table: "pos_connections");

            migrationBuilder.DropColumn(
                name: "subscription_count",
                schema: "integrations",
                table: "pos_connections");

            migrationBuilder.DropColumn(
                name: "sync_enabled",
                schema: "integrations",
                table: "pos_connections");

            migrationBuilder.DropColumn(
                name: "sync_interval_seconds",
                schema: "integrations",
                table: "pos_connections");

            migrationBuilder.AlterColumn<string>(
                name: "access_token",
                schema: "integrations",
                table: "pos_connections",
                type: "text",
                nullable: false,
                defaultValue: "",
                oldClrType: typeof(string),
                oldType: "text",
                oldNullable: true);
        }
    }
}
