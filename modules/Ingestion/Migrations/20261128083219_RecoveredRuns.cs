using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace Ingestion.Migrations
{
    /// <inheritdoc />
    internal partial class RecoveredRuns : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.CreateIndex(
                name: "ix_sync_runs_finished_at",
                schema: "ingestion",
                table: "sync_runs",
                column: "finished_at",
                filter: "trigger = 4");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropIndex(
                name: "ix_sync_runs_finished_at",
                schema: "ingestion",
                table: "sync_runs");
        }
    }
}
