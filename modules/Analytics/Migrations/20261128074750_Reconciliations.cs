using System;
using Microsoft.EntityFrameworkCore.Migrations;
using NodaTime;

#nullable disable

namespace Analytics.Migrations
{
    /// <inheritdoc />
    internal partial class Reconciliations : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.CreateTable(
                name: "reconciled_sums",
                schema: "analytics",
                columns: table => new
                {
                    venue_id = table.Column<string>(type: "text", nullable: false),
                    business_date = table.Column<LocalDate>(type: "date", nullable: false),
                    connection_id = table.Column<Guid>(type: "uuid", nullable: false),
                    currency = table.Column<string>(type: "text", nullable: false),
                    before_count = table.Column<long>(type: "bigint", nullable: false),
                    before_total_minor = table.Column<long>(type: "bigint", nullable: false),
                    before_tip_minor = table.Column<long>(type: "bigint", nullable: false),
                    before_refunded_minor = table.Column<long>(type: "bigint", nullable: false),
                    our_count = table.Column<long>(type: "bigint", nullable: false),
                    our_total_minor = table.Column<long>(type: "bigint", nullable: false),
                    our_tip_minor = table.Column<long>(type: "bigint", nullable: false),
                    our_refunded_minor = table.Column<long>(type: "bigint", nullable: false),
                    their_count = table.Column<long>(type: "bigint", nullable: false),
                    their_total_minor = table.Column<long>(type: "bigint", nullable: false),
                    their_tip_minor = table.Column<long>(type: "bigint", nullable: false),
                    their_refunded_minor = table.Column<long>(type: "bigint", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_reconciled_sums", x => new { x.venue_id, x.business_date, x.connection_id, x.currency });
                });

            migrationBuilder.CreateTable(
                name: "reconciliation_differences",
                schema: "analytics",
                columns: table => new
                {
                    venue_id = table.Column<string>(type: "text", nullable: false),
                    business_date = table.Column<LocalDate>(type: "date", nullable: false),
                    connection_id = table.Column<Guid>(type: "uuid", nullable: false),
                    external_id = table.Column<string>(type: "text", nullable: false),
                    is_refund = table.Column<bool>(type: "boolean", nullable: false),
                    transaction_id = table.Column<Guid>(type: "uuid", nullable: true),
                    our_currency = table.Column<string>(type: "text", nullable: true),
                    our_minor = table.Column<long>(type: "bigint", nullable: true),
                    their_currency = table.Column<string>(type: "text", nullable: true),
                    their_minor = table.Column<long>(type: "bigint", nullable: true),
                    kind = table.Column<short>(type: "smallint", nullable: false),
                    repaired = table.Column<bool>(type: "boolean", nullable: false),
                    detail = table.Column<string>(type: "text", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_reconciliation_differences",
                        x => new { x.venue_id, x.business_date, x.connection_id, x.external_id, x.is_refund });
                });

            migrationBuilder.CreateTable(
                name: "reconciliation_leases",
                schema: "analytics",
                columns: table => new
                {
                    connection_id = table.Column<Guid>(type: "uuid", nullable: false),
                    owner = table.Column<Guid>(type: "uuid", nullable: false),
                    until = table.Column<Instant>(type: "timestamp with time zone", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_reconciliation_leases", x => x.connection_id);
                });

            migrationBuilder.CreateTable(
                name: "reconciliations",
                schema: "analytics",
                columns: table => new
                {
                    venue_id = table.Column<string>(type: "text", nullable: false),
                    business_date = table.Column<LocalDate>(type: "date", nullable: false),
                    connection_id = table.Column<Guid>(type: "uuid", nullable: false),
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    state = table.Column<short>(type: "smallint", nullable: false),
                    due_at = table.Column<Instant>(type: "timestamp with time zone", nullable: true),
                    compared_at = table.Column<Instant>(type: "timestamp with time zone", nullable: true),
                    checked_at = table.Column<Instant>(type: "timestamp with time zone", nullable: true),
                    reason_code = table.Column<string>(type: "text", nullable: true),
                    reason_message = table.Column<string>(type: "text", nullable: true),
                    faults = table.Column<int>(type: "integer", nullable: false),
                    updated_at = table.Column<Instant>(type: "timestamp with time zone", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_reconciliations", x => new { x.venue_id, x.business_date, x.connection_id });
                });

            migrationBuilder.CreateIndex(
                name: "ix_reconciliations_due_at",
                schema: "analytics",
                table: "reconciliations",
                column: "due_at",
                filter: "due_at is not null");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "reconciled_sums",
                schema: "analytics");

            migrationBuilder.DropTable(
                name: "reconciliation_differences",
                schema: "analytics");

            migrationBuilder.DropTable(
                name: "reconciliation_leases",
                schema: "analytics");

            migrationBuilder.DropTable(
                name: "reconciliations",
                schema: "analytics");
        }
    }
}
