using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace Ingestion.Migrations
{
    /// <inheritdoc />
    internal partial class PagesOfAUser : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropIndex(
                name: "ix_transactions_venue_id_user_id_occurred_at",
                schema: "ingestion",
                table: "transactions");

            migrationBuilder.CreateIndex(
                name: "ix_transactions_venue_id_user_id_occurred_at_id",
                schema: "ingestion",
                table: "transactions",
                columns: new[] { "venue_id", "user_id", "occurred_at", "id" },
                filter: "user_id is not null");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropIndex(
                name: "ix_transactions_venue_id_user_id_occurred_at_id",
                schema: "ingestion",
                table: "transactions");

            migrationBuilder.CreateIndex(
                name: "ix_transactions_venue_id_user_id_occurred_at",
                schema: "ingestion",
                table: "transactions",
                columns: new[] { "venue_id", "user_id", "occurred_at" },
                filter: "user_id is not null");
        }
    }
}
