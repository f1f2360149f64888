using System;
using Microsoft.EntityFrameworkCore.Migrations;
using NodaTime;

#nullable disable

namespace Rules.Migrations
{
    /// <inheritdoc />
    internal partial class Evaluations : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.CreateTable(
                name: "evaluations",
                schema: "rules",
                columns: table => new
                {
                    venue_id = table.Column<string>(type: "text", nullable: false),
                    transaction_id = table.Column<Guid>(type: "uuid", nullable: false),
                    seq = table.Column<long>(type: "bigint", nullable: false),
                    at = table.Column<Instant>(type: "timestamp with time zone", nullable: false),
                    rule_ids = table.Column<Guid[]>(type: "uuid[]", nullable: false),
                    unmet = table.Column<short[]>(type: "smallint[]", nullable: false),
                    spend_minor = table.Column<long[]>(type: "bigint[]", nullable: false),
                    threshold_minor = table.Column<long[]>(type: "bigint[]", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_evaluations", x => new { x.venue_id, x.transaction_id });
                })
                .Annotation("Npgsql:StorageParameter:fillfactor", 90);
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "evaluations",
                schema: "rules");
        }
    }
}
