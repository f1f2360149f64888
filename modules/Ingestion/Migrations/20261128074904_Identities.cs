using Microsoft.EntityFrameworkCore.Migrations;
using NodaTime;

#nullable disable

namespace Ingestion.Migrations
{
    /// <inheritdoc />
    internal partial class Identities : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            // Card links become identity links of the kind CARD. Hosts of the version before read and write them through the view.
            migrationBuilder.Sql(
                """
                alter table ingestion.card_links rename to identity_links;
                alter table ingestion.identity_links rename constraint pk_card_links to pk_identity_links;
                alter table ingestion.identity_links rename column card_token to token;
                alter table ingestion.identity_links
                  add column id uuid not null default gen_random_uuid(),
                  add column kind smallint not null default 1,
                  add column provider smallint,
                  add column linked_by text;
                update ingestion.identity_links l set provider = t.provider
                from ingestion.transactions t where t.venue_id = l.venue_id and t.card_token = l.token;
                create view ingestion.card_links as
                  select venue_id, token as card_token, user_id, linked_at, counts_from from ingestion.identity_links where kind = 1
                """
            );

            migrationBuilder.AddColumn<string>(
                name: "customer_token",
                schema: "ingestion",
                table: "transactions",
                type: "text",
                nullable: true);

            migrationBuilder.AddColumn<Instant>(
                name: "customer_token_at",
                schema: "ingestion",
                table: "transactions",
                type: "timestamp with time zone",
                nullable: true);

            migrationBuilder.AddColumn<string>(
                name: "email_token",
                schema: "ingestion",
                table: "transactions",
                type: "text",
                nullable: true);

            migrationBuilder.AddColumn<Instant>(
                name: "email_token_at",
                schema: "ingestion",
                table: "transactions",
                type: "timestamp with time zone",
                nullable: true);

            migrationBuilder.AddColumn<string>(
                name: "phone_token",
                schema: "ingestion",
                table: "transactions",
                type: "text",
                nullable: true);

            migrationBuilder.AddColumn<Instant>(
                name: "phone_token_at",
                schema: "ingestion",
                table: "transactions",
                type: "timestamp with time zone",
                nullable: true);

            migrationBuilder.CreateIndex(
                name: "ix_transactions_venue_id_customer_token",
                schema: "ingestion",
                table: "transactions",
                columns: new[] { "venue_id", "customer_token" },
                filter: "customer_token is not null");

            migrationBuilder.CreateIndex(
                name: "ix_transactions_venue_id_email_token",
                schema: "ingestion",
                table: "transactions",
                columns: new[] { "venue_id", "email_token" },
                filter: "email_token is not null");

            migrationBuilder.CreateIndex(
                name: "ix_transactions_venue_id_phone_token",
                schema: "ingestion",
                table: "transactions",
                columns: new[] { "venue_id", "phone_token" },
                filter: "phone_token is not null");

            migrationBuilder.CreateIndex(
                name: "ix_identity_links_id",
                schema: "ingestion",
                table: "identity_links",
                column: "id",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_identity_links_venue_id_user_id",
                schema: "ingestion",
                table: "identity_links",
                columns: new[] { "venue_id", "user_id" });
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.Sql(
                """
                drop view ingestion.card_links;
                drop index ingestion.ix_identity_links_id;
                drop index ingestion.ix_identity_links_venue_id_user_id;
                delete from ingestion.identity_links where kind <> 1;
                alter table ingestion.identity_links drop column id, drop column kind, drop column provider, drop column linked_by;
                alter table ingestion.identity_links rename column token to card_token;
                alter table ingestion.identity_links rename constraint pk_identity_links to pk_card_links;
                alter table ingestion.identity_links rename to card_links
                """
            );

            migrationBuilder.DropIndex(
                name: "ix_transactions_venue_id_customer_token",
                schema: "ingestion",
                table: "transactions");

            migrationBuilder.DropIndex(
                name: "ix_transactions_venue_id_email_token",
                schema: "ingestion",
                table: "transactions");

            migrationBuilder.DropIndex(
                name: "ix_transactions_venue_id_phone_token",
                schema: "ingestion",
                table: "transactions");

            migrationBuilder.DropColumn(
                name: "customer_token",
                schema: "ingestion",
                table: "transactions");

            migrationBuilder.DropColumn(
                name: "customer_token_at",
                schema: "ingestion",
                table: "transactions");

            migrationBuilder.DropColumn(
                name: "email_token",
                schema: "ingestion",
                table: "transactions");

            migrationBuilder.DropColumn(
                name: "email_token_at",
                schema: "ingestion",
                table: "transactions");

            migrationBuilder.DropColumn(
                name: "phone_token",
                schema: "ingestion",
                table: "transactions");

            migrationBuilder.DropColumn(
                name: "phone_token_at",
                schema: "ingestion",
                table: "transactions");
        }
    }
}
