using Microsoft.EntityFrameworkCore.Migrations;
using NodaTime;

#nullable disable

namespace Analytics.Migrations
{
    /// <inheritdoc />
    internal partial class ReconciliationChecks : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<short>(
                name: "checks",
                schema: "analytics",
                table: "reconciliations",
                type: "smallint",
                nullable: false,
                defaultValue: (short)0);

            migrationBuilder.AddColumn<Instant>(
                name: "outage_at",
                schema: "analytics",
                table: "reconciliations",
                type: "timestamp with time zone",
                nullable: true);
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropColumn(
                name: "checks",
                schema: "analytics",
                table: "reconciliations");

            migrationBuilder.DropColumn(
                name: "outage_at",
                schema: "analytics",
                table: "reconciliations");
        }
    }
}
