using System;
using Microsoft.EntityFrameworkCore.Migrations;
using NodaTime;

#nullable disable

namespace Ingestion.Migrations
{
    /// <inheritdoc />
    internal partial class ClaimsAndErasure : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<bool>(
                name: "is_forgotten",
                schema: "ingestion",
                table: "transactions",
                type: "boolean",
                nullable: false,
                defaultValueSql: "false");

            migrationBuilder.CreateTable(
                name: "claim_codes",
                schema: "ingestion",
                columns: table => new
                {
                    code_hash = table.Column<byte[]>(type: "bytea", nullable: false),
                    venue_id = table.Column<string>(type: "text", nullable: false),
                    transaction_id = table.Column<Guid>(type: "uuid", nullable: false),
                    link_card = table.Column<bool>(type: "boolean", nullable: false),
                    include_past = table.Column<bool>(type: "boolean", nullable: false),
                    created_at = table.Column<Instant>(type: "timestamp with time zone", nullable: false),
                    created_by = table.Column<string>(type: "text", nullable: false),
                    expires_at = table.Column<Instant>(type: "timestamp with time zone", nullable: false),
                    claimed_at = table.Column<Instant>(type: "timestamp with time zone", nullable: true),
                    claimed_by = table.Column<string>(type: "text", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_claim_codes", x => x.code_hash);
                });

            migrationBuilder.CreateTable(
                name: "claim_tries",
                schema: "ingestion",
                columns: table => new
                {
                    user_id = table.Column<string>(type: "text", nullable: false),
                    tries = table.Column<Instant[]>(type: "timestamp with time zone[]", nullable: false),
                    last_try_at = table.Column<Instant>(type: "timestamp with time zone", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_claim_tries", x => x.user_id);
                });

            migrationBuilder.CreateTable(
                name: "member_aliases",
                schema: "ingestion",
                columns: table => new
                {
                    venue_id = table.Column<string>(type: "text", nullable: false),
                    user_id = table.Column<string>(type: "text", nullable: false),
                    into_user_id = table.Column<string>(type: "text", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_member_aliases", x => new { x.venue_id, x.user_id });
                });

            migrationBuilder.CreateIndex(
                name: "ix_claim_codes_venue_id_transaction_id",
                schema: "ingestion",
                table: "claim_codes",
                columns: new[] { "venue_id", "transaction_id" });

            migrationBuilder.CreateIndex(
                name: "ix_claim_tries_last_try_at",
                schema: "ingestion",
                table: "claim_tries",
                column: "last_try_at");

            migrationBuilder.CreateIndex(
                name: "ix_member_aliases_user_id",
                schema: "ingestion",
                table: "member_aliases",
                column: "user_id");

            migrationBuilder.CreateIndex(
                name: "ix_member_aliases_venue_id_into_user_id",
                schema: "ingestion",
                table: "member_aliases",
                columns: new[] { "venue_id", "into_user_id" });
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "claim_codes",
                schema: "ingestion");

            migrationBuilder.DropTable(
                name: "claim_tries",
                schema: "ingestion");

            migrationBuilder.DropTable(
                name: "member_aliases",
                schema: "ingestion");

            migrationBuilder.DropColumn(
                name: "is_forgotten",
                schema: "ingestion",
                table: "transactions");
        }
    }
}
