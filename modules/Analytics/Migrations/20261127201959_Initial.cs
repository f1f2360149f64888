using Microsoft.EntityFrameworkCore.Migrations;
using NodaTime;

#nullable disable

namespace Analytics.Migrations
{
    /// <inheritdoc />
    internal partial class Initial : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.EnsureSchema(
                name: "analytics");

            migrationBuilder.CreateTable(
                name: "feed_dead_letters",
                schema: "analytics",
                columns: table => new
                {
                    source = table.Column<string>(type: "text", nullable: false),
                    venue_id = table.Column<string>(type: "text", nullable: false),
                    seq = table.Column<long>(type: "bigint", nullable: false),
                    error = table.Column<string>(type: "text", nullable: false),
                    attempts = table.Column<int>(type: "integer", nullable: false),
                    failed_at = table.Column<Instant>(type: "timestamp with time zone", nullable: false),
                    next_attempt_at = table.Column<Instant>(type: "timestamp with time zone", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_feed_dead_letters", x => new { x.source, x.venue_id, x.seq });
                });

            migrationBuilder.CreateTable(
                name: "feed_positions",
                schema: "analytics",
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
                name: "revenue_buckets",
                schema: "analytics",
                columns: table => new
                {
                    venue_id = table.Column<string>(type: "text", nullable: false),
                    starts_at = table.Column<Instant>(type: "timestamp with time zone", nullable: false),
                    provider = table.Column<short>(type: "smallint", nullable: false),
                    payment_method = table.Column<short>(type: "smallint", nullable: false),
                    currency = table.Column<string>(type: "text", nullable: false),
                    count = table.Column<long>(type: "bigint", nullable: false),
                    total_minor = table.Column<long>(type: "bigint", nullable: false),
                    tip_minor = table.Column<long>(type: "bigint", nullable: false),
                    refunded_minor = table.Column<long>(type: "bigint", nullable: false),
                    pending_minor = table.Column<long>(type: "bigint", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_revenue_buckets", x => new { x.venue_id, x.starts_at, x.provider, x.payment_method, x.currency });
                })
                .Annotation("Npgsql:StorageParameter:fillfactor", 70);

            migrationBuilder.CreateIndex(
                name: "ix_feed_dead_letters_next_attempt_at",
                schema: "analytics",
                table: "feed_dead_letters",
                column: "next_attempt_at");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "feed_dead_letters",
                schema: "analytics");

            migrationBuilder.DropTable(
                name: "feed_positions",
                schema: "analytics");

            migrationBuilder.DropTable(
                name: "revenue_buckets",
                schema: "analytics");
        }
    }
}
