using Microsoft.EntityFrameworkCore.Migrations;
using NodaTime;

#nullable disable

namespace Integrations.Migrations
{
    /// <inheritdoc />
    internal partial class LocationReadAt : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<Instant>(
                name: "location_read_at",
                schema: "integrations",
                table: "pos_connections",
                type: "timestamp with time zone",
                nullable: true);
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropColumn(
                name: "location_read_at",
                schema: "integrations",
                table: "pos_connections");
        }
    }
}
