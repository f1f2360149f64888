using Microsoft.EntityFrameworkCore.Migrations;
using NodaTime;

#nullable disable

namespace Integrations.Migrations
{
    /// <inheritdoc />
    internal partial class WebhookTests : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<bool>(
                name: "last_test_arrived",
                schema: "integrations",
                table: "pos_connections",
                type: "boolean",
                nullable: false,
                defaultValue: false);

            migrationBuilder.AddColumn<Instant>(
                name: "last_test_at",
                schema: "integrations",
                table: "pos_connections",
                type: "timestamp with time zone",
                nullable: true);

            migrationBuilder.AddColumn<int>(
                name: "last_test_status_code",
                schema: "integrations",
                table: "pos_connections",
                type: "integer",
                nullable: true);

            migrationBuilder.AddColumn<Instant>(
                name: "testing_until",
                schema: "integrations",
                table: "pos_connections",
                type: "timestamp with time zone",
                nullable: true);
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropColumn(
                name: "last_test_arrived",
                schema: "integrations",
                table: "pos_connections");

            migrationBuilder.DropColumn(
                name: "last_test_at",
                schema: "integrations",
                table: "pos_connections");

            migrationBuilder.DropColumn(
                name: "last_test_status_code",
                schema: "integrations",
                table: "pos_connections");

            migrationBuilder.DropColumn(
                name: "testing_until",
                schema: "integrations",
                table: "pos_connections");
        }
    }
}
