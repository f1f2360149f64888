using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace Ingestion.Migrations
{
    /// <inheritdoc />
    internal partial class SyncRunSkipped : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<string>(
                name: "seen_cursor",
                schema: "ingestion",
                table: "sync_runs",
                type: "text",
                nullable: true);

            migrationBuilder.AddColumn<string>(
                name: "seen_page",
                schema: "ingestion",
                table: "sync_runs",
                type: "text",
                nullable: true);

            migrationBuilder.AddColumn<string>(
                name: "skipped",
                schema: "ingestion",
                table: "sync_runs",
                type: "text",
                nullable: true);
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropColumn(
                name: "seen_cursor",
                schema: "ingestion",
                table: "sync_runs");

            migrationBuilder.DropColumn(
                name: "seen_page",
                schema: "ingestion",
                table: "sync_runs");

            migrationBuilder.DropColumn(
                name: "skipped",
                schema: "ingestion",
                table: "sync_runs");
        }
    }
}
