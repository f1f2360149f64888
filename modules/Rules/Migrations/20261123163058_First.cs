using Microsoft.EntityFrameworkCore.Migrations;
using NodaTime;

#nullable disable

namespace Rules.Migrations
{
    /// <inheritdoc />
    internal partial class First : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.EnsureSchema(
                name: "rules");

            migrationBuilder.CreateTable(
                name: "feed_parked",
                schema: "rules",
                columns: table => new
                {
                    source = table.Column<string>(type: "text", nullable: false),
                    venue_id = table.Column<string>(type: "text", nullable: false),
                    seq = table.Column<long>(type: "bigint", nullable: false),
                    error = table.Column<string>(type: "text", nullable: false),
                    attempts = table.Column<int>(type: "integer", nullable: false),
                    parked_at = table.Column<Instant>(type: "timestamp with time zone", nullable: false),
                    next_attempt_at = table.Column<Instant>(type: "timestamp with time zone", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_feed_parked", x => new { x.source, x.venue_id, x.seq });
                });

            migrationBuilder.CreateTable(
                name: "feed_positions",
                schema: "rules",
                columns: table => new
                {
                    source = table.Column<string>(type: "text", nullable: false),
                    venue_id = table.Column<string>(type: "text", nullable: false),
                    seq = table.Column<long>(type: "bigint", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_feed_positions", x => new { x.source, x.venue_id });
                })
                .Annotation("Npgsql:StorageParameter:fillfactor", 50);

            migrationBuilder.CreateTable(
                name: "patron_spend",
                schema: "rules",
                columns: table => new
                {
                    venue_id = table.Column<string>(type: "text", nullable: false),
                    user_id = table.Column<string>(type: "text", nullable: false),
                    currency = table.Column<string>(type: "text", nullable: false),
                    authorized_minor = table.Column<long>(type: "bigint", nullable: false),
                    captured_minor = table.Column<long>(type: "bigint", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_patron_spend", x => new { x.venue_id, x.user_id, x.currency });
                })
                .Annotation("Npgsql:StorageParameter:fillfactor", 80);

            migrationBuilder.CreateIndex(
                name: "ix_feed_parked_next_attempt_at",
                schema: "rules",
                table: "feed_parked",
                column: "next_attempt_at");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "feed_parked",
                schema: "rules");

            migrationBuilder.DropTable(
                name: "feed_positions",
                schema: "rules");

            migrationBuilder.DropTable(
                name: "patron_spend",
                schema: "rules");
        }
    }
}
