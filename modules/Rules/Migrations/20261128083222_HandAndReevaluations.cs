using System;
using Microsoft.EntityFrameworkCore.Migrations;
using NodaTime;

#nullable disable

namespace Rules.Migrations
{
    /// <inheritdoc />
    internal partial class HandAndReevaluations : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<string>(
                name: "revoked_by",
                schema: "rules",
                table: "unlocks",
                type: "text",
                nullable: true);

            migrationBuilder.CreateTable(
                name: "reevaluations",
                schema: "rules",
                columns: table => new
                {
                    venue_id = table.Column<string>(type: "text", nullable: false),
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    rule_id = table.Column<Guid>(type: "uuid", nullable: true),
                    span_from = table.Column<Instant>(type: "timestamp with time zone", nullable: true),
                    span_to = table.Column<Instant>(type: "timestamp with time zone", nullable: true),
                    requested_at = table.Column<Instant>(type: "timestamp with time zone", nullable: false),
                    after_user_id = table.Column<string>(type: "text", nullable: false),
                    members_tried = table.Column<long>(type: "bigint", nullable: false),
                    members_unlocked = table.Column<long>(type: "bigint", nullable: false),
                    finished_at = table.Column<Instant>(type: "timestamp with time zone", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_reevaluations", x => new { x.venue_id, x.id });
                });

            migrationBuilder.CreateIndex(
                name: "ix_unlocks_id",
                schema: "rules",
                table: "unlocks",
                column: "id",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_reevaluations_requested_at",
                schema: "rules",
                table: "reevaluations",
                column: "requested_at",
                filter: "finished_at is null");

            migrationBuilder.CreateIndex(
                name: "ix_reevaluations_venue_id_rule_id",
                schema: "rules",
                table: "reevaluations",
                columns: new[] { "venue_id", "rule_id" },
                unique: true,
                filter: "finished_at is null and rule_id is not null");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "reevaluations",
                schema: "rules");

            migrationBuilder.DropIndex(
                name: "ix_unlocks_id",
                schema: "rules",
                table: "unlocks");

            migrationBuilder.DropColumn(
                name: "revoked_by",
                schema: "rules",
                table: "unlocks");
        }
    }
}
