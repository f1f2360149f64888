using Microsoft.EntityFrameworkCore.Migrations;
using NodaTime;

#nullable disable

namespace Analytics.Migrations
{
    /// <inheritdoc />
    internal partial class RefundsIssuedAndBreakdown : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            // In the order in which hosts of the version before write to them, so that neither waits for the other.
            migrationBuilder.Sql(
                "lock table analytics.revenue_buckets in access exclusive mode; "
                    + "lock table analytics.revenue_roll_ups in access exclusive mode"
            );

            migrationBuilder.AddColumn<long>(
                name: "discount_minor",
                schema: "analytics",
                table: "revenue_roll_ups",
                type: "bigint",
                nullable: false,
                defaultValueSql: "0");

            migrationBuilder.AddColumn<long>(
                name: "incomplete_count",
                schema: "analytics",
                table: "revenue_roll_ups",
                type: "bigint",
                nullable: false,
                defaultValueSql: "0");

            migrationBuilder.AddColumn<long>(
                name: "refunds_issued_minor",
                schema: "analytics",
                table: "revenue_roll_ups",
                type: "bigint",
                nullable: false,
                defaultValueSql: "0");

            migrationBuilder.AddColumn<long>(
                name: "service_charge_minor",
                schema: "analytics",
                table: "revenue_roll_ups",
                type: "bigint",
                nullable: false,
                defaultValueSql: "0");

            migrationBuilder.AddColumn<long>(
                name: "tax_minor",
                schema: "analytics",
                table: "revenue_roll_ups",
                type: "bigint",
                nullable: false,
                defaultValueSql: "0");

            migrationBuilder.AddColumn<long>(
                name: "discount_minor",
                schema: "analytics",
                table: "revenue_buckets",
                type: "bigint",
                nullable: false,
                defaultValueSql: "0");

            migrationBuilder.AddColumn<long>(
                name: "incomplete_count",
                schema: "analytics",
                table: "revenue_buckets",
                type: "bigint",
                nullable: false,
                defaultValueSql: "0");

            migrationBuilder.AddColumn<long>(
                name: "refunds_issued_minor",
                schema: "analytics",
                table: "revenue_buckets",
                type: "bigint",
                nullable: false,
                defaultValueSql: "0");

            migrationBuilder.AddColumn<long>(
                name: "service_charge_minor",
                schema: "analytics",
                table: "revenue_buckets",
                type: "bigint",
                nullable: false,
                defaultValueSql: "0");

            migrationBuilder.AddColumn<long>(
                name: "tax_minor",
                schema: "analytics",
                table: "revenue_buckets",
                type: "bigint",
                nullable: false,
                defaultValueSql: "0");

            migrationBuilder.CreateTable(
                name: "revenue_rebuilds",
                schema: "analytics",
                columns: table => new
                {
                    venue_id = table.Column<string>(type: "text", nullable: false),
                    due_at = table.Column<Instant>(type: "timestamp with time zone", nullable: false),
                    repetitions = table.Column<short>(type: "smallint", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_revenue_rebuilds", x => x.venue_id);
                });

            // The new figures of the past are filled in by the hosts: a migration does not read the tables of other modules, and only the
            // rebuild compares totals and transactions at the same position of the feed.
            migrationBuilder.Sql(
                """
                insert into analytics.revenue_rebuilds (venue_id, due_at, repetitions)
                select venue_id, now(), 1 from analytics.feed_positions where source = 'ingestion'
                """
            );
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "revenue_rebuilds",
                schema: "analytics");

            migrationBuilder.DropColumn(
                name: "discount_minor",
                schema: "analytics",
                table: "revenue_roll_ups");

            migrationBuilder.DropColumn(
                name: "incomplete_count",
                schema: "analytics",
                table: "revenue_roll_ups");

            migrationBuilder.DropColumn(
                name: "refunds_issued_minor",
                schema: "analytics",
                table: "revenue_roll_ups");

            migrationBuilder.DropColumn(
                name: "service_charge_minor",
                schema: "analytics",
                table: "revenue_roll_ups");

            migrationBuilder.DropColumn(
                name: "tax_minor",
                schema: "analytics",
                table: "revenue_roll_ups");

            migrationBuilder.DropColumn(
                name: "discount_minor",
                schema: "analytics",
                table: "revenue_buckets");

            migrationBuilder.DropColumn(
                name: "incomplete_count",
                schema: "analytics",
                table: "revenue_buckets");

            migrationBuilder.DropColumn(
                name: "refunds_issued_minor",
                schema: "analytics",
                table: "revenue_buckets");

            migrationBuilder.DropColumn(
                name: "service_charge_minor",
                schema: "analytics",
                table: "revenue_buckets");

            migrationBuilder.DropColumn(
                name: "tax_minor",
                schema: "analytics",
                table: "revenue_buckets");
        }
    }
}
