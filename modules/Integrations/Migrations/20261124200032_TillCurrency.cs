using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace Integrations.Migrations
{
    /// <inheritdoc />
    internal partial class TillCurrency : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<string>(
                name: "currency",
                schema: "integrations",
                table: "pos_connections",
                type: "text",
                nullable: true);
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropColumn(
                name: "currency",
                schema: "integrations",
                table: "pos_connections");
        }
    }
}
