using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace Rules.Migrations
{
    /// <inheritdoc />
    internal partial class KeepUnlockThreshold : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<long>(
                name: "threshold_minor",
                schema: "rules",
                table: "unlocks",
                type: "bigint",
                nullable: true);
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropColumn(
                name: "threshold_minor",
                schema: "rules",
                table: "unlocks");
        }
    }
}
